"""``perfpred select``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from perfpred.app.arguments import Json, Models, assignments
from perfpred.app.commands.predict import Known, Query
from perfpred.app.console import print_json, say, seconds, table


def select(
    kernel: Known,
    parameters: Query,
    models: Models,
    hardware: Annotated[
        str | None, typer.Option("--hardware", help="Rank only variants on this hardware.")
    ] = None,
    default: Annotated[
        str | None,
        typer.Option("--default", help="Stay with this variant unless another, in range, is clearly faster."),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", min=1, help="Length of the ranking. Default: all.")
    ] = None,
    json: Json = False,
) -> None:
    """Rank variants and hardware by predicted time, those within their trained range first."""
    from perfpred.app.machine import check_machine
    from perfpred.predict.bank import load

    values = assignments(parameters, "a parameter")
    bank = load(models)
    selection = bank.select(kernel, values, hardware=hardware, default=default, top=top)
    ids = [each.combination.hardware for each in bank.find(kernel, hardware=hardware)]
    here = check_machine(kernel, ids, chosen=hardware is not None)
    if json:
        print_json({**asdict(selection), "this_machine": here})
        return
    tied = {*selection.ties, selection.best} if selection.ties else set()
    rows = [
        [
            choice.variant,
            choice.hardware,
            seconds(choice.time_s),
            f"{seconds(choice.low_s)} to {seconds(choice.high_s)}",
            "yes" if choice.in_range else "no",
            "tie" if choice in tied else "",
        ]
        for choice in selection.ranking
    ]
    headers = {
        "variant": "left",
        "hardware": "left",
        "time": "right",
        "90%": "right",
        "in range": "left",
        "": "left",
    }
    table("", headers, rows)
    say(selection.reason)
