"""``perfpred select``."""

from __future__ import annotations

from typing import Annotated

import typer

from perfpred.app import completing
from perfpred.app.arguments import Json, ModelsOrShipped, assignments
from perfpred.app.commands.predict import Known, OutOption, Query, TableOption, require_table
from perfpred.app.console import print_json, say
from perfpred.app.console import table as print_table
from perfpred.profile.time_units import amount_text


def select(
    kernel: Known,
    models: ModelsOrShipped = None,
    parameters: Query = None,
    hardware: Annotated[
        str | None,
        typer.Option(
            "--hardware",
            help="Rank only variants on this hardware.",
            autocompletion=completing.trained_hardware,
        ),
    ] = None,
    default: Annotated[
        str | None,
        typer.Option(
            "--default",
            help="Keep this variant unless another, in range, is clearly faster.",
            autocompletion=completing.trained_variants,
        ),
    ] = None,
    top: Annotated[
        int | None, typer.Option("--top", min=1, help="Length of the ranking. Default: all.")
    ] = None,
    table: TableOption = None,
    out: OutOption = None,
    json: Json = False,
) -> None:
    """Rank variants and hardware by predicted time, those within their trained range first.

    With --table, choose for every row of a CSV file: its columns are kept, and the answers are appended. A
    column "hardware" narrows the choice of its row.

    Example: perfpred select matmul m=384 n=128 k=900 --top 3
    """
    from perfpred.app.machine import check_machine
    from perfpred.predict.bank import load
    from perfpred.schemas.prediction import MachineSelectionDocument
    from perfpred.shipped import shipped_models

    require_table(table, out)
    bank = load(models or shipped_models())
    values = assignments(
        parameters or (),
        "a parameter",
        lambda: {name for each in bank.find(kernel, hardware=hardware) for name in each.parameters},
    )
    if table is not None:
        from perfpred.app.table_commands import TableRequest, select_table

        select_table(bank, TableRequest(kernel, table, values, None, hardware, default, top), out, json)
        return
    selection = bank.select(kernel, values, hardware=hardware, default=default, top=top)
    ids = [each.combination.hardware for each in bank.find(kernel, hardware=hardware)]
    here = check_machine(kernel, ids, chosen=hardware is not None)
    if json:
        print_json(MachineSelectionDocument.of(selection, this_machine=here))
        return
    tied = {*selection.ties, selection.best} if selection.ties else set()
    rows = [
        [
            choice.variant,
            choice.hardware,
            amount_text(choice.value, choice.unit),
            f"{amount_text(choice.low, choice.unit)} to {amount_text(choice.high, choice.unit)}",
            "yes" if choice.in_range else "no",
            "tie" if choice in tied else "",
        ]
        for choice in selection.ranking
    ]
    headers = {
        "variant": "left",
        "hardware": "left",
        selection.best.predicts.noun: "right",
        "90%": "right",
        "in range": "left",
        "": "left",
    }
    print_table("", headers, rows)
    say(selection.reason)
