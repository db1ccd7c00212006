"""``perfpred profile``."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app import completing
from perfpred.app.arguments import Json, LikeOption, Seed, TransferOption, comma_integers, comma_list
from perfpred.app.campaigns import require_any_ok, shown_campaign
from perfpred.app.clusters import ClusterOption
from perfpred.app.console import notice, percent, print_json, progress_bar, say, table
from perfpred.app.host_campaigns import measure_on_hosts, require_campaign
from perfpred.errors import InputError
from perfpred.hardware import Machine, probe
from perfpred.schemas.measuring import ProfileDocument, RecheckDocument

if TYPE_CHECKING:
    from perfpred.adaptive.stopping import StoppingRule
    from perfpred.measure.campaign import Effort
    from perfpred.measure.destination import Destination
    from perfpred.measure.plan import Plan, Request


def profile(
    kernel: Annotated[
        str | None,
        typer.Argument(
            help="What to measure; see 'perfpred kernels', or FILE.py:NAME.",
            show_default=False,
            autocompletion=completing.kernels,
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option("--out", help="CSV to write; may hold {kernel}, {variant}, {hardware}, {cpu}."),
    ] = None,
    variant: Annotated[
        list[str] | None,
        typer.Option(
            "--variant",
            help="Variant, or FILE.py:NAME; repeatable. Default: all usable.",
            autocompletion=completing.variants,
        ),
    ] = None,
    threads: Annotated[str, typer.Option("--threads", help="Thread counts, such as 1,2.")] = "1",
    isa: Annotated[str, typer.Option("--isa", help="ISA levels, such as avx2,avx512. Default: widest.")] = "",
    samples: Annotated[
        int | None,
        typer.Option(
            "--samples",
            help="Number of sizes; with --adaptive the maximum. Default: 500, 250 with --adaptive.",
        ),
    ] = None,
    seed: Seed = 0,
    campaign: Annotated[
        Path | None, typer.Option("--campaign", help="TOML file with all of this for many kernels.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="CSV: measure 20 of its rows again and compare.")
    ] = None,
    adaptive: Annotated[
        bool,
        typer.Option(
            "--adaptive", help="Choose sizes by model disagreement; stop when errors no longer fall."
        ),
    ] = False,
    tolerance: Annotated[
        float | None,
        typer.Option("--tolerance", help="With --adaptive: stop at a smaller relative gain. Default: 0.1."),
    ] = None,
    transfer_from: TransferOption = None,
    like: LikeOption = None,
    resume: Annotated[bool, typer.Option("--resume", help="Continue an interrupted campaign.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing output.")] = False,
    min_rounds: Annotated[int, typer.Option("--min-rounds", min=2, help="Minimum timings per row.")] = 12,
    max_rounds: Annotated[int, typer.Option("--max-rounds", min=2, help="Maximum timings per row.")] = 40,
    target_noise: Annotated[
        float, typer.Option("--target-noise", help="Stop timing a row below this noise.")
    ] = 0.02,
    time_limit: Annotated[
        float, typer.Option("--time-limit", help="Stop after this many minutes.")
    ] = math.inf,
    row_limit: Annotated[float, typer.Option("--row-limit", help="Maximum seconds per row.")] = 60.0,
    cluster: ClusterOption = None,
    json: Json = False,
) -> None:
    """Measure variants of a kernel, or a campaign of many kernels, on this machine into profile CSVs.

    Example: perfpred profile softmax --variant naive --samples 20 --out softmax.csv
    """
    from perfpred.app.reading import transfer_folder
    from perfpred.measure.campaign import Effort
    from perfpred.measure.campaign_file import read_campaign
    from perfpred.measure.destination import Destination
    from perfpred.measure.plan import Request, make_plan
    from perfpred.measure.profiling import describe
    from perfpred.variants.user_definitions import kernel_name, variant_name

    given = [name for name, value in _modes(kernel, campaign, check).items() if value is not None]
    if len(given) != 1:
        raise InputError(f"give one of KERNEL, --campaign, --check, but got {' and '.join(given) or 'none'}")
    sources = transfer_folder(transfer_from, like)
    require_campaign(campaign, cluster)
    _require_compatible(adaptive, tolerance, sources, given[0])
    machine = probe()
    if check is not None:
        _check(check, machine, seed, json)
        return
    if campaign is not None and cluster is not None:
        found = measure_on_hosts(campaign, out, cluster, time_limit, resume=resume, overwrite=overwrite)
        _show([ProfileDocument(**each) for each in describe(found)], json)
        return
    if campaign is not None:
        file = read_campaign(campaign, machine, out)
        _measure(file.plan, machine, file.where, file.effort, time_limit, resume, overwrite, json)
        return
    if out is None:
        raise InputError("--out is missing: the CSV to write")
    request = Request(
        kernel_name(str(kernel)),
        tuple(map(variant_name, variant or ())),
        tuple(comma_integers(threads, "--threads")),
        tuple(comma_list(isa)),
    )
    effort = Effort(min_rounds, max(min_rounds, max_rounds), target_noise, row_limit_s=row_limit)
    if adaptive:
        rule = _rule(samples, tolerance)
        job = _Adaptive(
            request, machine, Destination(out), replace(effort, time_limit_s=60 * time_limit), rule, sources
        )
        _measure_adaptively(job, seed, resume, overwrite, json)
        return
    plan = make_plan([request], machine, 500 if samples is None else samples, seed, strict=True)
    _measure(plan, machine, Destination(out), effort, time_limit, resume, overwrite, json)


def _modes(kernel: str | None, campaign: Path | None, check: Path | None) -> dict[str, object]:
    return {"KERNEL": kernel, "--campaign": campaign, "--check": check}


def _require_compatible(adaptive: bool, tolerance: float | None, sources: Path | None, mode: str) -> None:
    if adaptive and mode != "KERNEL":
        raise InputError(f"--adaptive chooses sizes of one KERNEL and cannot be combined with {mode}")
    if tolerance is not None and not adaptive:
        raise InputError("--tolerance says when --adaptive stops: give both")
    if sources is not None and not adaptive:
        raise InputError("--transfer-from says what --adaptive need not measure again: give both")


@dataclass(frozen=True)
class _Adaptive:
    """An adaptive campaign that was asked for."""

    request: Request
    machine: Machine
    where: Destination
    effort: Effort
    rule: StoppingRule
    sources: Path | None


def _rule(samples: int | None, tolerance: float | None) -> StoppingRule:
    from perfpred.adaptive.stopping import StoppingRule

    given = {"max_rows": samples, "tolerance": tolerance}
    return StoppingRule(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


def _measure_adaptively(job: _Adaptive, seed: int, resume: bool, overwrite: bool, as_json: bool) -> None:
    from perfpred.adaptive.profiling import adaptive_plan, profile_adaptively
    from perfpred.adaptive.sampler import Sampler
    from perfpred.app.reading import transfer_option
    from perfpred.measure.profiling import describe

    plan = adaptive_plan(job.request, job.machine, job.rule.max_rows, seed)
    sampler = Sampler(plan, job.rule, transfer_from=transfer_option(job.sources))
    _announce(plan, f"at most {job.rule.max_rows} of ")
    with shown_campaign("timing") as bar:
        profiles, reason = profile_adaptively(
            sampler, job.machine, job.where, job.effort, bar, resume=resume, overwrite=overwrite
        )
    notice(f"stopped: {reason}")
    _show([ProfileDocument(**each, stopped_because=reason) for each in describe(profiles)], as_json)


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
    with shown_campaign("timing") as bar:
        profiles = profile_plan(plan, machine, where, effort, bar, resume=resume, overwrite=overwrite)
    _show([ProfileDocument(**each) for each in describe(profiles)], as_json)


def _show(documents: list[ProfileDocument], as_json: bool) -> None:
    if as_json:
        print_json(documents)
    else:
        _show_table(documents)
    rows = sum(each.rows for each in documents)
    require_any_ok(sum(each.rows_ok for each in documents), rows, "the .meta.json beside each CSV")


def _show_table(documents: list[ProfileDocument]) -> None:
    rows = [
        [each.file, each.variant, each.hardware, f"{each.rows_ok}/{each.rows}", percent(each.noise)]
        for each in documents
    ]
    text = dict.fromkeys(["file", "variant", "hardware"], "left")
    table("", {**text, "rows ok": "right", "noise floor": "right"}, rows)


def _announce(plan: Plan, before: str = "") -> None:
    for skipped in plan.skipped:
        notice(f"left out: {skipped.variant} on {skipped.hardware}: {skipped.reason}")
    for part in plan.parts:
        notice(f"{part.kernel}: {len(part.subjects)} combinations x {before}{len(part.sizes)} sizes")


def _check(path: Path, machine: Machine, seed: int, as_json: bool) -> None:
    from perfpred.app.reading import read
    from perfpred.measure.recheck import recheck

    recorded = read([path])
    with progress_bar("measuring again") as bar:
        found = recheck(recorded, machine, bar, time.perf_counter, seed=seed)
    if as_json:
        print_json(RecheckDocument(**vars(found)))
    else:
        verdict = "still describes this machine" if found.valid else "describes this machine no longer"
        say(f"{path} {verdict}: {found.reason} ({found.rows} rows)")
    if not found.valid:
        raise typer.Exit(1)
