"""``perfpred halide profile``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from perfpred.app import completing
from perfpred.app.arguments import Json, Seed
from perfpred.app.campaigns import require_any_ok, shown_campaign
from perfpred.app.console import notice, percent, print_json, table
from perfpred.halide.pipeline.sizes import size_text
from perfpred.hardware import Site, probe
from perfpred.profile.time_units import seconds_text
from perfpred.schemas.halide import ScheduleProfileDocument


def profile(
    pipeline: Annotated[
        str,
        typer.Argument(
            help="A name of 'halide list', or FILE.py:FUNCTION or :CLASS.",
            show_default=False,
            autocompletion=completing.pipelines,
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="CSV to write.", show_default=False)],
    size: Annotated[
        list[str] | None, typer.Option("--size", help="WIDTHxHEIGHT; repeatable. Default: the pipeline's.")
    ] = None,
    candidates: Annotated[int, typer.Option("--candidates", min=1, help="Number of schedules.")] = 100,
    refine: Annotated[
        float,
        typer.Option(
            "--refine",
            min=0.0,
            max=0.9,
            help="Fraction of them chosen in rounds, near the fastest so far.",
        ),
    ] = 0.5,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", help="Candidate generator; repeatable. Default: all."),
    ] = None,
    threads: Annotated[int, typer.Option("--threads", min=0, help="Threads; 0: all processors.")] = 0,
    isa: Annotated[str, typer.Option("--isa", help="ISA level, such as avx2. Default: widest.")] = "",
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted campaign.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    min_rounds: Annotated[int, typer.Option("--min-rounds", min=2, help="Minimum timings per row.")] = 8,
    max_rounds: Annotated[int, typer.Option("--max-rounds", min=2, help="Maximum timings per row.")] = 24,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Stop after this many minutes of timing.")
    ] = float("inf"),
    compile_limit: Annotated[
        float, typer.Option("--compile-limit", help="Compile timeout per schedule, seconds.")
    ] = 60.0,
    json: Json = False,
) -> None:
    """Measure schedules of a pipeline on this machine into a profile CSV.

    Example: perfpred halide profile blur --size 1024x1024 --candidates 20 --out blur.csv
    """
    from dataclasses import replace

    from perfpred.halide.measure.generate import BASELINES, PROPORTIONS
    from perfpred.halide.measure.profiling import EFFORT, ProfileJob, parse_size, profile_pipeline
    from perfpred.halide.pipeline.ref import PipelineRef

    found = PipelineRef.of(pipeline)
    sizes = tuple(dict.fromkeys(parse_size(text) for text in size or ())) or (found.default_size,)
    job = ProfileJob(
        found,
        sizes,
        Site.of(probe(), isa, threads),
        candidates,
        seed,
        tuple(source) if source else (*BASELINES, *PROPORTIONS),
        compile_limit,
        refined=refine,
    )
    effort = replace(
        EFFORT, min_rounds=min_rounds, max_rounds=max(min_rounds, max_rounds), time_limit_s=60 * time_limit
    )
    with shown_campaign(found.name) as bar:
        made = profile_pipeline(job, out, effort, bar, resume=resume, overwrite=overwrite)
    for said in (*made.metadata["checks"]["notes"], *made.metadata["checks"]["warnings"]):
        notice(said)
    _show(_summary(made, out), json)
    require_any_ok(len(made.ok), len(made), f"{out.stem}.meta.json")


def _summary(profile: Any, out: Path) -> list[ScheduleProfileDocument]:
    """Return, for each size, the best schedule of each source; what was wrong anywhere is none."""
    from perfpred.halide.choose.taught import faulty

    rows = profile.ok.table
    rows = rows[~rows["schedule"].astype(str).isin(list(faulty(profile)))]
    documents = []
    for (width, height), part in rows.groupby(["width", "height"], sort=False):
        for source, mine in part.groupby("variant", sort=False):
            best = mine.loc[mine["time_s"].idxmin()]
            documents.append(
                ScheduleProfileDocument(
                    str(out),
                    size_text((int(width), int(height))),
                    source,
                    len(mine),
                    best["schedule"],
                    float(best["time_s"]),
                    float(mine["noise"].mean()),
                )
            )
    return documents


def _show(documents: list[ScheduleProfileDocument], as_json: bool) -> None:
    if as_json:
        print_json(documents)
        return
    rows = [
        [
            d.size,
            d.source,
            str(d.schedules),
            d.best_schedule,
            seconds_text(d.best_time_s),
            percent(d.noise),
        ]
        for d in documents
    ]
    text = {"size": "right", "source": "left", "schedules": "right", "best": "left"}
    table("", {**text, "time": "right", "noise": "right"}, rows)
