"""``perfpred halide schedule``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perfpred.app import completing
from perfpred.app.arguments import Json, Seed
from perfpred.app.commands.halide.options import Isa, Pipeline, SizeOption, Threads
from perfpred.app.console import notice, print_json, progress_bar
from perfpred.errors import UnknownNameError
from perfpred.hardware import Site, probe
from perfpred.profile.time_units import seconds_text
from perfpred.schemas.halide import ScheduleDocument

LANGUAGES = ("python", "cpp")
NO_SCHEDULE = "no schedule was written; a smaller --budget is quicker"


def schedule(
    pipeline: Pipeline,
    size: SizeOption,
    out: Annotated[Path, typer.Option("--out", help="File to write.", show_default=False)],
    models: Annotated[Path | None, typer.Option("--models", help="Folder of 'halide train'.")] = None,
    budget: Annotated[int, typer.Option("--budget", min=0, help="Schedules to run.")] = 0,
    emit: Annotated[
        str,
        typer.Option(
            "--emit",
            help="python or cpp; JSON otherwise.",
            autocompletion=completing.listed(LANGUAGES),
        ),
    ] = "",
    threads: Threads = 0,
    isa: Isa = "",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Choose a schedule for a size, by prediction or with some runs, and write it.

    Example: perfpred halide schedule blur --models models --size 1536x1024 --budget 10 --out blur.json
    """
    from perfpred.documents.atomic import atomic_write
    from perfpred.halide.choose.choose import chosen_for
    from perfpred.halide.choose.lookup import known
    from perfpred.halide.choose.session import session
    from perfpred.halide.measure.profiling import parse_size
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.halide.pipeline.workload import Workload
    from perfpred.halide.schedule.emit import to_cpp, to_python

    if emit and emit not in LANGUAGES:
        raise UnknownNameError("language", emit, LANGUAGES)
    site, workload = Site.of(probe(), isa, threads), Workload(PipelineRef.of(pipeline), parse_size(size))
    hardware, database = site.hardware.id, None
    with (
        session(workload, site) as opened,
        progress_bar(workload.name, NO_SCHEDULE) as bar,
    ):
        if models is not None:
            database = known(models, workload, hardware, opened.graph, opened.workers)
        made, choice = chosen_for(opened, database, budget, seed, bar)
        warnings = opened.experiment.checks.warnings if opened.experiment.checks.data else []
    for warning in warnings:
        notice(warning)
    if emit:
        atomic_write(out, to_python(made) if emit == "python" else to_cpp(made))
    else:
        made.save(out)
    if json:
        told = {"reason": choice.reason, **choice.speedup.to_json(), "decided": choice.decided}
        print_json(ScheduleDocument(file=str(out), **told, **made.to_json()))
        return
    expected = "" if made.expected_s is None else f", expected to take {seconds_text(made.expected_s)}"
    notice(f"{made.candidate.source}'s schedule {made.candidate.id}{expected}: {choice.reason}")
    notice(f"written to {out}")
