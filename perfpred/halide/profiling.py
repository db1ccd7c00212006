"""Measuring a pipeline's candidates from start to files, resumably."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from perfpred.errors import InputError, MeasurementError
from perfpred.files import atomic_write, make_folder
from perfpred.halide.campaign import Compiled, Task, compile_all, prepare, size_text, time_all
from perfpred.halide.candidate import Candidate, distinct
from perfpred.halide.features.compute import FEATURES, features
from perfpred.halide.features.machine import Target
from perfpred.halide.gather import BASELINES, SHARES, Request, gather
from perfpred.halide.sandbox.forked import ForkLimits
from perfpred.halide.sandbox.workshop import Size, Workshop, require_halide
from perfpred.halide.source import Source
from perfpred.hardware import Machine
from perfpred.measure.campaign import Effort, Row, RowRecord
from perfpred.measure.drift import without_drift
from perfpred.measure.journal import Journal
from perfpred.measure.timing import estimate
from perfpred.profile import Profile, write_profile
from perfpred.progress import Progress

PARAMETERS = ("width", "height", "schedule", *FEATURES)
EFFORT = Effort(min_rounds=8, max_rounds=24, row_budget_s=2.0, row_limit_s=20.0)
"""Candidates are many and compared with each other: fewer rounds each than a size of a kernel."""


@dataclass(frozen=True)
class Order:
    """What is to be measured.

    Parameters
    ----------
    source : Source
        The pipeline.
    sizes : tuple of (int, int)
        Candidates are drawn for the first.
    isa : str
        The instruction-set level; ``threads`` the number of threads.
    count : int
        How many candidates, Halide's autoschedulers' own choices included.
    sources : tuple of str
        Who may propose them.
    compile_limit_s : float
        Seconds a candidate may take to compile.
    given : tuple of Candidate
        Measured before those that `sources` propose, and counted.
    """

    source: Source
    sizes: tuple[Size, ...]
    isa: str
    threads: int
    count: int = 100
    seed: int = 0
    sources: tuple[str, ...] = (*BASELINES, *SHARES)
    compile_limit_s: float = 60.0
    given: tuple[Candidate, ...] = ()


def profile_pipeline(
    order: Order,
    machine: Machine,
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

    Raises
    ------
    InputError
        If the pipeline cannot be scheduled, or the output is there already.
    MeasurementError
        If nothing could be measured.
    """
    journal_path = out.with_name(f"{_stem(out)}.journal")
    if out.exists() and not (resume or overwrite):
        raise InputError(f"{out} exists: continue with --resume, replace with --overwrite")
    if overwrite and not resume:
        journal_path.unlink(missing_ok=True)
    hardware = machine.hardware(order.isa, order.threads)
    make_folder(out.parent)
    folder = out.with_name(f"{_stem(out)}.work")
    limits = ForkLimits(order.compile_limit_s)
    with Workshop(limits) as workshop:
        described = {
            size: workshop.describe(order.source, size, str(folder / size_text(size))) for size in order.sizes
        }
        task = Task(order.source, hardware, described, folder)
        identity = _identity(order, hardware.id, described[order.sizes[0]].graph.algorithm)
        with Journal(journal_path, identity, resume=resume) as journal:
            load = os.getloadavg()
            chosen, notes = _candidates(order, task, workshop, journal)
            prepare(task, workshop)
            compiled = compile_all(task, chosen, workshop, _Part(journal, "compiled"), progress)
            workshop.close()
            usable = [each for each in chosen if compiled[each.id].usable]
            rows = time_all(task, usable, machine, _Part(journal, "row"), effort, order.seed, progress)
            when = {
                "started": journal.started,
                "ended": datetime.now(UTC).isoformat(timespec="seconds"),
                "load_average": [round(value, 2) for value in (*load, *os.getloadavg())],
            }
    results = Results(task, Target.of(machine, order.isa, order.threads), chosen, compiled, rows)
    profile = results.profile(machine, effort, {"measured": when, "notes": notes, "order": identity})
    write_profile(profile, out)
    schedules = {"pipeline": order.source.name, "schedules": {each.id: each.to_json() for each in chosen}}
    atomic_write(schedules_path(out), json.dumps(schedules, indent=1) + "\n")
    _remove(folder)
    return profile


def schedules_path(out: Path) -> Path:
    """Return where the schedules of a profile lie: a JSON file beside it."""
    return out.with_name(f"{_stem(out)}.schedules.json")


def read_schedules(out: Path) -> dict[str, Candidate]:
    """Return the schedules of a profile by the ids in its column ``schedule``.

    Raises
    ------
    InputError
        If the file is missing or broken.
    """
    path = schedules_path(out)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return {key: Candidate.from_json(each) for key, each in document["schedules"].items()}
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, AttributeError) as error:
        raise InputError(f"{path} does not hold schedules: {error}") from None


def parse_size(text: str) -> Size:
    """Return a size written as ``1536x1024``.

    Raises
    ------
    InputError
        If it is not written so, or not positive.

    Examples
    --------
    >>> parse_size("1536x1024")
    (1536, 1024)
    """
    width, cross, height = text.partition("x")
    if not (cross and width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise InputError(f"a size must be WIDTHxHEIGHT, such as 1536x1024, but got '{text}'")
    return int(width), int(height)


class _Part:
    """The entries of a journal that have some key."""

    def __init__(self, journal: Journal, key: str) -> None:
        self._journal, self._key = journal, key

    def append(self, entry: Mapping[str, Any]) -> None:
        self._journal.append(entry)

    def entries(self) -> Iterator[dict[str, Any]]:
        return (entry for entry in self._journal.entries() if self._key in entry)


def _identity(order: Order, hardware: str, algorithm: str) -> dict[str, Any]:
    return {
        "pipeline": order.source.name,
        "algorithm": algorithm,
        "sizes": [size_text(size) for size in order.sizes],
        "hardware": hardware,
        "count": order.count,
        "seed": order.seed,
        "sources": list(order.sources),
        "halide": require_halide(),
    }


def _candidates(
    order: Order, task: Task, workshop: Workshop, journal: Journal
) -> tuple[list[Candidate], list[str]]:
    """Return the candidates of a campaign: those in its journal, or new ones, which are put there."""
    recorded = [entry for entry in journal.entries() if "candidates" in entry]
    if recorded:
        return [Candidate.from_json(each) for each in recorded[0]["candidates"]], list(recorded[0]["notes"])
    machine = Target.of_isa(order.isa, order.threads)
    graph = task.described[order.sizes[0]].graph
    place = (order.source, order.sizes[0], graph, task.target, machine, task.folder)
    found: list[Candidate] = []
    notes: list[str] = []
    if order.sources:
        rng = np.random.default_rng(order.seed)
        found, notes = gather(Request(*place), workshop, order.count - len(order.given), order.sources, rng)
    chosen = distinct([*order.given, *found])
    journal.append({"candidates": [each.to_json() for each in chosen], "notes": notes})
    return chosen, notes


@dataclass(frozen=True)
class Results:
    """What a campaign found out."""

    task: Task
    target: Target
    candidates: Sequence[Candidate]
    compiled: Mapping[str, Compiled]
    rows: Sequence[tuple[Row, RowRecord]]

    def profile(self, machine: Machine, effort: Effort, about: Mapping[str, Any]) -> Profile:
        """Return the profile: a row a candidate and size.

        Raises
        ------
        MeasurementError
            If there is no row.
        """
        measured = self._measured()
        table = [
            {
                "kernel": self.task.source.name,
                "variant": each.source,
                "hardware": self.task.hardware.id,
                "width": size[0],
                "height": size[1],
                "schedule": each.id,
                **self._features(each, size),
                **measured[each.id, size],
            }
            for each in self.candidates
            for size in self.task.described
            if (each.id, size) in measured
        ]
        if not table:
            raise MeasurementError("nothing was measured: no row was timed before the campaign ended")
        frame = pd.DataFrame(table)
        unknown = frame[list(FEATURES)].isna().any(axis=1)
        frame.loc[frame["variant"].isin(frame.loc[unknown, "variant"]), list(FEATURES)] = np.nan
        return Profile(frame, PARAMETERS, self._metadata(machine, effort) | dict(about))

    def _features(self, candidate: Candidate, size: Size) -> dict[str, float]:
        try:
            values = features(candidate, self.task.described[size].graph, self.target)
        except InputError:  # an autoscheduler's run, of which nothing is known but its time
            return dict.fromkeys(FEATURES, math.nan)
        return dict(zip(FEATURES, values.tolist(), strict=True))

    def _measured(self) -> dict[tuple[str, Size], dict[str, Any]]:
        found: dict[tuple[str, Size], dict[str, Any]] = {}
        for each in self.candidates:
            outcome = self.compiled[each.id]
            if outcome.status != "ok":
                found.update({(each.id, size): _failed(outcome.status) for size in self.task.described})
        timed = [(row, record) for row, record in self.rows if record.times_s and not record.failed]
        steady = without_drift([record.times_s for _, record in timed], [record.order for _, record in timed])
        for (row, _), times_s in zip(timed, steady, strict=True):
            found[_key(row)] = _estimated(times_s)
        found.update({_key(row): _failed(record.status) for row, record in self.rows if record.failed})
        return found

    def _metadata(self, machine: Machine, effort: Effort) -> dict[str, Any]:
        first = next(iter(self.task.described.values())).graph
        hardware = self.task.hardware
        failures: list[dict[str, Any]] = [
            {"schedule": key, "status": each.status, "message": each.message}
            for key, each in self.compiled.items()
            if each.status != "ok"
        ]
        failures += [
            {"schedule": row.subject, **row.sizes, "status": record.status, "message": record.message}
            for row, record in self.rows
            if record.failed
        ]
        return {
            "kernel": self.task.source.name,
            "algorithm": first.algorithm,
            "units": {"time_s": "s", "noise": "fraction", "rounds": "timings"},
            "work": {
                size_text(size): {"operations": each.graph.operations, "bytes": each.graph.bytes}
                for size, each in self.task.described.items()
            },
            "hardware": {
                hardware.id: {"cpu": hardware.cpu, "isa": hardware.isa, "threads": hardware.threads}
            },
            "target": self.task.target,
            "machine": machine.describe(),
            "software": {"halide": require_halide(), "python": platform.python_version()},
            "timing": {
                "estimate": "mean of the fastest third of the rounds, interleaved and shuffled over all rows",
                "min_rounds": effort.min_rounds,
                "max_rounds": effort.max_rounds,
                "target_noise": effort.target_noise,
            },
            "same_code": {key: each.twin_of for key, each in self.compiled.items() if each.twin_of},
            "failures": failures,
        }


def _key(row: Row) -> tuple[str, Size]:
    return str(row.subject), (row.sizes["width"], row.sizes["height"])


def _estimated(times_s: Sequence[float]) -> dict[str, Any]:
    found = estimate(times_s)
    return {"time_s": found.time_s, "noise": found.noise, "rounds": float(found.rounds), "status": "ok"}


def _failed(status: str) -> dict[str, Any]:
    return {"time_s": math.nan, "noise": math.nan, "rounds": math.nan, "status": status}


def _remove(folder: Path) -> None:
    import shutil

    shutil.rmtree(folder, ignore_errors=True)


def _stem(path: Path) -> str:
    return path.name.removesuffix(".gz").removesuffix(".csv")
