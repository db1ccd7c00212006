"""``perfpred halide replay``: whether a stored schedule still computes what it should, and how fast."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perfpred.app.arguments import Json, Seed
from perfpred.app.commands.halide.options import Isa, Pipeline, Threads
from perfpred.app.commands.halide.speedups import SPEEDUP_COLUMNS, shown_speedup
from perfpred.app.console import notice, percent, print_json, progress_bar, table
from perfpred.errors import MeasurementError, one_line
from perfpred.hardware import Site, probe
from perfpred.profile.time_units import seconds_text
from perfpred.schemas.halide import ReplayDocument


def replay(
    file: Annotated[Path, typer.Argument(help="JSON of 'halide schedule'.", show_default=False)],
    pipeline: Pipeline,
    size: Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT. Default: what it was chosen for.")] = "",
    threads: Threads = 0,
    isa: Isa = "",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Compile a stored schedule, check its output, and time it beside Halide's autoschedulers.

    Example: perfpred halide replay blur.json blur
    """
    from perfpred.halide.choose.bench import replayed
    from perfpred.halide.choose.session import session
    from perfpred.halide.measure.profiling import parse_size
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.halide.pipeline.workload import Workload
    from perfpred.halide.schedule.document import load_schedule
    from perfpred.halide.schedule.miscompiled import require_right

    stored, source = load_schedule(file), PipelineRef.of(pipeline)
    wanted = parse_size(size) if size else stored.sizes[0]
    with (
        session(Workload(source, wanted), Site.of(probe(), isa, threads)) as opened,
        progress_bar(source.name) as bar,
    ):
        stored.require(opened.graph.identity)
        require_right(stored.candidate, opened.graph)
        if opened.experiment.target != stored.target:
            notice(f"chosen for {stored.target}, replayed on {opened.experiment.target}")
        documents = [ReplayDocument(**each) for each in replayed(opened, stored, seed, bar)]
    if json:
        print_json(documents)
    else:
        _show(documents)
    for said in (*documents[0].checks["notes"], *documents[0].checks["warnings"]):
        notice(said)
    if documents[0].status != "ok":
        why = one_line(documents[0].message)
        raise MeasurementError(f"the schedule of {file} ended with {documents[0].status}: {why}")


def _show(documents: list[ReplayDocument]) -> None:
    rows = [
        [
            each.source,
            each.schedule,
            each.status,
            *(
                ("-", "-", "-", "-", "")
                if each.status != "ok"
                else (seconds_text(each.time_s), percent(each.noise), *shown_speedup(each))
            ),
        ]
        for each in documents
    ]
    columns = dict.fromkeys(["source", "schedule", "status"], "left")
    first = documents[0]
    expected = "" if first.expected_s is None else f"; expected to take {seconds_text(first.expected_s)}"
    compared = first.compared and f", output compared with the unscheduled pipeline's {first.compared}"
    title = f"{first.pipeline} at {first.size}{compared}{expected}"
    table(title, {**columns, **dict.fromkeys(["time", "noise"], "right"), **SPEEDUP_COLUMNS}, rows)
    notice(f"{first.pipeline}: {first.effort}")
