"""``perfpred predict``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perfpred.app import completing
from perfpred.app.arguments import Json, ModelsOrShipped, assignments
from perfpred.app.console import print_json, say
from perfpred.errors import InputError
from perfpred.profile.time_units import amount_text

Query = Annotated[
    list[str] | None,
    typer.Argument(
        help="Parameters as NAME=VALUE, such as m=512; with --table for all rows.", show_default=False
    ),
]
TableOption = Annotated[
    Path | None, typer.Option("--table", help="CSV file of queries, one column per parameter.")
]
OutOption = Annotated[
    Path | None, typer.Option("--out", help="With --table: file to write. Default: stdout.")
]
Known = Annotated[
    str,
    typer.Argument(
        help="A kernel the models know.", show_default=False, autocompletion=completing.trained_kernels
    ),
]


def predict(
    kernel: Known,
    models: ModelsOrShipped = None,
    parameters: Query = None,
    variant: Annotated[
        str | None,
        typer.Option(
            "--variant", help="Optional if only one is known.", autocompletion=completing.trained_variants
        ),
    ] = None,
    hardware: Annotated[
        str | None,
        typer.Option(
            "--hardware", help="Optional if only one is known.", autocompletion=completing.trained_hardware
        ),
    ] = None,
    table: TableOption = None,
    out: OutOption = None,
    json: Json = False,
) -> None:
    """Predict how long one variant takes on one hardware, with a 90% interval.

    With --table, predict every row of a CSV file: its columns are kept, and the answers are appended. A
    column "variant" or "hardware" selects the model of its row.

    Example: perfpred predict softmax --variant eigen --hardware intel-xeon-6-207-avx512-1t m=100 n=1000
    """
    from perfpred.app.machine import check_machine
    from perfpred.predict.bank import load
    from perfpred.schemas.prediction import PredictionDocument
    from perfpred.shipped import shipped_models

    require_table(table, out)
    bank = load(models or shipped_models())
    values = assignments(
        parameters or (),
        "a parameter",
        lambda: {name for each in bank.find(kernel, variant, hardware) for name in each.parameters},
    )
    if table is not None:
        from perfpred.app.table_commands import TableRequest, predict_table

        predict_table(bank, TableRequest(kernel, table, values, variant, hardware), out, json)
        return
    prediction = bank.predict(kernel, values, variant=variant, hardware=hardware)
    ids = [each.combination.hardware for each in bank.find(kernel, variant, hardware)]
    here = check_machine(kernel, ids, chosen=hardware is not None)
    if json:
        print_json(PredictionDocument.of(prediction, here))
        return
    ends = (prediction.value, prediction.low, prediction.high)
    value, low, high = (amount_text(each, prediction.unit) for each in ends)
    say(f"{value}  (90%: {low} to {high})")
    if not prediction.in_range:
        say(f"outside the trained range: {prediction.reason}")


def require_table(table: Path | None, out: Path | None) -> None:
    """Raise `InputError` if a file to write is named without a table to read."""
    if out is not None and table is None:
        raise InputError("--out needs --table: without it the answer goes to stdout")
