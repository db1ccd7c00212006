"""Measuring a pipeline's candidates from start to files, resumably."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.documents.atomic import atomic_write
from perfpred.documents.claim import Claim
from perfpred.documents.layout import indented
from perfpred.errors import InputError
from perfpred.halide.cost.machine import Target
from perfpred.halide.measure import library_cache
from perfpred.halide.measure.checks import checked_sizes
from perfpred.halide.measure.compiling import prepare
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.generate import BASELINES, PROPORTIONS, baselines, generate_candidates
from perfpred.halide.measure.iterative import ShortTimings, choose_in_rounds
from perfpred.halide.measure.journalled import candidates_of, view, warn_of_unclear
from perfpred.halide.measure.results import Results
from perfpred.halide.measure.schedules_file import schedules_path
from perfpred.halide.measure.sized import require_one_algorithm
from perfpred.halide.measure.timed import require_runnable, time_all
from perfpred.halide.measure.workers import Description, HalideWorkers, require_halide
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import Size, size_text
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate, distinct
from perfpred.halide.schedule.rules import require_size, shown
from perfpred.hardware import Site
from perfpred.measure.campaign import Effort
from perfpred.measure.destination import stem
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.outputs import require_free, require_same, seen
from perfpred.profile import Profile, write_profile
from perfpred.progress import Progress
from perfpred.sandbox.forking import ForkLimits
from perfpred.variants.cache import remove_leftovers

EFFORT = Effort(min_rounds=8, max_rounds=24, row_budget_s=2.0, row_limit_s=20.0)
"""Candidates are many and compared with each other: fewer rounds each than a size of a kernel."""

MIN_FIRST = 12
"""Candidates before a model chooses further ones."""


@dataclass(frozen=True)
class ProfileJob:
    """What is to be measured.

    Parameters
    ----------
    pipeline : PipelineRef
    sizes : tuple of (int, int)
        Candidates are drawn for the first; Halide's autoschedulers choose for each.
    site : Site
        Where it is measured.
    count : int
        How many candidates, Halide's autoschedulers' own choices included.
    seed : int
        Of the candidates and the order of timings.
    sources : tuple of str
        Who may propose them.
    compile_limit_s : float
        Seconds a candidate may take to compile.
    given : tuple of Candidate
        Measured before those that `sources` propose, and counted.
    refined : float
        The share of `count` that a model chooses in rounds, from short timings of those before; only where
        our own space is among the sources.
    """

    pipeline: PipelineRef
    sizes: tuple[Size, ...]
    site: Site
    count: int = 100
    seed: int = 0
    sources: tuple[str, ...] = (*BASELINES, *PROPORTIONS)
    compile_limit_s: float = 60.0
    given: tuple[Candidate, ...] = ()
    refined: float = 0.0

    @property
    def first(self) -> int:
        """How many candidates are measured before the rounds, those given included."""
        if "own" not in self.sources:
            return self.count
        return max(self.count - round(self.count * self.refined), min(self.count, MIN_FIRST))


def profile_pipeline(
    job: ProfileJob,
    out: Path,
    effort: Effort,
    progress: Progress,
    *,
    resume: bool = False,
    overwrite: bool = False,
) -> Profile:
    """Measure candidates of a pipeline and write the profile, and the schedules beside it.

    Every outcome is in a journal at every moment, so the same call with ``resume=True`` continues one that
    was interrupted.

    Parameters
    ----------
    job : ProfileJob
        What is to be measured.
    out : Path
        The CSV.
    effort : Effort
        How long and how often is timed.
    progress : Progress
        Told how far it is.
    resume, overwrite : bool
        Whether an interrupted campaign is continued, and whether files that exist may be replaced.

    Raises
    ------
    InputError
        If the pipeline cannot be scheduled, or the output is there already.
    MeasurementError
        If nothing could be measured.
    """
    if out.name in ("", ".."):
        raise InputError(f"--out must name a CSV file, but is '{out}'")
    with Claim(out.with_name(f"{stem(out)}.journal")) as claim, _work_folder(out) as folder:
        require_free([out], replace=resume or overwrite)
        before = seen(out)
        campaign = _Campaign(claim, resume, overwrite, effort, progress)
        results, about = _measured(job, folder, campaign)
        profile = results.profile(effort, about)
        require_same(out, before, claim.path)
        write_profile(profile, out)
        schedules = {each.id: each.to_json() for each in results.candidates}
        document = {"pipeline": job.pipeline.name, "schedules": schedules}
        atomic_write(schedules_path(out), indented(document), follow_links=False)
        return profile


@contextmanager
def _work_folder(out: Path) -> Iterator[Path]:
    """Make the folder of a campaign's example inputs, beside its output, and remove it at the end."""
    folder = out.with_name(f"{stem(out)}.work")
    if folder.is_symlink():
        raise InputError(f"{folder} is a symbolic link, which is not written through: remove it")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        remove_leftovers(library_cache.cache_dir())  # of compilations that were interrupted


@dataclass(frozen=True)
class _Campaign:
    """How a campaign is kept and told of."""

    claim: Claim
    resume: bool
    overwrite: bool
    effort: Effort
    progress: Progress


def _measured(job: ProfileJob, folder: Path, campaign: _Campaign) -> tuple[Results, dict[str, Any]]:
    """Return what a campaign found out, and what there is to say about it."""
    hardware, load = job.site.hardware, os.getloadavg()
    with HalideWorkers(ForkLimits(job.compile_limit_s)) as workers:
        described = {
            size: workers.describe(Workload(job.pipeline, size), str(folder / size_text(size)))
            for size in job.sizes
        }
        require_one_algorithm(described, workers)
        beside, said = checked_sizes(described, workers, str(folder))
        experiment = Experiment(job.pipeline, job.site, described, folder, beside=tuple(beside))
        experiment.checks.notes += said
        prepare(experiment, workers)
        require_runnable(experiment)  # before anything is drawn, or a journal begun
        identity = _identity(job, hardware.id, described[job.sizes[0]])
        resume, overwrite = campaign.resume, campaign.overwrite
        with CampaignJournal(campaign.claim, identity, resume=resume, overwrite=overwrite) as journal:
            warn_of_unclear(journal)
            target = Target.of(job.site)
            first, notes = _candidates(job, experiment, workers, journal)
            timings = ShortTimings(experiment, workers, journal, job.seed, campaign.progress)
            choose_in_rounds(timings, target, first, job.count - job.first)
            chosen, compiled = timings.chosen, timings.compiled
            workers.close()  # nothing else runs while schedules are timed
            usable = [each for each in chosen if compiled[each.id].usable]
            log, seed = view(journal, "row"), job.seed
            rows = time_all(experiment, usable, log, campaign.effort, seed, campaign.progress)
            when = {
                "started": journal.started,
                "ended": datetime.now(UTC).isoformat(timespec="seconds"),
                "load_average": [round(value, 2) for value in (*load, *os.getloadavg())],
            }
    about = {"measured": when, "notes": notes, "order": identity, "checks": experiment.checks.document()}
    return Results(experiment, target, chosen, compiled, rows), about


def parse_size(text: str) -> Size:
    """Return a size written as ``1536x1024``.

    Raises
    ------
    InputError
        If it is not written so, not positive, or larger than Halide's outputs can be.

    Examples
    --------
    >>> parse_size("1536x1024")
    (1536, 1024)
    """
    found = re.fullmatch(r"([0-9]{1,10})x([0-9]{1,10})", text)
    size = (int(found[1]), int(found[2])) if found else (0, 0)
    if min(size) < 1:
        raise InputError(f"a size must be WIDTHxHEIGHT, such as 1536x1024, but got {shown(text)}")
    return require_size(size, "a size")


def _identity(job: ProfileJob, hardware: str, described: Description) -> dict[str, Any]:
    return {
        "pipeline": job.pipeline.name,
        "algorithm": described.graph.algorithm,
        "code": described.code,
        "sizes": [size_text(size) for size in job.sizes],
        "hardware": hardware,
        "count": job.count,
        "refined": job.refined,
        "seed": job.seed,
        "sources": list(job.sources),
        "halide": require_halide(),
    }


def _candidates(
    job: ProfileJob, experiment: Experiment, workers: HalideWorkers, journal: CampaignJournal
) -> tuple[list[Candidate], list[str]]:
    """Return the candidates of a campaign: those in its journal, or new ones, which are put there."""
    for entry in journal.entries():
        if "candidates" in entry and (kept := candidates_of(entry["candidates"])) is not None:
            return kept, list(entry["notes"])
    first, *others = experiment.described.values()
    found: list[Candidate] = []
    notes: list[str] = []
    if job.sources:
        rng, wanted = np.random.default_rng(job.seed), job.first - len(job.given)
        found, notes = generate_candidates(first, job.site, workers, wanted, job.sources, rng)
        own: list[Candidate] = []
        asked = [each for each in BASELINES if each in job.sources]
        for described in others:
            more, said = baselines(described, job.site, workers, asked)
            own += more
            notes += [each for each in said if each not in notes]
        new = [each for each in distinct(own) if each not in found]
        found = [*found[: max(1, wanted - len(new))], *new]
    chosen = distinct([*job.given, *found])
    journal.append({"candidates": [each.to_json() for each in chosen], "notes": notes})
    return chosen, notes
