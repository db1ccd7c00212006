"""``perfpred export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perfpred.app.arguments import Json
from perfpred.app.console import notice, print_json
from perfpred.errors import UnknownNameError

FORMATS = ("c",)


def export(
    models: Annotated[
        list[Path], typer.Argument(help="Model files, or folders of them.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", help="File to write.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help="Language: c, a C99 header.")] = "c",
    json: Json = False,
) -> None:
    """Write models as source text that needs nothing of perfpred: a function a model, a selector a kernel."""
    from perfpred.export.c_header import header
    from perfpred.files import atomic_write
    from perfpred.predict.bank import Bank, load

    if to not in FORMATS:
        raise UnknownNameError("language", to, FORMATS)
    bank = Bank(predictor for path in models for predictor in load(path))
    atomic_write(out, header(bank, out.name))
    if json:
        print_json({"file": str(out), "to": to, "models": [predictor.combination for predictor in bank]})
        return
    notice(f"{len(bank)} models written to {out}")
