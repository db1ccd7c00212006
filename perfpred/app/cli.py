"""The command line: one file of `commands` per verb, registered here."""

from __future__ import annotations

import typer

from perfpred.app.commands import (
    best,
    demo,
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
from perfpred.app.main import main

__all__ = ["app", "main"]

app = typer.Typer(
    name="perfpred",
    help="Which variant of a kernel is fastest for this size, on this machine? Learned, not run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (demo.demo, kernels.kernels, profile.profile, train.train, evaluate.evaluate, predict.predict):
    app.command()(verb)
app.command()(select.select)
app.command()(inspect.inspect)
app.command("import")(import_.import_)
app.command()(export.export)
app.command()(search.search)
app.command()(best.best)
for choice in (halide_choose.train, halide_choose.rank, halide_choose.schedule, halide_replay.replay):
    halide.app.command()(choice)
halide.app.command()(halide_choose.bench)
app.add_typer(halide.app, name="halide")
