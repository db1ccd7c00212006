"""``perfpred predict``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from perfpred.app.arguments import Json, Models, assignments
from perfpred.app.console import print_json, say, seconds

Query = Annotated[
    list[str], typer.Argument(help="Parameters as NAME=VALUE, such as m=512.", show_default=False)
]
Known = Annotated[str, typer.Argument(help="A kernel the models know.", show_default=False)]


def predict(
    kernel: Known,
    parameters: Query,
    models: Models,
    variant: Annotated[
        str | None, typer.Option("--variant", help="May be left out if only one is known.")
    ] = None,
    hardware: Annotated[
        str | None, typer.Option("--hardware", help="May be left out if only one is known.")
    ] = None,
    json: Json = False,
) -> None:
    """Predict the time of one variant on one hardware, with a 90% interval."""
    from perfpred.app.machine import check_machine
    from perfpred.predict.bank import load

    values = assignments(parameters, "a parameter")
    bank = load(models)
    prediction = bank.predict(kernel, values, variant=variant, hardware=hardware)
    ids = [each.combination.hardware for each in bank.find(kernel, variant, hardware)]
    here = check_machine(kernel, ids, chosen=hardware is not None)
    if json:
        print_json({**asdict(prediction), "this_machine": here})
        return
    interval = f"{seconds(prediction.low_s)} to {seconds(prediction.high_s)}"
    say(f"{seconds(prediction.time_s)}  (90%: {interval})")
    if not prediction.in_range:
        say(f"outside the trained range: {prediction.reason}")
