"""An adaptive campaign: choose sizes, time them, learn, until the rule says to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from perfpred.adaptive.sampler import Sampler
from perfpred.adaptive.stopping import CurvePoint
from perfpred.documents.journal import Journal
from perfpred.measure.campaign import Asker, Effort, RowRecord
from perfpred.measure.process import Subject
from perfpred.measure.results import Outcome, outcomes_of
from perfpred.measure.stages import Stage, StagedCampaign, StageJournal, choose_anchors
from perfpred.measure.timing import Clock
from perfpred.progress import Progress

OUT_OF_TIME = "the time limit is reached"


@dataclass(frozen=True)
class Sampled:
    """What an adaptive campaign measured.

    Parameters
    ----------
    numbers : list of int
        The candidates timed, in order of choice.
    records : list of RowRecord
        One a subject and candidate, subject by subject, at one speed of the machine.
    curve : list of CurvePoint
        The learning curve, one point per stage.
    slowness : list of float
        How much slower each stage was, which `records` no longer show.
    reason : str
        Why it ended.
    """

    numbers: list[int]
    records: list[RowRecord]
    curve: list[CurvePoint]
    slowness: list[float]
    reason: str


def run_adaptive(
    sampler: Sampler,
    askers: Mapping[Subject, Asker],
    journal: Journal,
    effort: Effort,
    clock: Clock,
    progress: Progress,
) -> Sampled:
    """Time the sizes that a sampler chooses, stage by stage.

    A journal with stages is continued: what was decided stays decided, and only what is missing is timed.

    Parameters
    ----------
    sampler : Sampler
        Chooses the sizes of each stage.
    askers, journal, effort, clock, progress
        As for `run_campaign`.

    Raises
    ------
    MeasurementError
        If hardly any size can be timed.
    """
    [part] = sampler.plan.parts
    staged = StagedCampaign(part.subjects, part.sizes, sampler.plan.seed)
    stages = StageJournal(journal, len(part.sizes))
    deadline = clock() + effort.time_limit_s
    if not stages.stages:
        stages.open(Stage(sampler.first()))
    index = 0
    while True:
        left = replace(effort, time_limit_s=deadline - clock())
        staged.time_stage(index, stages, askers, left, clock, _StageProgress(progress, stages, index))
        if clock() >= deadline:
            return _sampled(staged, stages, OUT_OF_TIME)
        if index + 1 == len(stages.stages):
            reason = _decide(staged, stages, sampler)
            if reason is not None:
                return _sampled(staged, stages, reason)
        index += 1


def _decide(staged: StagedCampaign, stages: StageJournal, sampler: Sampler) -> str | None:
    """Record what the last stage has shown; open the next one, or return why there is none."""
    numbers, outcomes = _outcomes(staged, stages)
    committees = sampler.committees(numbers, outcomes)
    if len(stages.stages) - 1 not in stages.findings:
        point = sampler.curve_point(committees, len(numbers), outcomes)
        stages.conclude({"rows": point.rows, "error": point.error, "noise": point.noise})
    reason = sampler.rule.reason(_curve(stages))
    if reason is None:
        stages.open(Stage(sampler.next(committees, numbers), _anchors(staged, stages)))
    return reason


def _anchors(staged: StagedCampaign, stages: StageJournal) -> tuple[int, ...]:
    """Return the anchors of all later stages, settled with the second one."""
    if len(stages.stages) > 1:
        return stages.stages[1].anchors
    first = stages.stages[0].new
    return tuple(choose_anchors(first, stages.records(len(staged.subjects))[0]))


def _outcomes(staged: StagedCampaign, stages: StageJournal) -> tuple[list[int], list[Outcome]]:
    numbers, records, _ = staged.linked(stages)
    return numbers, outcomes_of(staged.rows(numbers), records)


def _curve(stages: StageJournal) -> list[CurvePoint]:
    return [CurvePoint(**finding) for _, finding in sorted(stages.findings.items())]


def _sampled(staged: StagedCampaign, stages: StageJournal, reason: str) -> Sampled:
    numbers, records, slowness = staged.linked(stages)
    return Sampled(numbers, records, _curve(stages), slowness, reason)


class _StageProgress:
    """Says stage, sizes and error so far before what the campaign says of its rounds."""

    def __init__(self, progress: Progress, stages: StageJournal, index: int) -> None:
        self._progress = progress
        sizes = sum(len(stage.new) for stage in stages.stages[: index + 1])
        errors = [stages.findings[stage]["error"] for stage in sorted(stages.findings) if stage < index]
        known = f", expected error {errors[-1]:.1%}" if errors else ""
        self._prefix = f"stage {index + 1}, {sizes} sizes{known}"

    def update(self, done: int, total: int, note: str) -> None:
        """Pass on what the stage says of itself."""
        self._progress.update(done, total, f"{self._prefix}; {note}")
