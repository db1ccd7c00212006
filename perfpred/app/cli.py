"""The command line: one file of `commands` per verb, registered here."""

from __future__ import annotations

from typing import Annotated

import typer

from perfpred import __version__
from perfpred.app.commands import (
    best,
    demo,
    doctor,
    evaluate,
    export,
    halide,
    halide_choose,
    halide_replay,
    import_,
    inspect,
    kernels,
    predict,
    profile,
    search,
    select,
    train,
)
from perfpred.app.console import say


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"perfpred {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="perfpred",
    help="Which variant of a kernel is fastest for this size, on this machine? Learned, not run.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _before(
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True),
    ] = False,
) -> None:
    """Which variant of a kernel is fastest for this size, on this machine? Learned, not run."""


for verb in (demo.demo, kernels.kernels, profile.profile, train.train, evaluate.evaluate, predict.predict):
    app.command()(verb)
app.command()(select.select)
app.command()(inspect.inspect)
app.command("import")(import_.import_)
app.command()(export.export)
app.command()(search.search)
app.command()(best.best)
app.command()(doctor.doctor)
for choice in (halide_choose.train, halide_choose.rank, halide_choose.schedule, halide_replay.replay):
    halide.app.command()(choice)
halide.app.command()(halide_choose.bench)
app.add_typer(halide.app, name="halide")
