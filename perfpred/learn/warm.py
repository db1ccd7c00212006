"""A model for searching that begins with what was learned elsewhere: on another machine, at another size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from perfpred.learn.surrogate import GaussianPosterior, GaussianSurrogate, Part, Refits, drawn_together
from perfpred.predict.checks import Floats

FIRST_SHARES = (0.0, 0.5, 0.02, 0.8, 0.1)
"""Ranks elsewhere, as shares of all candidates, of the first ones to try here."""
FIRST_TIMES = 4
"""Of which so many must have a time."""
AGREES = 0.5
"""Rank correlation, of their times with those elsewhere, that lets the model choose at once."""
ALIGNMENT_COST = 1.0
"""In log evidence: the factor and the power between here and elsewhere were fitted."""
SLOPE_PRIOR_ROWS, MOST_SLOPE = 2.0, 2.0
"""The power is drawn to 1 as by so many rows."""
MOST_TRUSTED = 0.9
"""Weight of what comes from elsewhere, however well it has done: where it sees no gain, the other may."""
DROPPED = 0.05
"""Below this weight it is not asked."""


@dataclass
class MixedPosterior:
    """Two opinions: one begins with what is known from elsewhere, one starts anew."""

    warm: GaussianPosterior
    cold: GaussianPosterior
    warm_weight: float

    @property
    def parts(self) -> tuple[Part, Part]:
        """Both opinions."""
        (warm,), (cold,) = self.warm.parts, self.cold.parts
        return warm._replace(weight=self.warm_weight), cold._replace(weight=1 - self.warm_weight)

    @property
    def p_ok(self) -> Floats:
        """Probability, shape (N,), that a candidate does not fail."""
        return self.cold.p_ok

    @property
    def best(self) -> float:
        """The least measured log seconds."""
        return self.cold.best

    def told(self, chosen: int) -> None:
        """Take candidate `chosen` as measured."""
        self.warm.told(chosen)
        self.cold.told(chosen)


class WarmSurrogate:
    """Begins with what was learned elsewhere, and drops it as soon as measurements contradict it.

    The last input of a candidate is its log seconds elsewhere, up to a factor and a power; the others are
    those of a `GaussianSurrogate`. Both models are fitted each round, one that corrects what is expected
    from elsewhere and one that starts anew, and the more likely one chooses. If the first few candidates
    contradict what is expected, the search goes on exactly as it would have without.
    """

    def __init__(self) -> None:
        self._cold = GaussianSurrogate()
        self._warm = Refits()
        self.warm_weight = MOST_TRUSTED

    def first(self, candidates: Floats, tried: int) -> int | None:
        """Ask for a few from the fastest to the slowest elsewhere: they show whether it is so here too."""
        if tried >= len(


def _few_agree(elsewhere: Floats, log_time: Floats) -> bool:
    return len(log_time) >= FIRST_TIMES and agreement(elsewhere, log_time) >= AGREES


def agreement(expected: Floats, log_time: Floats) -> float:
    """Return the rank correlation of two arrays of shape (n,), 0 where one is constant."""
    if np.ptp(expected) == 0 or np.ptp(log_time) == 0:
        return 0.0
    return float(spearmanr(expected, log_time).statistic)


def aligned(elsewhere: Floats, log_time: Floats) -> Callable[[Floats], Floats]:
    """Return the map from log time elsewhere to log time here, both of shape (n,): a line of slope near 1."""
    middle, level = elsewhere.mean(), log_time.mean()
    spread = elsewhere - middle
    worth = SLOPE_PRIOR_ROWS * max(float(spread.var()), 1e-12)
    slope = (spread @ (log_time - level) + worth) / (spread @ spread + worth)
    slope = min(max(float(slope), 0.0), MOST_SLOPE)
    return lambda values: np.asarray(level + slope * (values - middle))
