"""Ranking schedules at a size without running any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfpred.errors import InputError
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.database_file import MAX_LOG_TIME
from perfpred.halide.choose.paired import SAME, UNKNOWN, Speedup
from perfpred.halide.cost.features import encode
from perfpred.halide.cost.machine import Target
from perfpred.halide.graph.model import Graph
from perfpred.halide.measure.generate import BASELINES
from perfpred.halide.pipeline.sizes import Size, size_text
from perfpred.halide.schedule.applicable import is_applicable
from perfpred.halide.schedule.candidate import Candidate
from perfpred.predict.checks import Floats

NEAR = 0.05
"""Sizes whose areas differ by less than a factor e**NEAR tell almost as much as the size itself."""
ANOTHER_SIZE = 0.03
"""Deviation of a log time relative to those of other schedules, from one size to another, at the least."""
SURE = 1.0
"""Deviations by which a schedule must be ahead of an autoscheduler's to be taken unrun."""
MIN_S = 5e-7
"""What any call of a compiled pipeline takes, however small the image; more where threads are awakened."""
FAR = 0.1
"""Deviation of a log time for each factor e that a size is outside of those measured."""
NOT_FAR = 2.0
"""A width, height or area within such a factor of those measured is not outside of them."""
NINETY = 1.645
"""Deviations on either side of what is expected that hold 90%."""
MAX_SPREAD = 1e6
"""The largest deviation of a log time that is not taken for a damaged measurement."""


@dataclass(frozen=True)
class Ranked:
    """A schedule and what it should take.

    Attributes
    ----------
    candidate : Candidate
        The schedule.
    expected_s : float
        Seconds.
    deviation : float
        Standard deviation of the logarithm of the true time.
    measured : bool
        Whether it was measured, at this or another size.
    """

    candidate: Candidate
    expected_s: float
    deviation: float
    measured: bool

    @property
    def is_baseline(self) -> bool:
        """Whether one of Halide's autoschedulers chose it."""
        return self.candidate.source in BASELINES


@dataclass(frozen=True)
class Choice:
    """A schedule to take, the best baseline beside it, and why.

    Attributes
    ----------
    best : Ranked
        What to take.
    baseline : Ranked, optional
        The best autoscheduler's, None if none is known.
    reason : str
        Why, in a sentence.
    ranking : tuple of Ranked
        The best first.
    speedup : Speedup
        Of `best` over the fastest autoscheduler's, measured or, unrun, expected.
    decided : bool
        Whether the interval of the fastest schedule's speedup excludes 1. If not, what was measured leaves
        the choice with the autoscheduler; a choice without a run may go by less.
    nearest : Speedup
        Of the fastest schedule that is no autoscheduler's, whether it is taken or not.
    """

    best: Ranked
    baseline: Ranked | None
    reason: str
    ranking: tuple[Ranked, ...]
    speedup: Speedup = UNKNOWN
    decided: bool = False
    nearest: Speedup = UNKNOWN

    @property
    def is_left(self) -> bool:
        """Whether it is left to the autoscheduler, which makes a schedule for each size."""
        return self.best is self.baseline


def rank(
    database: ScheduleDatabase,
    size: Size,
    graph: Graph | None,
    target: Target,
    others: Sequence[Candidate] = (),
) -> list[Ranked]:
    """Return schedules, the fastest expected first.

    A schedule measured at other sizes keeps its place relative to those measured with it there, the nearer
    a size the more it counts; `others` are predicted from their features. What failed at any size is out.

    Parameters
    ----------
    database : ScheduleDatabase
        What was measured before.
    size : (int, int)
        Width and height.
    graph : Graph, optional
        The pipeline at that size; schedules that cannot run there, or that Halide is known to compile
        wrongly, are left out.
    target : Target
        The machine as schedules see it.
    others : sequence of Candidate
        Schedules that were not measured.

    Raises
    ------
    InputError
        If a schedule does not fit the pipeline, or what was measured gives it no time > 0 there.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of either is refused below
        log_time, deviation = known(database, size)
        log_time = np.maximum(log_time, np.log(MIN_S))
    for index, each in enumerate(database.candidates):
        _require_usable(database, size, each, log_time[index], deviation[index])
    ranked = [
        Ranked(each, float(np.exp(log_time[place])), float(deviation[place]), True)
        for place, each in enumerate(database.candidates)
        if graph is None or is_applicable(each, graph)
    ]
    measured = set(database.candidates)
    new = [each for each in others if each not in measured and each.id not in database.failed]
    new = [each for each in new if graph is None or is_applicable(each, graph)]
    if new and graph is not None:
        with np.errstate(all="ignore"):
            predicted = np.maximum(database.of_unseen(encode(new, graph, target)), np.log(MIN_S))
        spread = float(np.hypot(database.model_deviation, FAR * outside(database, size)))
        for each, value in zip(new, predicted, strict=True):
            _require_usable(database, size, each, float(value), spread)
        ranked += [
            Ranked(each, float(np.exp(value)), spread, False)
            for each, value in zip(new, predicted, strict=True)
        ]
    return sorted(ranked, key=lambda each: each.expected_s)


def choose_at(database: ScheduleDatabase, size: Size, ranking: Sequence[Ranked]) -> Choice:
    """Return the choice of a ranking at a size, which says so if that is far from what was measured."""
    choice, far = choose(ranking), out_of_range(database, size)
    return choice if far is None else replace(choice, reason=f"{choice.reason}; {far}")


def too_small_for_all(database: ScheduleDatabase, size: Size) -> str:
    """Return why nothing that was measured can be taken at a size."""
    count, far = len(database.candidates), out_of_range(database, size)
    reason = f"none of the {count} schedules measured of it fits into {size_text(size)}"
    return reason if far is None else f"{reason}; {far}"


def _require_usable(
    database: ScheduleDatabase, size: Size, candidate: Candidate, log_time: float, deviation: float
) -> None:
    """Raise `InputError` unless an expected log time and its deviation are those of something that ends."""
    if abs(log_time) <= MAX_LOG_TIME and 0 <= deviation <= MAX_SPREAD:
        return
    raise InputError(
        f"schedule {candidate.id} of {database.pipeline} would take e**{log_time:.3g} s at "
        f"{size_text(size)}, give or take a factor e**{deviation:.3g}: what was measured is too far from "
        "that size, or was damaged; profile it again"
    )


def choose(ranking: Sequence[Ranked]) -> Choice:
    """Return the best of a ranking, or leave it to the best autoscheduler unless the best is surely faster.

    Raises
    ------
    InputError
        If there is nothing to choose from.
    """
    if not ranking:
        raise InputError("there is no schedule to choose from")
    best = min(ranking, key=_cautious)
    baseline = min(_autoschedulers(ranking), key=lambda each: each.expected_s, default=None)
    if baseline is None:
        return Choice(best, None, f"the fastest expected, by {best.candidate.source}", tuple(ranking))
    gain = float(np.log(baseline.expected_s / best.expected_s))
    deviation = float(np.hypot(best.deviation, baseline.deviation))
    expected = _expected(gain, deviation)
    ratio = f"{expected} as fast as what {baseline.candidate.source} makes for a size"
    if gain > SURE * deviation:
        reason = f"expected to be {ratio}, in 90% of cases"
        return Choice(best, baseline, reason, tuple(ranking), expected, expected.decided, expected)
    reason = (
        f"the fastest expected would be {ratio}: not sure enough to leave the autoscheduler's without a run"
    )
    decided = best.is_baseline or expected.decided
    return Choice(baseline, baseline, reason, tuple(ranking), SAME, decided, expected)


def _expected(gain: float, deviation: float) -> Speedup:
    half = NINETY * deviation
    ratio, low, high = np.exp(np.clip([gain, gain - half, gain + half], -700.0, 700.0)).tolist()
    return Speedup(ratio, low, high)


def _autoschedulers(ranking: Sequence[Ranked]) -> list[Ranked]:
    """Return what to expect of each autoscheduler at the size of a ranking.

    It makes a schedule of its own for each size. Those that it made for other sizes are not what it would
    make here, but how fast they are here, and how they differ, tell how fast that one should be.
    """
    made: dict[str, list[Ranked]] = {}
    for each in ranking:
        if each.is_baseline:
            made.setdefault(each.candidate.source, []).append(each)
    expected = []
    for several in made.values():
        log_time = np.log([each.expected_s for each in several])
        variance = np.mean([each.deviation**2 for each in several]) + log_time.var()
        time_s, deviation = float(np.exp(log_time.mean())), float(np.sqrt(variance))
        expected.append(replace(several[0], expected_s=time_s, deviation=deviation))
    return expected


def known(database: ScheduleDatabase, size: Size) -> tuple[Floats, Floats]:
    """Return the expected log time and its deviation of each measured schedule at a size, both shape (C,)."""
    areas = np.log([width * height for width, height in database.sizes])
    away = np.abs(areas - np.log(size[0] * size[1]))
    exact = np.array([each == size for each in database.sizes])
    away[exact] = 0.0
    weights = 1 / (NEAR + away) ** 2
    weights[exact] *= 1e6
    levels = database.levels
    relative = database.log_time - levels
    there = np.where(np.isfinite(relative), weights, 0.0)
    total = there.sum(axis=1)
    mean = np.nansum(there * np.nan_to_num(relative), axis=1) / total
    off = np.nan_to_num(relative) - mean[:, None]
    spread = np.sqrt((there * off**2).sum(axis=1) / total)
    noise = np.sqrt((there * np.nan_to_num(database.noise) ** 2).sum(axis=1) / total)
    elsewhere = 0.0 if exact.any() else ANOTHER_SIZE
    far = FAR * outside(database, size)
    return mean + _level_at(areas, levels, float(np.log(size[0] * size[1])), weights), np.sqrt(
        spread**2 + noise**2 + elsewhere**2 + far**2
    )


def outside(database: ScheduleDatabase, size: Size) -> float:
    """Return the logarithm of the factor by which a size is outside of those measured, 0 if it is within.

    That is the largest of those of its width, its height and its area.
    """
    measured = np.log([[width, height, width * height] for width, height in database.sizes])
    asked = np.log([size[0], size[1], size[0] * size[1]])
    beyond = np.maximum(asked - measured.max(axis=0), measured.min(axis=0) - asked).max()
    return float(beyond) if beyond > np.log(NOT_FAR) else 0.0


def out_of_range(database: ScheduleDatabase, size: Size) -> str | None:
    """Return a sentence if a size is far outside of those measured, else None."""
    if not outside(database, size):
        return None
    by_area = sorted(database.sizes, key=lambda each: each[0] * each[1])
    least, most = map(size_text, (by_area[0], by_area[-1]))
    between = f"at {least}" if least == most else f"from {least} to {most}"
    return f"{size_text(size)} is out of range of what was measured, {between}: a guess"


def _level_at(areas: Floats, levels: Floats, area: float, weights: Floats) -> float:
    """Return the level at another size: a line in log area through the levels, slope 1 through one."""
    middle = float(np.average(areas, weights=weights))
    level = float(np.average(levels, weights=weights))
    spread = float(np.average((areas - middle) ** 2, weights=weights))
    slope = 1.0
    if spread > 1e-9:
        slope = float(np.average((areas - middle) * (levels - level), weights=weights)) / spread
    return level + slope * (area - middle)


def _cautious(ranked: Ranked) -> float:
    """Return log seconds with something added for what is unsure: the best of many is often lucky."""
    return float(np.log(ranked.expected_s)) + 0.5 * ranked.deviation
