"""The options that say what the columns of a CSV are, shared by the commands that read one."""

from __future__ import annotations

import csv
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from perfpred.errors import InputError

if TYPE_CHECKING:
    from perfpred.profile.columns.mapping import ColumnMapping

PANEL = "Columns of the CSV"


def _option(text: str) -> Any:
    return typer.Option(help=text, rich_help_panel=PANEL, show_default=False)


Text = str | None
OPTIONS: dict[str, Any] = {
    "time": Annotated[Text, _option("Column of times, such as 'real_time [ns]'.")],
    "unit": Annotated[Text, _option("Unit of the times, where the file does not say: ns, us, ms, s or min.")],
    "parameters": Annotated[Text, _option("Parameters, comma-separated; other columns are left out.")],
    "ignore": Annotated[Text, _option("Columns to leave out, comma-separated.")],
    "kernel_column": Annotated[Text, _option("Column that names the kernel.")],
    "variant_column": Annotated[Text, _option("Column that names the variant.")],
    "hardware_column": Annotated[Text, _option("Column that names the hardware.")],
    "wide": Annotated[Text, _option("Columns of times, one per variant: cpu_ms,gpu_ms.")],
    "runs": Annotated[Text, _option("Columns of times of repeated runs: run1,run2,run3.")],
    "where": Annotated[Text, _option("Rows to keep: 'dtype == \"fp16\" and n >= 64'.")],
    "group": Annotated[Text, _option("Column that names the input of each row; judged on inputs not seen.")],
    "estimate": Annotated[Text, _option("Merge rows of equal parameters: median, min or mean.")],
    "numbers": Annotated[Text, _option("Columns of numbers written as 64,000 or 64K or 0x40.")],
}
_LISTS = ("parameters", "ignore", "wide", "runs", "numbers")


def takes_columns(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of a `ColumnMapping`, which it receives as its argument ``columns``."""
    hints = get_type_hints(command, localns={"ColumnMapping": object}, include_extras=True)
    own = [
        parameter.replace(annotation=hints[name], kind=inspect.Parameter.KEYWORD_ONLY)
        for name, parameter in inspect.signature(command).parameters.items()
        if name != "columns"
    ]
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
        for name, hint in OPTIONS.items()
    ]

    def wrapped(**arguments: Any) -> Any:
        stated = {name: arguments.pop(name, None) for name in OPTIONS}
        return command(columns=mapping_of(stated), **arguments)

    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    wrapped.__signature__ = inspect.Signature([*own, *more])  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in (*own, *more)}
    return wrapped


def mapping_of(stated: dict[str, str | None]) -> ColumnMapping:
    """Return the mapping of options as typed; a column with a comma in its name stands in double quotes.

    Examples
    --------
    >>> mapping_of({"time": "us", "ignore": 'a,"b,c"'}).stated()
    {'time': 'us', 'ignore': ['a', 'b,c']}
    """
    from perfpred.profile.columns.mapping import ColumnMapping  # pandas takes a while

    entries: dict[str, Any] = {name: text for name, text in stated.items() if text is not None}
    for name in _LISTS:
        if name in entries:
            entries[name] = _listed(entries[name])
    return ColumnMapping(**entries)


def _listed(text: str) -> list[str]:
    try:
        rows = list(csv.reader([text], skipinitialspace=True))
    except csv.Error as error:
        raise InputError(f"a list of columns is comma-separated, but got '{text}': {error}") from None
    return [entry.strip() for row in rows for entry in row if entry.strip()]
