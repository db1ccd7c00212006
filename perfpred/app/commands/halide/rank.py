"""``perfpred halide rank``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import Json, Models, Seed
from perfpred.app.commands.halide.options import Isa, Pipeline, SizeOption, Threads
from perfpred.app.console import notice, print_json, progress_bar, table
from perfpred.hardware import Site, probe
from perfpred.profile.time_units import seconds_text
from perfpred.schemas.halide import RankedDocument

if TYPE_CHECKING:
    from perfpred.halide.choose.ranking import Ranked


def rank(
    pipeline: Pipeline,
    models: Models,
    size: SizeOption,
    top: Annotated[int, typer.Option("--top", min=1, help="Number to show.")] = 20,
    new: Annotated[
        int,
        typer.Option("--new", min=0, max=10_000, help="Number of schedules never measured to rank as well."),
    ] = 0,
    threads: Threads = 0,
    isa: Isa = "",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Rank schedules at a size without running any.

    Example: perfpred halide rank blur --models models --size 1536x1024 --top 5
    """
    import numpy as np

    from perfpred.halide.choose.lookup import known
    from perfpred.halide.choose.ranking import out_of_range, too_small_for_all
    from perfpred.halide.choose.ranking import rank as ranked_at
    from perfpred.halide.cost.machine import Target
    from perfpred.halide.measure.profiling import parse_size
    from perfpred.halide.measure.workers import HalideWorkers
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.halide.pipeline.workload import Workload
    from perfpred.halide.space.loop_nests import LoopNestSpace

    source, wanted = PipelineRef.of(pipeline), parse_size(size)
    site, workload = Site.of(probe(), isa, threads), Workload(source, wanted)
    with progress_bar(f"reading {source.name} and its models"), HalideWorkers(workers=1) as workers:
        graph = workers.describe(workload).graph
        database = known(models, workload, site.hardware.id, graph, workers)
    target = Target.of(site)
    others = LoopNestSpace(graph, target).sample(new, np.random.default_rng(seed)) if new else []
    with progress_bar("ranking"):
        ranking = ranked_at(database, wanted, graph, target, others)
    far = too_small_for_all(database, wanted) if not ranking else out_of_range(database, wanted)
    if far is not None:
        notice(f"{source.name}: {far}")
    if json:
        print_json([_document(each, in_range=far is None) for each in ranking[:top]])
        return
    rows = [
        [
            each.candidate.id,
            each.candidate.source,
            seconds_text(each.expected_s),
            f"±{100 * each.deviation:.0f}%",
            "yes" if each.measured else "no",
        ]
        for each in ranking[:top]
    ]
    columns = {"schedule": "left", "source": "left", "expected": "right", "": "right", "measured": "left"}
    table(f"{source.name} at {size}: the fastest expected of {len(ranking)} schedules", columns, rows)


def _document(ranked: Ranked, *, in_range: bool) -> RankedDocument:
    return RankedDocument(
        ranked.candidate.id,
        ranked.candidate.source,
        ranked.expected_s,
        ranked.deviation,
        ranked.measured,
        in_range,
        tuple(tuple(each.to_json()) for each in ranked.candidate.directives),
    )
