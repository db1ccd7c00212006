"""Ranking schedules at a size without running any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from perfpred.errors import InputError
from perfpred.halide.candidate import Candidate
from perfpred.halide.choosing.experience import Experience
from perfpred.halide.choosing.experience_file import MAX_LOG_TIME
from perfpred.halide.features.compute import encode
from perfpred.halide.features.fits import too_small
from perfpred.halide.features.machine import Target
from perfpred.halide.gather import BASELINES
from perfpred.halide.graph.model import Graph
from perfpred.halide.sandbox.workshop import Size
from perfpred.predict.checks import Floats

NEAR = 0.05
"""Sizes whose areas differ by less than a factor e**NEAR tell almost as much as the size itself."""
ANOTHER_SIZE = 0.03
"""Deviation of a log time relative to those of other schedules, from one size to another, at the least."""
SURE = 1.0
"""Deviations by which a schedule must be ahead of an autoscheduler's to be taken unrun."""
MAX_SPREAD = 1e6
"""The largest deviation of a log time that is not taken for a damaged measurement."""


@dataclass(frozen=True)
class Ranked:
    """A schedule and what it should take.

    Attributes
    ----------
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

    `ranking` has the best first.
    """

    best: Ranked
    baseline: Ranked | None
    reason: str
    ranking: tuple[Ranked, ...]

    @property
    def is_left(self) -> bool:
        """Whether it is left to the autoscheduler, which makes a schedule for each size."""
        return self.best is self.baseline


def rank(
    experience: Experience, size: Size, graph: Graph | None, target: Target, others: Sequence[Candidate] = ()
) -> list[Ranked]:
    """Return schedules, the fastest expected first.

    A schedule measured at other sizes keeps its place relative to those measured with it there, the nearer
    a size the more it counts; `others` are predicted from their features. What failed at any size is out.

    Parameters
    ----------
    size : (int, int)
        Width and height.
    graph : Graph, optional
        The pipeline at that size; schedules whose tiles do not fit into it are left out.

    Raises
    ------
    InputError
        If a schedule does not fit the pipeline, or what was measured gives it no time > 0 there.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what comes of either is refused below
        log_time, deviation = known(experience, size)
    for index, each in enumerate(experience.candidates):
        _require_usable(experience, size, each, log_time[index], deviation[index])
    ranked = [
        Ranked(each, float(np.exp(log_time[place])), float(deviation[place]), True)
        for place, each in enumerate(experience.candidates)
        if graph is None or too_small(each, graph) is None
    ]
    measured = set(experience.candidates)
    new = [each for each in others if each not in measured and each.id not in experience.failed]
    if new and graph is not None:
        with np.errstate(all="ignore"):
            predicted = experience.of_unseen(encode(new, graph, target))
        spread = experience.model_deviation
        for each, value in zip(new, predicted, strict=True):
            _require_usable(experience, size, each, float(value), spread)
        ranked += [
            Ranked(each, float(np.exp(value)), spread, False)
            for each, value in zip(new, predicted, strict=True)
        ]
    return sorted(ranked, key=lambda each: each.expected_s)


def _require_usable(
    experience: Experience, size: Size, candidate: Candidate, log_time: float, deviation: float
) -> None:
    """Raise `InputError` unless an expected log time and its deviation are those of something that ends."""
    if abs(log_time) <= MAX_LOG_TIME and 0 <= deviation <= MAX_SPREAD:
        return
    raise InputError(
        f"schedule {candidate.id} of {experience.pipeline} would take e**{log_time:.3g} s at "
        f"{size[0]}x{size[1]}, give or take a factor e**{deviation:.3g}: what was measured is too far from "
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
    sure = SURE * float(np.hypot(best.deviation, baseline.deviation))
    ratio = (
        f"{np.exp(gain):.2f}x (at least {np.exp(gain - sure):.2f}x) as fast as what "
        f"{baseline.candidate.source} makes for a size"
    )
    if gain - sure > 0:
        return Choice(best, baseline, f"expected to be {ratio}", tuple(ranking))
    reason = (
        f"the fastest expected would be {ratio}: not sure enough to leave the autoscheduler's without a run"
    )
    return Choice(baseline, baseline, reason, tuple(ranking))


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


def known(experience: Experience, size: Size) -> tuple[Floats, Floats]:
    """Return the expected log time and its deviation of each measured schedule at a size, both shape (C,)."""
    areas = np.log([width * height for width, height in experience.sizes])
    away = np.abs(areas - np.log(size[0] * size[1]))
    exact = np.array([each == size for each in experience.sizes])
    away[exact] = 0.0
    weights = 1 / (NEAR + away) ** 2
    weights[exact] *= 1e6
    levels = experience.levels
    relative = experience.log_time - levels
    there = np.where(np.isfinite(relative), weights, 0.0)
    total = there.sum(axis=1)
    mean = np.nansum(there * np.nan_to_num(relative), axis=1) / total
    off = np.nan_to_num(relative) - mean[:, None]
    spread = np.sqrt((there * off**2).sum(axis=1) / total)
    noise = np.sqrt((there * np.nan_to_num(experience.noise) ** 2).sum(axis=1) / total)
    elsewhere = 0.0 if exact.any() else ANOTHER_SIZE
    return mean + _level_at(areas, levels, float(np.log(size[0] * size[1])), weights), np.sqrt(
        spread**2 + noise**2 + elsewhere**2
    )


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
