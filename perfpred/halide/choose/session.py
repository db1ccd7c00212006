"""A pipeline at one size on this machine, ready for schedules to be compiled and timed beside each other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfpred.errors import InputError, one_line
from perfpred.halide.choose.database_file import BROKEN, WRONG
from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.model import Graph
from perfpred.halide.measure.checks import checked_sizes
from perfpred.halide.measure.compiling import compile_all, prepare
from perfpred.halide.measure.contention.fastest import recalled, remember
from perfpred.halide.measure.contention.load import FEW, wait_for_quiet
from perfpred.halide.measure.estimating import MIN_QUIET, in_moments
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.generate import BASELINES, baselines
from perfpred.halide.measure.library_cache import scratch_folder
from perfpred.halide.measure.timed import require_runnable, time_all
from perfpred.halide.measure.workers import HalideWorkers, compile_job
from perfpred.halide.pipeline.sizes import size_text
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate, distinct
from perfpred.hardware import Site
from perfpred.measure.campaign import Effort, InMemoryLog
from perfpred.progress import Progress
from perfpred.sandbox.forking import ForkLimits


@dataclass
class CompilationLog:
    """What was compiled during a session, so that it is not compiled again."""

    kept: list[dict[str, Any]] = field(default_factory=list)

    def append(self, entry: Mapping[str, Any]) -> None:
        """Keep an entry for this process's life."""
        self.kept.append(dict(entry))

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries so far."""
        return iter(self.kept)


@dataclass(frozen=True)
class Timed:
    """What became of a candidate: seconds, NaN unless the status is ok.

    `slowdown` is how much slower than in quiet a loop over all threads may have been when it was timed, 1 in
    quiet.

    Attributes
    ----------
    time_s : float
        NaN unless the status is ok.
    noise : float
        Relative repeatability.
    status : str
        ``ok``, or how it failed.
    slowdown : float
        How much slower than when idle the machine may have been, at least 1.
    message : str
        Why it failed.
    """

    time_s: float
    noise: float
    status: str
    slowdown: float = 1.0
    message: str = ""


class Session:
    """Compiles and times candidates of one pipeline at one size.

    Parameters
    ----------
    workload : Workload
    site : Site
    workers : HalideWorkers
    folder : Path
        For files that live as long as the session.

    Attributes
    ----------
    failed : dict of str to str
        The status of what was wrong or crashed, by its id: never run or chosen again.
    """

    def __init__(self, workload: Workload, site: Site, workers: HalideWorkers, folder: Path) -> None:
        size = workload.size
        described = workers.describe(workload, str(folder / size_text(size)))
        self.workload, self.site, self._described = workload, site, described
        self.target = Target.of(site)
        beside, notes = checked_sizes({size: described}, workers, str(folder))
        self.experiment = Experiment(workload.pipeline, site, {size: described}, folder, beside=tuple(beside))
        self.experiment.checks.notes += notes
        self.workers = workers
        self._log = CompilationLog()
        self.failed: dict[str, str] = {}
        self._baselines: tuple[list[Candidate], list[str]] | None = None
        self._probes_path = self.experiment.probe_library.with_suffix(".fastest.json")
        self.experiment.fastest.saw(recalled(self._probes_path))
        prepare(self.experiment, workers)

    @property
    def graph(self) -> Graph:
        """The pipeline at the size, as plain data."""
        return self._described.graph

    def baselines(self) -> tuple[list[Candidate], list[str]]:
        """Return what Halide's autoschedulers choose for this size, and notes where one fails."""
        if self._baselines is None:
            self._baselines = baselines(self._described, self.site, self.workers, BASELINES)
        return self._baselines

    def require_runnable(self) -> None:
        """Raise `InputError` with Halide's own message if the pipeline fails even without a schedule."""
        require_runnable(self.experiment)

    def require_applicable(self, candidate: Candidate) -> None:
        """Raise `InputError` unless Halide takes a candidate, which is found out in another process."""
        job = compile_job(self.workload, candidate, self.experiment.target, "") | {"kind": "apply"}
        reply = self.workers.run(job)
        if reply["status"] != "ok":
            said = one_line(reply["message"])[:300]
            raise InputError(
                f"the schedule {candidate.id} cannot be applied to {self.workload.name}: {said}; what was "
                "measured of it is of another pipeline or was damaged: profile it again"
            )

    def measure(
        self, candidates: Sequence[Candidate], effort: Effort, seed: int, progress: Progress
    ) -> dict[Candidate, Timed]:
        """Return what became of each candidate, all timed in the same interleaved rounds.

        What was wrong or crashed before, here or at another size (`failed`), is not run again.

        Parameters
        ----------
        candidates : sequence of Candidate
        effort : Effort
            How long and how often is timed.
        seed : int
            Of every random choice.
        progress : Progress
            Told how far it is.
        """
        named = {each: self.failed[each.id] for each in distinct(candidates) if each.id in self.failed}
        out = {each: Timed(math.nan, math.nan, status) for each, status in named.items()}
        rest = [each for each in candidates if each not in out]
        found = self._measured(rest, effort, seed, progress) if rest or not out else {}
        self.failed.update(
            {each.id: timed.status for each, timed in found.items() if timed.status in (WRONG, BROKEN)}
        )
        return found | out

    def _measured(
        self, candidates: Sequence[Candidate], effort: Effort, seed: int, progress: Progress
    ) -> dict[Candidate, Timed]:
        chosen = distinct(candidates)
        compiled = compile_all(self.experiment, chosen, self.workers, self._log, progress)
        usable = [each for each in chosen if compiled[each.id].usable]
        found = {
            each: Timed(math.nan, math.nan, compiled[each.id].status, message=compiled[each.id].message)
            for each in chosen
            if compiled[each.id].status != "ok"
        }
        rows = time_all(self.experiment, usable, InMemoryLog(), effort, seed, progress)
        remember(self._probes_path, self.experiment.fastest.time_s)
        moments = in_moments(
            rows, self.experiment.fastest.time_s, min(MIN_QUIET, max(1, effort.min_rounds // 2))
        )
        for candidate, (_, record), moment in zip(usable, rows, moments, strict=True):
            if moment is not None:
                slowdown = max(moment.slowdown, self._slowdown_by_others())
                found[candidate] = Timed(moment.estimate.time_s, moment.estimate.noise, "ok", slowdown)
            else:
                status = record.status if record.failed else "timeout"
                found[candidate] = Timed(math.nan, math.nan, status, message=record.message)
        by_id = {each.id: found[each] for each in found}
        for each in chosen:
            if each not in found:
                found[each] = by_id[compiled[each.id].duplicate_of]
        return found

    def wait_for_quiet(self, limit_s: float) -> float:
        """Wait until other programs leave the processors alone, at most so long; returns the seconds."""
        return wait_for_quiet(self.experiment.processors, limit_s)

    def _slowdown_by_others(self) -> float:
        """Return how much slower a loop may be that waits for the processor others used last, 1 if none."""
        used = self.experiment.others.used
        return 1.0 + used if used > FEW else 1.0


@contextmanager
def session(workload: Workload, site: Site, compile_limit_s: float = 60.0) -> Iterator[Session]:
    """Open a session whose processes and files go when it ends."""
    with (
        scratch_folder() as folder,
        HalideWorkers(ForkLimits(compile_limit_s)) as workers,
    ):
        yield Session(workload, site, workers, folder)
