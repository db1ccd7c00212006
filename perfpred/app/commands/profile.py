"""``perfpred profile``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perfpred.app.arguments import Json, Seed, comma_integers, comma_list
from perfpred.app.console import notice, percent, print_json, progress_bar, table
from perfpred.hardware import probe

if TYPE_CHECKING:
    from perfpred.measure.plan import Plan
    from perfpred.profile import Profile


def profile(
    kernel: Annotated[
        str, typer.Argument(help="What to measure; see 'perfpred kernels'.", show_default=False)
    ],
    out: Annotated[
        str,
        typer.Option("--out", help="CSV to write; may hold {variant} and {hardware}.", show_default=False),
    ],
    variant: Annotated[
        list[str] | None,
        typer.Option("--variant", help="Variant to measure; repeatable. Default: all usable."),
    ] = None,
    threads: Annotated[str, typer.Option("--threads", help="Thread counts, such as 1,2.")] = "1",
    isa: Annotated[str, typer.Option("--isa", help="ISA levels, such as avx2,avx512. Default: widest.")] = "",
    samples: Annotated[int, typer.Option("--samples", help="Number of sizes drawn.")] = 500,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted campaign.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    min_rounds: Annotated[int, typer.Option("--min-rounds", min=2, help="Timings every row gets.")] = 12,
    max_rounds: Annotated[int, typer.Option("--max-rounds", min=2, help="Most timings of a noisy row.")] = 40,
    target_noise: Annotated[float, typer.Option("--target-noise", help="A row is done below this.")] = 0.02,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Minutes; then keep what there is.")
    ] = math.inf,
    row_limit: Annotated[
        float, typer.Option("--row-limit", help="Seconds; a longer row is a timeout.")
    ] = 60.0,
    json: Json = False,
) -> None:
    """Measure a kernel's variants on this machine into a profile CSV."""
    from perfpred.measure.campaign import Effort
    from perfpred.measure.plan import make_plan
    from perfpred.measure.profiling import profile_plan

    machine = probe()
    plan = make_plan(
        kernel,
        machine,
        variants=variant or (),
        threads=comma_integers(threads, "--threads"),
        isas=comma_list(isa),
        samples=samples,
        seed=seed,
    )
    _announce(plan)
    effort = Effort(
        min_rounds,
        max(min_rounds, max_rounds),
        target_noise,
        time_limit_s=60 * time_limit,
        row_limit_s=row_limit,
    )
    try:
        with progress_bar(f"timing {kernel}") as bar:
            profiles = profile_plan(plan, machine, out, effort, bar, resume=resume, overwrite=overwrite)
    except KeyboardInterrupt:
        notice("interrupted; nothing timed is lost: repeat the command with --resume to continue")
        raise typer.Exit(1) from None
    _report(profiles, json)


def _announce(plan: Plan) -> None:
    for skipped in plan.skipped:
        notice(f"left out: {skipped.variant} on {skipped.hardware}: {skipped.reason}")
    notice(f"{len(plan.subjects)} combinations x {len(plan.sizes)} sizes of {plan.kernel}")


def _report(profiles: dict[Path, Profile], as_json: bool) -> None:
    documents: list[dict[str, Any]] = [
        {
            "file": str(path),
            "variant": combination.variant,
            "hardware": combination.hardware,
            "rows": len(part.table),
            "rows_ok": len(part.ok.table),
            "noise": part.noise_floor,
        }
        for path, profile in profiles.items()
        for combination, part in profile.combinations()
    ]
    if as_json:
        print_json(documents)
        return
    rows = [
        [d["file"], d["variant"], d["hardware"], f"{d['rows_ok']}/{d['rows']}", percent(d["noise"])]
        for d in documents
    ]
    headers = {
        "file": "left",
        "variant": "left",
        "hardware": "left",
        "rows ok": "right",
        "noise floor": "right",
    }
    table("", headers, rows)
