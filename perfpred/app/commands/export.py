"""``perfpred export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perfpred.app import completing
from perfpred.app.arguments import HardwareOption, Json, KernelOption, VariantOption
from perfpred.app.console import notice, print_json
from perfpred.errors import InputError, UnknownNameError
from perfpred.schemas.files import ExportDocument

FORMATS = ("c", "t4")


def export(
    models: Annotated[
        list[Path],
        typer.Argument(help="Model files, or folders of them; for t4, profile CSVs.", show_default=False),
    ],
    out: Annotated[Path, typer.Option("--out", help="File to write.", show_default=False)],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="c: a C99 header; t4: T4 results.",
            autocompletion=completing.listed(FORMATS),
        ),
    ] = "c",
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    json: Json = False,
) -> None:
    """Export models as C source that does not need perfpred, or a profile CSV as a T4 results file.

    A C header has one function per model and one selector per kernel. --kernel, --variant and --hardware
    are for a CSV without those columns.

    Example: perfpred export models --to c --out bank.h
    """
    if to not in FORMATS:
        raise UnknownNameError("language", to, FORMATS)
    if to == "t4":
        _export_t4(models, out, {"kernel": kernel, "variant": variant, "hardware": hardware}, json)
        return
    _refuse_names(kernel, variant, hardware)
    _export_c(models, out, json)


def _refuse_names(*names: str | None) -> None:
    if any(name is not None for name in names):
        raise InputError("--kernel, --variant and --hardware are for a CSV: models bear their names")


def _export_t4(files: list[Path], out: Path, names: dict[str, str | None], as_json: bool) -> None:
    from perfpred.app.reading import read
    from perfpred.exchange import write_t4

    profile = read(files, names["kernel"], names["variant"], names["hardware"])
    write_t4(profile, out)
    if as_json:
        print_json(ExportDocument(str(out), "t4", rows=len(profile)))
        return
    notice(f"{len(profile)} rows written to {out}")


def _export_c(models: list[Path], out: Path, as_json: bool) -> None:
    from perfpred.documents.atomic import atomic_write
    from perfpred.export.c_header import header
    from perfpred.predict.bank import Bank, load

    bank = Bank(predictor for path in models for predictor in load(path))
    atomic_write(out, header(bank, out.name))
    if as_json:
        print_json(ExportDocument(str(out), "c", models=bank.combinations))
        return
    notice(f"{len(bank)} models written to {out}")
