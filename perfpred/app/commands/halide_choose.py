"""``perfpred halide train | rank | schedule | bench``: choosing schedules."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perfpred.app.arguments import Json, Models, Seed, comma_integers
from perfpred.app.console import notice, print_json, progress_bar, seconds, table
from perfpred.errors import InputError, PerfpredError, UnknownNameError
from perfpred.hardware import Machine, probe

if TYPE_CHECKING:
    from perfpred.halide.choose.database import Experience
    from perfpred.halide.choose.ranking import Ranked

Pipeline = Annotated[
    str, typer.Argument(help="A name of 'halide list', or FILE.py:FUNCTION or :CLASS.", show_default=False)
]
SizeOption = Annotated[str, typer.Option("--size", help="WIDTHxHEIGHT.", show_default=False)]
Threads = Annotated[int, typer.Option("--threads", min=0, help="Threads; 0: all processors.")]
Isa = Annotated[str, typer.Option("--isa", help="ISA level, such as avx2. Default: widest.")]
LANGUAGES = ("python", "cpp")
SPEEDUP_COLUMNS = {"speedup": "right", "interval": "right", "": "left"}


def train(
    files: Annotated[list[Path], typer.Argument(help="CSVs of 'halide profile'.", show_default=False)],
    models: Models,
    json: Json = False,
) -> None:
    """Learn from profiles of schedules; what is learned goes to DIR/halide."""
    from perfpred.halide.choose.database import Experience

    found = [(path, Experience.read(path)) for path in files]
    _require_distinct(found)
    written = [(each, each.save(models)) for _, each in found]
    if json:
        print_json(
            [
                {
                    "pipeline": each.pipeline,
                    "hardware": each.hardware,
                    "schedules": len(each.candidates),
                    "spearman": each.spearman,
                    "model": str(path),
                }
                for each, path in written
            ]
        )
        return
    for each, path in written:
        ranked = f"rank correlation on schedules left out {each.spearman:.2f}"
        if math.isnan(each.spearman):
            ranked = "too few to predict others"
        known = f"{len(each.candidates)} schedules at {len(each.sizes)} sizes"
        notice(f"{each.pipeline}: {known}, {ranked}, in {path}")


def _require_distinct(found: Sequence[tuple[Path, Experience]]) -> None:
    """Raise `InputError` if two profiles are of one algorithm and machine: only the last would be kept."""
    seen: dict[tuple[str, str, str], Path] = {}
    for path, each in found:
        other = seen.setdefault((each.pipeline, each.algorithm, each.hardware), path)
        if other != path:
            raise InputError(
                f"profiles must be of different pipelines or machines, but {other} and {path} are both of "
                f"{each.pipeline} (algorithm {each.algorithm or 'unknown'}) on {each.hardware}: give one"
            )


def rank(
    pipeline: Pipeline,
    models: Models,
    size: SizeOption,
    top: Annotated[int, typer.Option("--top", min=1, help="Show the best so many.")] = 20,
    new: Annotated[
        int, typer.Option("--new", min=0, max=10_000, help="Schedules never measured to rank as well.")
    ] = 0,
    threads: Threads = 0,
    isa: Isa = "",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Rank schedules at a size without running any."""
    import numpy as np

    from perfpred.halide.choose.lookup import known
    from perfpred.halide.choose.ranking import out_of_range, too_small_for_all
    from perfpred.halide.choose.ranking import rank as ranked_at
    from perfpred.halide.cost.machine import Target
    from perfpred.halide.measure.profiling import parse_size
    from perfpred.halide.measure.workers import Workshop
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.halide.space.loop_nests import OwnSpace

    machine, source, wanted = probe(), PipelineRef.of(pipeline), parse_size(size)
    place = place_of(machine, isa, threads)
    with Workshop(workers=1) as workshop:
        graph = workshop.describe(source, wanted).graph
        experience = known(models, source, machine.hardware(*place).id, wanted, graph, workshop)
    target = Target.of(machine, *place)
    others = OwnSpace(graph, target).sample(new, np.random.default_rng(seed)) if new else []
    ranking = ranked_at(experience, wanted, graph, target, others)
    far = too_small_for_all(experience, wanted) if not ranking else out_of_range(experience, wanted)
    if far is not None:
        notice(f"{source.name}: {far}")
    if json:
        print_json([_document(each, in_range=far is None) for each in ranking[:top]])
        return
    rows = [
        [
            each.candidate.id,
            each.candidate.source,
            seconds(each.expected_s),
            f"±{100 * each.deviation:.0f}%",
            "yes" if each.measured else "no",
        ]
        for each in ranking[:top]
    ]
    columns = {"schedule": "left", "source": "left", "expected": "right", "": "right", "measured": "left"}
    table(f"{source.name} at {size}: the fastest expected of {len(ranking)} schedules", columns, rows)


def schedule(
    pipeline: Pipeline,
    size: SizeOption,
    out: Annotated[Path, typer.Option("--out", help="File to write.", show_default=False)],
    models: Annotated[Path | None, typer.Option("--models", help="Folder of 'halide train'.")] = None,
    budget: Annotated[int, typer.Option("--budget", min=0, help="Schedules to run.")] = 0,
    emit: Annotated[str, typer.Option("--emit", help="python or cpp; JSON otherwise.")] = "",
    threads: Threads = 0,
    isa: Isa = "",
    seed: Seed = 0,
    json: Json = False,
) -> None:
    """Choose a schedule for a size, by prediction or with some runs, and write it."""
    from perfpred.documents.atomic import atomic_write
    from perfpred.halide.choose.choose import chosen_for
    from perfpred.halide.choose.lookup import known
    from perfpred.halide.choose.session import session
    from perfpred.halide.measure.profiling import parse_size
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.halide.schedule.emit import to_cpp, to_python

    if emit and emit not in LANGUAGES:
        raise UnknownNameError("language", emit, LANGUAGES)
    machine, source = probe(), PipelineRef.of(pipeline)
    place = place_of(machine, isa, threads)
    hardware, experience = machine.hardware(*place).id, None
    with session(source, parse_size(size), machine, place) as opened, progress_bar(source.name) as bar:
        if models is not None:
            experience = known(models, source, hardware, opened.size, opened.graph, opened.workshop)
        made, choice = chosen_for(opened, experience, budget, seed, bar)
        warnings = opened.task.checks.warnings if opened.task.checks.data else []
    for warning in warnings:
        notice(warning)
    if emit:
        atomic_write(out, to_python(made) if emit == "python" else to_cpp(made))
    else:
        made.save(out)
    if json:
        told = {"reason": choice.reason, **choice.speedup.to_json(), "decided": choice.decided}
        print_json({"file": str(out), **told, **made.to_json()})
        return
    expected = "" if made.expected_s is None else f", expected to take {seconds(made.expected_s)}"
    notice(f"{made.candidate.source}'s schedule {made.candidate.id}{expected}: {choice.reason}")
    notice(f"written to {out}")


def bench(
    pipelines: Annotated[
        list[str] | None, typer.Argument(help="Pipelines; the whole suite by default.", show_default=False)
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
    """Compare chosen schedules with those of Halide's autoschedulers, in rounds that no choice has seen."""
    from perfpred.halide.choose.bench import bench as judged
    from perfpred.halide.choose.lookup import find
    from perfpred.halide.choose.session import session
    from perfpred.halide.measure.profiling import parse_size
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.halide.pipeline.suite import PIPELINES

    machine, budgets = probe(), comma_integers(budget, "--budget")
    if not budgets or min(budgets) < 0:
        raise InputError(f"--budget must be whole numbers >= 0, but got '{budget}'")
    place = place_of(machine, isa, threads)
    sources = [PipelineRef.of(name) for name in pipelines or PIPELINES]
    documents: list[dict[str, Any]] = []
    for source in sources:
        wanted = parse_size(size) if size else source.default_size
        try:
            with session(source, wanted, machine, place) as opened, progress_bar(source.name) as bar:
                hardware = opened.task.hardware.id
                experience = find(models, source.name, hardware, opened.graph.identity)
                documents += judged(opened, experience, budgets, seed, bar)
        except PerfpredError as error:
            if len(sources) == 1:
                raise
            notice(f"{source.name}: {error}")
    if json:
        print_json(documents)
        return
    _show_bench(documents)


def _show_bench(documents: list[dict[str, Any]]) -> None:
    from perfpred.halide.choose.paired import Speedup, geometric_mean

    rows = [
        [
            each["pipeline"],
            each["size"],
            each["strategy"],
            "-" if each["budget"] is None else str(each["budget"]),
            seconds(each["time_s"]),
            each["baseline"],
            *shown_speedup(each),
        ]
        for each in documents
    ]
    for budget in dict.fromkeys(each["budget"] for each in documents if each["budget"] is not None):
        speedups = [
            Speedup(*(each[name] for name in ("speedup", "speedup_low", "speedup_high", "in_quiet")))
            for each in documents
            if each["budget"] == budget and each["speedup"] is not None
        ]
        if speedups:
            mean = geometric_mean(speedups)
            shown = shown_speedup({**mean.to_json(), "decided": mean.decided})
            rows.append(["all", "", "geomean", str(budget), "", "", *shown])
    names = dict.fromkeys(["pipeline", "size", "strategy"], "left")
    columns = {**names, "runs": "right", "time": "right", "baseline": "left", **SPEEDUP_COLUMNS}
    table("speedup over the fastest of Halide's autoschedulers", columns, rows)
    for name, effort in {each["pipeline"]: each["effort"] for each in documents}.items():
        notice(f"{name}: {effort}")


def shown_speedup(document: Mapping[str, Any]) -> list[str]:
    """Return the cells of a speedup: the ratio, its interval, and whether that is undecided."""
    if document["speedup"] is None:
        return ["-", "-", ""]
    interval = f"{document['speedup_low']:.2f} to {document['speedup_high']:.2f}"
    return [f"{document['speedup']:.2f}", interval, "" if document["decided"] else "undecided"]


def place_of(machine: Machine, isa: str, threads: int) -> tuple[str, int]:
    """Return the ISA level and the threads that were asked for, or all that the machine has."""
    return isa or machine.best_isa(), threads or len(machine.affinity)


def _document(ranked: Ranked, *, in_range: bool) -> dict[str, Any]:
    return {
        "schedule": ranked.candidate.id,
        "source": ranked.candidate.source,
        "expected_s": ranked.expected_s,
        "deviation": ranked.deviation,
        "measured": ranked.measured,
        "in_range": in_range,
        "directives": [each.to_json() for each in ranked.candidate.directives],
    }
