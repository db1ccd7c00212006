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
from perfpred.app.verbs import add_verb, verb_group


def _print_version(wanted: bool) -> None:
    if wanted:
        say(f"perfpred {__version__}")
        raise typer.Exit


app = verb_group(
    "perfpred", "Which variant of a kernel is fastest for this size, on this machine? Learned, not run."
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
    add_verb(app, verb)
add_verb(app, select.select)
add_verb(app, inspect.inspect)
add_verb(app, import_.import_, "import")
add_verb(app, export.export)
add_verb(app, search.search)
add_verb(app, best.best)
add_verb(app, report.report)
add_verb(app, plot.plot)
add_verb(app, audit.audit)
add_verb(app, compare.compare)
add_verb(app, doctor.doctor)
add_verb(app, serve.serve)
halide = verb_group("halide", "Choose Halide schedules by prediction, and measure what schedules cost.")
add_verb(halide, halide_list.list_pipelines, "list")
for halide_verb in (halide_profile.profile, halide_train.train, halide_rank.rank, halide_schedule.schedule):
    add_verb(halide, halide_verb)
add_verb(halide, halide_replay.replay)
add_verb(halide, halide_bench.bench)
app.add_typer(halide)
