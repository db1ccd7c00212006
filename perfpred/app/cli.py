"""The command line: one file of `commands` per verb, registered here."""

from __future__ import annotations

from typing import Annotated

import typer

from perfpred import __version__
from perfpred.app.commands import (
    audit,
    best,
    compare,
    demo,
    doctor,
    evaluate,
    export,
    import_,
    inspect,
    kernels,
    plot,
    predict,
    profile,
    report,
    search,
    select,
    serve,
    train,
)
from perfpred.app.commands.halide import bench as halide_bench
from perfpred.app.commands.halide import list_ as halide_list
from perfpred.app.commands.halide import profile as halide_profile
from perfpred.app.commands.halide import rank as halide_rank
from perfpred.app.commands.halide import replay as halide_replay
from perfpred.app.commands.halide import schedule as halide_schedule
from perfpred.app.commands.halide import train as halide_train
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
app.command()(report.report)
app.command()(plot.plot)
app.command()(audit.audit)
app.command()(compare.compare)
app.command()(doctor.doctor)
app.command()(serve.serve)
halide = typer.Typer(
    help="Choose Halide schedules by prediction, and measure what schedules cost.", no_args_is_help=True
)
halide.command("list")(halide_list.list_pipelines)
for halide_verb in (halide_profile.profile, halide_train.train, halide_rank.rank, halide_schedule.schedule):
    halide.command()(halide_verb)
halide.command()(halide_replay.replay)
halide.command()(halide_bench.bench)
app.add_typer(halide, name="halide")
