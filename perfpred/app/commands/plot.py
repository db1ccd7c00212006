"""``perfpred plot``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import Files, HardwareOption, Json, KernelOption, VariantOption
from perfpred.app.column_options import takes_columns
from perfpred.app.console import notice, print_json, progress_bar
from perfpred.errors import InputError, UnknownNameError
from perfpred.schemas.files import FileDocument

if TYPE_CHECKING:
    from perfpred.profile.columns.mapping import ColumnMapping

Name = Annotated[
    str,
    typer.Argument(
        help="predicted, errors, coverage, winners, regret (with --models); importance, parallel, slices.",
        show_default=False,
    ),
]


@takes_columns
def plot(
    name: Name,
    files: Files,
    columns: ColumnMapping,
    out: Annotated[Path, typer.Option("--out", help="SVG, PNG or PDF to write.", show_default=False)],
    models: Annotated[
        Path | None, typer.Option("--models", help="Folder of predictors to judge.", show_default=False)
    ] = None,
    dark: Annotated[bool, typer.Option("--dark", help="Ink for a dark page.")] = False,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    json: Json = False,
) -> None:
    """Draw one figure of a report to a file.

    Example: perfpred plot winners datasets/matmul*.csv --models models --out winners.svg
    """
    from perfpred.app.plots import require_matplotlib
    from perfpred.app.report_inputs import reader
    from perfpred.predict.bank import load
    from perfpred.report.inputs import read_inputs
    from perfpred.report.make import sources_of
    from perfpred.report.plots import PLOTS
    from perfpred.report.plots import plot as draw

    if name not in PLOTS:
        raise UnknownNameError("figure", name, PLOTS)
    if PLOTS[name].needs_models and models is None:
        raise InputError(f"figure {name} shows predictions: name their folder with --models")
    require_matplotlib()
    with progress_bar("drawing", f"{out} was not written; the same command starts it again") as bar:
        inputs = read_inputs(files, reader(kernel, variant, hardware, columns))
        sources = sources_of(inputs, load(models) if models is not None else None, progress=bar)
        draw(name, sources, out, "dark" if dark else "light")
    if json:
        print_json(FileDocument(str(out), out.stat().st_size))
    else:
        notice(f"{out} written")
