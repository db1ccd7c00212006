"""``perfpred profile``."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import Json, Seed, comma_integers, comma_list
from perfpred.app.console import notice, percent, print_json, progress_bar, table
from perfpred.app.console import out as stdout
from perfpred.errors import InputError
from perfpred.hardware import Machine, probe

if TYPE_CHECKING:
    from perfpred.measure.campaign import Effort
    from perfpred.measure.plan import Plan
    from perfpred.measure.profiling import Destination


def profile(
    kernel: Annotated[
        str | None, typer.Argument(help="What to measure; see 'perfpred kernels'.", show_default=False)
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", help="CSV to write; may hold {kernel}, {variant}, {hardware}, {cpu}."),
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option("--variant", help="Variant; repeatable. Default: all usable."),
    ] = None,
    threads: Annotated[str, typer.Option("--threads", help="Thread counts, such as 1,2.")] = "1",
    isa: Annotated[str, typer.Option("--isa", help="ISA levels, such as avx2,avx512. Default: widest.")] = "",
    samples: Annotated[int, typer.Option("--samples", help="Number of sizes drawn.")] = 500,
    seed: Seed = 0,
    campaign: Annotated[
        Path | None, typer.Option("--campaign", help="TOML file that says all of this for many kernels.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="CSV: measure 20 of its rows again and compare.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted campaign.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    min_rounds: Annotated[int, typer.Option("--min-rounds", min=2, help="Timings every row gets.")] = 12,
    max_rounds: Annotated[int, typer.Option("--max-rounds", min=2, help="Most timings of a noisy row.")] = 40,
    target_noise: Annotated[float, typer.Option("--target-noise", help="A row is done below this.")] = 0.02,
    time_limit: Annotated[float, typer.Option("--time-limit", help="Minutes, then stop.")] = math.inf,
    row_limit: Annotated[float, typer.Option("--row-limit", help="Seconds a row may take.")] = 60.0,
    json: Json = False,
) -> None:
    """Measure variants of a kernel, or a campaign of many kernels, on this machine into profile CSVs."""
    from perfpred.measure.campaign import Effort
    from perfpred.measure.campaign_file import read_campaign
    from perfpred.measure.plan import Request, make_plan
    from perfpred.measure.profiling import Destination

    given = [name for name, value in _modes(kernel, campaign, check).items() if value is not None]
    if len(given) != 1:
        raise InputError(f"give one of KERNEL, --campaign, --check, but got {' and '.join(given) or 'none'}")
    machine = probe()
    if check is not None:
        _check(check, machine, seed, json)
        return
    if campaign is not None:
        file = read_campaign(campaign, machine)
        where = Destination(out or file.out, campaign.stem)
        _measure(file.plan, machine, where, file.effort, time_limit, resume, overwrite, json)
        return
    if out is None:
        raise InputError("--out is missing: the CSV to write")
    request = Request(
        str(kernel), tuple(variant or ()), tuple(comma_integers(threads, "--threads")), tuple(comma_list(isa))
    )
    plan = make_plan([request], machine, samples, seed, strict=True)
    effort = Effort(min_rounds, max(min_rounds, max_rounds), target_noise, row_limit_s=row_limit)
    _measure(plan, machine, Destination(out), effort, time_limit, resume, overwrite, json)


def _modes(kernel: str | None, campaign: Path | None, check: Path | None) -> dict[str, object]:
    return {"KERNEL": kernel, "--campaign": campaign, "--check": check}


def _measure(
    plan: Plan,
    machine: Machine,
    where: Destination,
    effort: Effort,
    minutes: float,
    resume: bool,
    overwrite: bool,
    as_json: bool,
) -> None:
    from perfpred.measure.profiling import describe, profile_plan

    _announce(plan)
    effort = replace(effort, time_limit_s=60 * minutes)
    try:
        with progress_bar("timing") as bar:
            profiles = profile_plan(plan, machine, where, effort, bar, resume=resume, overwrite=overwrite)
    except KeyboardInterrupt:
        notice("interrupted; nothing timed is lost: repeat the command with --resume to continue")
        raise typer.Exit(1) from None
    documents = describe(profiles)
    if as_json:
        print_json(documents)
        return
    rows = [
        [d["file"], d["variant"], d["hardware"], f"{d['rows_ok']}/{d['rows']}", percent(d["noise"])]
        for d in documents
    ]
    text = dict.fromkeys(["file", "variant", "hardware"], "left")
    table("", {**text, "rows ok": "right", "noise floor": "right"}, rows)


def _announce(plan: Plan) -> None:
    for skipped in plan.skipped:
        notice(f"left out: {skipped.variant} on {skipped.hardware}: {skipped.reason}")
    for part in plan.parts:
        notice(f"{part.kernel}: {len(part.subjects)} combinations x {len(part.sizes)} sizes")


def _check(path: Path, machine: Machine, seed: int, as_json: bool) -> None:
    from perfpred.app.reading import read
    from perfpred.measure.recheck import recheck

    recorded = read([path])
    with progress_bar("measuring again") as bar:
        found = recheck(recorded, machine, bar, time.perf_counter, seed=seed)
    if as_json:
        print_json(found)
    else:
        verdict = "still describes this machine" if found.valid else "describes this machine no longer"
        stdout.print(f"{path} {verdict}: {found.reason} ({found.rows} rows)", highlight=False, soft_wrap=True)
    if not found.valid:
        raise typer.Exit(1)
