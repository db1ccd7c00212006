"""``perfpred halide bench``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perfpred.app import completing
from perfpred.app.arguments import Json, Seed, comma_integers
from perfpred.app.commands.halide.options import Isa, Threads
from perfpred.app.commands.halide.speedups import SPEEDUP_COLUMNS, shown_speedup
from perfpred.app.console import notice, print_json, progress_bar, table
from perfpred.errors import InputError, PerfpredError
from perfpred.hardware import Site, probe
from perfpred.profile.time_units import seconds_text
from perfpred.schemas.halide import BenchDocument, SpeedupDocument


def bench(
    pipelines: Annotated[
        list[str] | None,
        typer.Argument(
            help="Pipelines; the whole suite by default.",
            show_default=False,
            autocompletion=completing.pipelines,
        ),
    ] = None,
    budget: Annotated[str, typer.Option("--budget", help="Runs, such as 0,10,100.")] = "0,10,100",
    size: Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT. Default: each one's own.")] = "",
    models: Annotated[
        Path, typer.Option("--models", help="Folder of 'halide train'; what it lacks starts from nothing.")
    ] = Path("models"),
    threads: Threads = 0,
    isa: Isa = "",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Compare chosen schedules with those of Halide's autoschedulers, in rounds timed after the choice.

    Example: perfpred halide bench blur --budget 0,10 --models models
    """
    from perfpred.halide.choose.bench import bench as judged
    from perfpred.halide.choose.lookup import find
    from perfpred.halide.choose.session import session
    from perfpred.halide.measure.profiling import parse_size
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.halide.pipeline.suite import PIPELINES
    from perfpred.halide.pipeline.workload import Workload

    budgets = comma_integers(budget, "--budget")
    if not budgets or min(budgets) < 0:
        raise InputError(f"--budget must be whole numbers >= 0, but got '{budget}'")
    site = Site.of(probe(), isa, threads)
    sources = [PipelineRef.of(name) for name in pipelines or PIPELINES]
    documents: list[BenchDocument] = []
    for source in sources:
        wanted = parse_size(size) if size else source.default_size
        try:
            with session(Workload(source, wanted), site) as opened, progress_bar(source.name) as bar:
                hardware = site.hardware.id
                database = find(models, source.name, hardware, opened.graph.identity)
                documents += [BenchDocument(**each) for each in judged(opened, database, budgets, seed, bar)]
        except PerfpredError as error:
            if len(sources) == 1:
                raise
            notice(f"{source.name}: {error}")
    if json:
        print_json(documents)
        return
    _show_bench(documents)


def _show_bench(documents: list[BenchDocument]) -> None:
    from perfpred.halide.choose.paired import Speedup, geometric_mean

    rows = [
        [
            each.pipeline,
            each.size,
            each.strategy,
            "-" if each.budget is None else str(each.budget),
            seconds_text(each.time_s),
            each.baseline,
            *shown_speedup(each),
        ]
        for each in documents
    ]
    for budget in dict.fromkeys(each.budget for each in documents if each.budget is not None):
        speedups = [
            Speedup(each.speedup, each.speedup_low, each.speedup_high, each.in_quiet)
            for each in documents
            if each.budget == budget and each.speedup and each.speedup_low and each.speedup_high
        ]
        if speedups:
            mean = geometric_mean(speedups)
            shown = shown_speedup(SpeedupDocument(**mean.to_json(), decided=mean.decided))
            rows.append(["all", "", "geomean", str(budget), "", "", *shown])
    names = dict.fromkeys(["pipeline", "size", "strategy"], "left")
    columns = {**names, "runs": "right", "time": "right", "baseline": "left", **SPEEDUP_COLUMNS}
    table("speedup over the fastest of Halide's autoschedulers", columns, rows)
    for name, effort in {each.pipeline: each.effort for each in documents}.items():
        notice(f"{name}: {effort}")
