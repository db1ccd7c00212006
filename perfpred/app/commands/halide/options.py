"""Options that the Halide commands share."""

from __future__ import annotations

from typing import Annotated

import typer

from perfpred.app import completing

Pipeline = Annotated[
    str,
    typer.Argument(
        help="A name of 'halide list', or FILE.py:FUNCTION or :CLASS.",
        show_default=False,
        autocompletion=completing.pipelines,
    ),
]
SizeOption = Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT.", show_default=False)]
Threads = Annotated[int, typer.Option("--threads", min=0, help="Threads; 0: all processors.")]
Isa = Annotated[str, typer.Option("--isa", help="ISA level, such as avx2. Default: widest.")]
