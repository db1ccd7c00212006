"""`compare`: whether the kernels of a second measurement are slower than those of a first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perfpred.audit.bounds import FALSE_ALARMS, Estimate, difference_of, holm, require_rate
from perfpred.audit.documents import FAILING
from perfpred.audit.runs import PairedRuns, paired_runs
from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.profile.table import Profile

SCATTER = 0.03
"""Assumed standard deviation between single runs: 2.7% was measured on hosted CI runners (CodSpeed, 2025)."""
POWER = 0.95
"""How often the slowdown that a comparison says it can find is found."""


@dataclass(frozen=True)
class Verdict:
    """What a comparison says of one combination.

    Parameters
    ----------
    combination : Combination
    state : str
        ``slower``, ``faster``, ``unchanged`` (a slowdown beyond the limit is ruled out), ``undecided``, or
        ``broken`` (rows fail that ran before).
    ratio, low, high : float
        Time of the second side over the first, and its interval at the comparison's confidence.
    detectable : float
        The slowdown, as a fraction, that runs like these find 95% of the time.
    rows, runs : int, (int, int)
        Settings compared, and runs per side.
    reason : str
        In a sentence.
    """

    combination: Combination
    state: str
    ratio: float
    low: float
    high: float
    detectable: float
    rows: int
    runs: tuple[int, int]
    reason: str


@dataclass(frozen=True)
class Comparison:
    """All verdicts, and how often such a comparison raises a false alarm.

    Attributes
    ----------
    verdicts : tuple of Verdict
        One per row compared.
    limit : float
        A change larger than this is reported.
    false_alarms : float
        The probability that equal runs raise one.
    assumed_scatter : float, optional
        The scatter that was assumed, where it could not be measured.
    """

    verdicts: tuple[Verdict, ...]
    limit: float
    false_alarms: float
    assumed_scatter: float | None

    @property
    def failed(self) -> bool:
        """Whether any combination is slower or broken."""
        return any(verdict.state in FAILING for verdict in self.verdicts)


def compare(
    first: Sequence[Profile],
    second: Sequence[Profile],
    limit: float = 0.02,
    *,
    false_alarms: float = FALSE_ALARMS,
    scatter: float = SCATTER,
) -> Comparison:
    """Say for each combination whether it got slower.

    The unit is a run, not a row: what slows a whole run down (a neighbour, the clock, where code landed in
    memory) shifts all its rows together. Slower means: by at least `limit`, and beyond what the scatter
    between runs explains.

    Parameters
    ----------
    first, second : sequence of Profile
        Runs of each side; a file may hold several, as rows of equal parameters.
    limit : float
        The least slowdown that matters, as a fraction.
    false_alarms : float
        How often all verdicts together may hold one "slower" too many.
    scatter : float
        Between single runs; used only where a side has one run.

    Raises
    ------
    InputError
        If a number is out of its range, or the sides have nothing in common.
    """
    _require(limit, false_alarms, scatter)
    pairs = paired_runs(first, second)
    deltas = [_difference(pair, scatter) for pair in pairs]
    significant = holm([delta.p_greater() for delta in deltas], false_alarms)
    share = false_alarms / len(pairs)
    verdicts = tuple(
        _verdict(pair, delta, slower, limit, share)
        for pair, delta, slower in zip(pairs, deltas, significant, strict=True)
    )
    single = any(min(verdict.runs) == 1 for verdict in verdicts)
    return Comparison(verdicts, limit, false_alarms, scatter if single else None)


def _require(limit: float, false_alarms: float, scatter: float) -> None:
    if not 0 <= limit < 10:
        raise InputError(f"the greatest slowdown must be from 0 to 10 (1000%), but got {limit:g}")
    require_rate(false_alarms)
    if not 0 < scatter < 1:
        raise InputError(f"the scatter between runs must be above 0 and below 1, but got {scatter:g}")


def _difference(pair: PairedRuns, scatter: float) -> Estimate:
    if not pair.rows:
        return Estimate(math.nan, math.inf, 1.0)
    return difference_of(pair.first, pair.second, scatter)


def _verdict(pair: PairedRuns, delta: Estimate, significant: bool, limit: float, share: float) -> Verdict:
    low, high = delta.below(share), delta.above(share)
    state = _state(pair, delta, significant, limit, (low, high))
    detectable = max(math.log1p(limit), _reach(delta, share)) if pair.rows else math.inf
    ratio = math.exp(delta.value)
    return Verdict(
        pair.combination,
        state,
        ratio,
        math.exp(low) if math.isfinite(low) else 0.0,
        math.exp(high) if math.isfinite(high) else math.inf,
        math.expm1(detectable) if math.isfinite(detectable) else math.inf,
        pair.rows,
        (len(pair.first), len(pair.second)),
        _reason(pair, state, ratio, limit),
    )


def _reach(delta: Estimate, share: float) -> float:
    """Return the log slowdown that is found with probability `POWER`."""
    return (delta.above(share) - delta.value) + (delta.above(1 - POWER) - delta.value)


def _state(
    pair: PairedRuns, delta: Estimate, significant: bool, limit: float, interval: tuple[float, float]
) -> str:
    edge = math.log1p(limit)
    if pair.broken:
        return "broken"
    if not pair.rows:
        return "undecided"
    if significant and delta.value >= edge:
        return "slower"
    if interval[1] < 0 and delta.value <= -edge:
        return "faster"
    return "unchanged" if interval[1] < edge or (limit == 0 and not significant) else "undecided"


def _reason(pair: PairedRuns, state: str, ratio: float, limit: float) -> str:
    if state == "broken":
        more = f" and {len(pair.broken) - 3} more" if len(pair.broken) > 3 else ""
        return f"fails where it ran before: {'; '.join(pair.broken[:3])}{more}"
    if pair.only_on:
        return f"only the {pair.only_on} side has it"
    if not pair.rows:
        return "no setting of the parameters was measured in every run of both sides"
    if state == "slower":
        return f"takes {ratio - 1:.1%} longer than before, beyond the agreed {limit:.1%}"
    if state == "faster":
        return f"takes {1 - ratio:.1%} less time than before"
    if state == "unchanged":
        return f"a slowdown of {limit:.1%} or more is ruled out"
    return "the runs scatter too much to tell; add runs, alternating between the sides"
