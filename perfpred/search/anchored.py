"""Values of later rounds made comparable with those of the first, by anchors that every round measures again.

What a round measures is settled only when the rounds before it are done, so that they cannot be interleaved,
and the machine may be slower by then. By how much the anchors have changed, the whole round has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Generic

import numpy as np

from perfpred.search.candidates import C, Floats
from perfpred.search.objective import Objective
from perfpred.search.outcome import Outcome

ANCHORS, ANCHORS_UP_TO = 4, 1 / 3
"""How many anchors are chosen where none are given, and from which share of the first round."""


def log_slowness(now: Floats, reference: Floats) -> float:
    """Return the logarithm of how many times slower a round is than the one of reference.

    It is the median over anchors, so that one disturbed anchor does not matter.

    Parameters
    ----------
    now, reference : ndarray of shape (a,)
        Values of the anchors in either round, > 0; NaN where there is none.

    Returns
    -------
    float
        0 if no anchor has a value in both rounds.

    Examples
    --------
    >>> round(float(np.exp(log_slowness(np.array([2.2, 4.4, 9.0]), np.array([2.0, 4.0, 1.0])))), 6)
    1.1
    """
    ratios = np.asarray(now) / np.asarray(reference)
    ratios = ratios[np.isfinite(ratios)]
    return float(np.median(np.log(ratios))) if len(ratios) else 0.0


def spread_anchors(values: Floats, count: int, share: float) -> list[int]:
    """Return the indices of anchors, spread over the better ones: time is for what is new.

    Parameters
    ----------
    values : ndarray of shape (n,)
        NaN for what cannot be an anchor.
    count : int
        Maximum number of anchors.
    share : float
        The share of the values, the smaller ones, that anchors are taken from, in (0, 1].

    Examples
    --------
    >>> spread_anchors(np.array([5.0, 1.0, np.nan, 2.0, 3.0, 9.0]), 2, 0.8)
    [1, 0]
    """
    order = [int(index) for index in np.argsort(values, kind="stable") if np.isfinite(values[index])]
    better = order[: max(1, round(share * len(order)))]
    picked = np.linspace(0, len(better) - 1, min(count, len(better))).round().astype(int)
    return [better[index] for index in dict.fromkeys(picked.tolist())]


@dataclass
class AnchoredObjective(Generic[C]):
    """Measures anchors beside the candidates of each round; values are as at the speed of the first round.

    Parameters
    ----------
    objective : Objective
        Measures a batch in interleaved rounds, so that what slows some of it slows all of it. Values must be
        > 0.
    anchors : sequence of candidates
        Measured in every round, but for those that fail in the first. Where none are left, some of the better
        candidates of the first round that has any take their place.
    with_best : bool
        Whether each round measures the best so far, too. Its value is no reference, because what is the best
        of many was partly lucky; an objective may measure less of what is far behind it.
    """

    objective: Objective[C]
    anchors: Sequence[C] = ()
    with_best: bool = False
    _reference: dict[C, float] = field(default_factory=dict, init=False, repr=False)
    _best: tuple[float, C] | None = field(default=None, init=False, repr=False)

    @property
    def unit(self) -> str:
        """The unit of the values."""
        return self.objective.unit

    def evaluate(self, candidates: Sequence[C]) -> list[Outcome]:
        """Return the outcome of each candidate, in order."""
        best = [self._best[1]] if self.with_best and self._best is not None else []
        together = list(dict.fromkeys([*self.anchors, *best, *candidates]))
        found = dict(zip(together, self.objective.evaluate(together), strict=True))
        if not self._reference:
            self._settle(candidates, found)
        factor = float(np.exp(-self._log_slowness(found)))
        outcomes = [_scaled(found[each], factor) for each in candidates]
        for candidate, outcome in zip(candidates, outcomes, strict=True):
            if outcome.is_feasible and (self._best is None or outcome.value < self._best[0]):
                self._best = outcome.value, candidate
        return outcomes

    def _settle(self, candidates: Sequence[C], found: Mapping[C, Outcome]) -> None:
        """Take the anchors' values in this round for the reference of all later ones."""
        anchors = [each for each in self.anchors if found[each].ok]
        if not anchors:
            # candidates of equal value are the same code: one of them is enough
            by_value = {found[each].value: each for each in reversed(candidates) if found[each].ok}
            values = np.array(list(by_value))
            anchors = [by_value[values[index]] for index in spread_anchors(values, ANCHORS, ANCHORS_UP_TO)]
        if anchors:
            self.anchors = anchors
            self._reference = {each: found[each].value for each in anchors}

    def _log_slowness(self, found: Mapping[C, Outcome]) -> float:
        now = np.array([found[each].value for each in self._reference])
        return log_slowness(now, np.array(list(self._reference.values())))


def _scaled(outcome: Outcome, factor: float) -> Outcome:
    return replace(outcome, value=outcome.value * factor) if outcome.ok else outcome
