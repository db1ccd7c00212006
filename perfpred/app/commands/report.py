"""``perfpred report``."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import Files, HardwareOption, Json, KernelOption, VariantOption
from perfpred.app.column_options import takes_columns
from perfpred.app.console import notice, print_json, progress_bar
from perfpred.documents.atomic import atomic_write
from perfpred.errors import InputError
from perfpred.schemas.files import FileDocument

if TYPE_CHECKING:
    from perfpred.profile.columns.mapping import ColumnMapping

WATCH_S = 5.0
"""Seconds between two looks at the files of a page that is watched."""


@takes_columns
def report(
    files: Files,
    columns: ColumnMapping,
    out: Annotated[Path, typer.Option("--out", help="HTML file to write.")] = Path("report.html"),
    models: Annotated[
        Path | None, typer.Option("--models", help="Folder of predictors to judge.", show_default=False)
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Heading of the page.")] = "perfpred report",
    curves: Annotated[
        int, typer.Option("--curves", min=0, help="Combinations whose learning curve is computed (trains).")
    ] = 0,
    watch: Annotated[
        bool, typer.Option("--watch", help="Write the page again whenever a file changes, until interrupted.")
    ] = False,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    json: Json = False,
) -> None:
    """Write one HTML file that shows where predictors are right and wrong, and what searches found.

    Takes profile CSVs, results of tuners, profiles of Halide schedules, results of halide bench, traces of
    searches and journals of campaigns, also of those that still run; the page needs no network.

    Example: perfpred report datasets/*.csv --models models --out report.html
    """
    from perfpred.app.report_inputs import reader

    read_one = reader(kernel, variant, hardware, columns)

    def write() -> int:
        from perfpred.predict.bank import load
        from perfpred.report.inputs import read_inputs
        from perfpred.report.make import report as made

        with progress_bar("drawing", f"{out} was not written; the same command starts it again") as bar:
            page = made(
                read_inputs(files, read_one),
                load(models) if models is not None else None,
                title=title,
                curves=curves,
                refresh_s=WATCH_S if watch else None,
                progress=bar,
            )
        atomic_write(out, page)
        return len(page.encode())

    size = write()
    if json:
        print_json(FileDocument(str(out), size))
    else:
        notice(f"{out} written, {size / 1e6:.2f} MB")
    if watch:
        _watch(files, write)


def _watch(files: list[Path], write: Callable[[], object]) -> None:
    """Write the page again whenever a file changes; one that cannot be read at the moment is tried again."""
    stamps = _stamps(files)
    notice("watching; Ctrl-C ends")
    while True:
        time.sleep(WATCH_S)
        now = _stamps(files)
        if now != stamps:
            stamps = now
            try:
                write()
            except InputError as error:
                notice(f"not written this time: {error}")


def _stamps(files: list[Path]) -> list[tuple[int, int]]:
    found = []
    for path in files:
        try:
            about = path.stat()
            found.append((about.st_mtime_ns, about.st_size))
        except OSError:
            found.append((0, 0))
    return found
