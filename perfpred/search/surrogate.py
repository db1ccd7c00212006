"""What strategy `model` needs of a surrogate model; a domain, or the room of surrogates, provides one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from perfpred.search.candidates import Floats


class Component(Protocol):
    """A normal distribution per candidate, of N: the log of their seconds, or a monotone transform of it.

    Attributes
    ----------
    weight : float
        Its share of the mixture; the weights of all components sum to 1.
    mean, std : ndarray of shape (N,)
    """

    @property
    def weight(self) -> float:
        """See above."""

    @property
    def mean(self) -> Floats:
        """See above."""

    @property
    def std(self) -> Floats:
        """See above."""


class Posterior(Protocol):
    """The distribution of the times of N candidates given some measurements: a mixture of normal ones.

    Attributes
    ----------
    components : sequence of Component
    p_feasible : ndarray of shape (N,)
        Probability that a candidate does not fail.
    best : float
        The smallest measured value, on the scale of the means.
    """

    @property
    def components(self) -> Sequence[Component]:
        """See above."""

    @property
    def p_feasible(self) -> Floats:
        """See above."""

    @property
    def best(self) -> float:
        """See above."""

    def condition_on(self, chosen: int) -> None:
        """Condition on candidate `chosen` being measured as expected (fantasized): `std` falls near it."""


class Surrogate(Protocol):
    """A model of log time with uncertainty, fitted again each round."""

    def is_ready(self, x: Floats, time_s: Floats) -> bool:
        """Say whether these measurements are enough to choose by; until then candidates are drawn at random.

        `x` has shape (n, d); `time_s`, shape (n,), is NaN where a candidate failed.
        """

    def initial_design(self, candidates: Floats, tried: Sequence[int], time_s: Floats) -> int | None:
        """Return which of `candidates`, shape (N, d), is tried next by design, None to leave the choice.

        `tried` says which of them were, `time_s`, of the same length, how long they took.
        """

    def posterior(self, x: Floats, time_s: Floats, candidates: Floats) -> Posterior:
        """Return what measurements, as in `is_ready`, say of `candidates`, shape (N, d)."""
