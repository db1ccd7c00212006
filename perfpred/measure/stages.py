"""A campaign that grows: stages, each timed in interleaved rounds, linked by sizes that all of them time.

A stage is settled only when the stages before it have been timed, so its rows cannot be interleaved with
theirs, and the machine may be slower by then. A few sizes of the first stage, the anchors, are timed again
with every later one: by how much they have changed, the whole stage has.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from perfpred.documents.journal import Journal
from perfpred.errors import PerfpredWarning
from perfpred.measure.campaign import Asker, Effort, Row, RowRecord, run_campaign
from perfpred.measure.process import Subject
from perfpred.measure.timing import Clock, estimate
from perfpred.progress import Progress
from perfpred.search.anchored import log_slowness, spread_anchors

ANCHORS = 6
"""Sizes of the first stage that every later one times again."""
ANCHORS_UP_TO = 0.75
"""Anchors are taken from this share of the sizes, the faster ones: time is for new sizes."""
SEED_STEP = 1_000_003
"""Stages of one campaign shuffle differently."""


@dataclass(frozen=True)
class Stage:
    """What one stage times.

    Parameters
    ----------
    new : tuple of int
        Numbers of the sizes timed for the first time, in a list that all stages share.
    anchors : tuple of int
        Numbers of sizes of the first stage, timed again.
    """

    new: tuple[int, ...]
    anchors: tuple[int, ...] = ()

    @property
    def sizes(self) -> tuple[int, ...]:
        """All that is timed, anchors first."""
        return self.anchors + self.new


class StageJournal:
    """The journal of a staged campaign: lines that open a stage, timings, and what was learned of a stage.

    What belongs to a stage counts only after the line that opens it: where that line was lost, nobody knows
    what the rows are, and the stage is opened and timed again.

    Parameters
    ----------
    journal : Journal
    n_candidates : int, optional
        How many sizes there are to choose from; a stage with others is as good as lost.

    Attributes
    ----------
    stages : list of Stage
    findings : dict of int to dict
        What was learned of a stage, by its number.
    """

    def __init__(self, journal: Journal, n_candidates: int | None = None) -> None:
        self._journal, self._n_candidates = journal, n_candidates
        self.stages: list[Stage] = []
        self.findings: dict[int, dict[str, Any]] = {}
        lost = sum(not self._taken_in(entry) for entry in journal.entries())
        if lost:
            warnings.warn(
                f"{journal.path}: {lost} lines are of stages whose first line is lost, and measured again",
                PerfpredWarning,
                stacklevel=2,
            )

    def open(self, stage: Stage) -> None:
        """Record what the next stage will time, before it is timed."""
        self._journal.append({"stage": len(self.stages), "new": stage.new, "anchors": stage.anchors})
        self.stages.append(stage)

    def conclude(self, finding: Mapping[str, Any]) -> None:
        """Record what was learned of the last stage."""
        stage = len(self.stages) - 1
        self._journal.append({"stage": stage, "finding": dict(finding)})
        self.findings[stage] = dict(finding)

    def log(self, stage: int) -> StageLog:
        """Return the part of the journal that holds the timings of a stage."""
        return StageLog(self, stage)

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add a timing."""
        self._journal.append(entry)

    def timings(self) -> Iterator[dict[str, Any]]:
        """Yield the timings of all stages so far, in order."""
        opened = 0
        for entry in self._journal.entries():
            opened += "new" in entry and opened < len(self.stages) and self._opens(entry, opened)
            if "row" in entry and entry.get("stage", opened) < opened:
                yield entry

    def records(self, n_subjects: int) -> list[list[RowRecord]]:
        """Return a record for each row of each stage; timings are numbered over the whole campaign."""
        found = [[RowRecord() for _ in range(n_subjects * len(stage.sizes))] for stage in self.stages]
        for number, entry in enumerate(self.timings(), start=1):
            rows = found[entry["stage"]]
            if entry["row"] < len(rows):
                rows[entry["row"]].add(entry, number)
        return found

    def _taken_in(self, entry: Mapping[str, Any]) -> bool:
        """Take in an entry; returns whether it belongs to a stage that is known."""
        known = len(self.stages)
        if "new" in entry:
            opens = self._opens(entry, known)
            if opens:
                self.stages.append(Stage(tuple(entry["new"]), tuple(entry["anchors"])))
            return opens
        if entry.get("stage", known) >= known:
            return False
        if "finding" in entry:
            self.findings[entry["stage"]] = entry["finding"]
        return True

    def _opens(self, entry: Mapping[str, Any], number: int) -> bool:
        """Say whether an entry can open the stage of a number, after those that are known."""
        new, anchors = entry["new"], entry["anchors"]
        before = {size for stage in self.stages[:number] for size in stage.new}
        n_sizes = math.inf if self._n_candidates is None else self._n_candidates
        return (
            entry["stage"] == number
            and bool(new)
            and all(size < n_sizes for size in new)
            and len({*new, *before}) == len(new) + len(before)
            and len({*anchors}) == len(anchors)
            and {*anchors} <= set(self.stages[0].new if number else ())
        )


@dataclass(frozen=True)
class StageLog:
    """The timings of one stage in a journal, as `run_campaign` reads and writes them."""

    journal: StageJournal
    stage: int

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one timing."""
        self.journal.append({"stage": self.stage, **entry})

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the timings of the stage so far, in order."""
        return (entry for entry in self.journal.timings() if entry["stage"] == self.stage)


@dataclass(frozen=True)
class StagedCampaign:
    """What all stages share.

    Parameters
    ----------
    subjects : tuple of Subject
    candidates : sequence of mapping
        The sizes that stages choose from, by number.
    seed : int
    """

    subjects: tuple[Subject, ...]
    candidates: Sequence[Mapping[str, int]]
    seed: int

    def rows(self, numbers: Sequence[int]) -> list[Row]:
        """Return every subject at these sizes, subject by subject."""
        return [Row(subject, self.candidates[number]) for subject in self.subjects for number in numbers]

    def time_stage(
        self,
        index: int,
        journal: StageJournal,
        askers: Mapping[Subject, Asker],
        effort: Effort,
        clock: Clock,
        progress: Progress,
    ) -> None:
        """Time what is still missing of an opened stage, appending to the journal.

        Parameters
        ----------
        index : int
            Of the stage.
        journal : StageJournal
            Where every timing is written at once.
        askers : mapping of Subject to Asker
            The processes that time, by subject.
        effort : Effort
            How long and how often is timed.
        clock : Clock
            Tells the time in seconds.
        progress : Progress
            Told how far it is.
        """
        rows = self.rows(journal.stages[index].sizes)
        run_campaign(rows, askers, journal.log(index), effort, self.seed + SEED_STEP * index, clock, progress)

    def linked(self, journal: StageJournal) -> tuple[list[int], list[RowRecord], list[float]]:
        """Return the sizes timed so far as one campaign, at one speed of the machine.

        Returns
        -------
        numbers : list of int
            Each size once, in order of choice.
        records : list of RowRecord
            One per row of ``rows(numbers)``; an anchor has the timings of all stages.
        slowness : list of float
            How much slower than in the faster stages the machine was in each, mean over subjects.
        """
        numbers = [number for stage in journal.stages for number in stage.new]
        position = {number: index for index, number in enumerate(numbers)}
        stages = journal.records(len(self.subjects))
        merged = [RowRecord() for _ in range(len(self.subjects) * len(numbers))]
        slowness = []
        for subject in range(len(self.subjects)):
            parts = [
                dict(zip(stage.sizes, _share(found, subject, len(stage.sizes)), strict=True))
                for stage, found in zip(journal.stages, stages, strict=True)
            ]
            shifts = _shifts(parts, journal.stages)
            slowness.append(np.expm1(shifts))
            for part, shift in zip(parts, shifts, strict=True):
                for number, record in part.items():
                    row = subject * len(numbers) + position[number]
                    merged[row] = _joined(merged[row], record, float(np.exp(-shift)))
        return numbers, merged, np.mean(slowness, axis=0).tolist()


def choose_anchors(numbers: Sequence[int], records: Sequence[RowRecord], count: int = ANCHORS) -> list[int]:
    """Return sizes of the first stage for every later one to time again.

    They are spread over the faster sizes that failed for no subject; fewer if there are not as many.

    Parameters
    ----------
    numbers : sequence of int
        The sizes of the first stage.
    records : sequence of RowRecord
        One per row, subject by subject.
    count : int
        How many.
    """
    table = np.array([_seconds(record) for record in records]).reshape(-1, len(numbers))
    return [numbers[index] for index in spread_anchors(table.sum(axis=0), count, ANCHORS_UP_TO)]


def _seconds(record: RowRecord) -> float:
    if record.failed or not record.times_s:
        return float("nan")
    return estimate(record.times_s).time_s


def _share(records: Sequence[RowRecord], subject: int, n_sizes: int) -> Sequence[RowRecord]:
    return records[subject * n_sizes : (subject + 1) * n_sizes]


def _shifts(parts: Sequence[Mapping[int, RowRecord]], stages: Sequence[Stage]) -> np.ndarray:
    """Return the log slowness of each stage for one subject, 0 at the mean of the fastest third."""
    shifts = np.array(
        [
            log_slowness(_values(part, stage.anchors), _values(parts[0], stage.anchors))
            for part, stage in zip(parts, stages, strict=True)
        ]
    )
    return np.asarray(shifts - np.sort(shifts)[: max(1, len(shifts) // 3)].mean())


def _values(part: Mapping[int, RowRecord], sizes: Sequence[int]) -> np.ndarray:
    return np.array([_seconds(part[size]) for size in sizes])


def _joined(before: RowRecord, record: RowRecord, scale: float) -> RowRecord:
    """Return two records of one row as one, the times of the second multiplied by `scale`."""
    failed = record if record.failed else before
    return replace(
        failed,
        times_s=before.times_s + [scale * time_s for time_s in record.times_s],
        order=before.order + record.order,
        monitors_s=before.monitors_s + record.monitors_s,
    )
