"""What the `model` strategy asks of a model; a domain, or the room of learning, brings one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from perfpred.search.candidates import Floats


class Part(Protocol):
    """One opinion about N candidates: the log of their seconds, or a monotone transform of it.

    Attributes
    ----------
    weight : float
        How far it is believed; those of all parts sum to 1.
    mean, deviation : ndarray of shape (N,)
    """

    @property
    def weight(self) -> float:
        """See above."""

    @property
    def mean(self) -> Floats:
        """See above."""

    @property
    def deviation(self) -> Floats:
        """See above."""


class Posterior(Protocol):
    """What is believed of N candidates after some measurements: a mixture of opinions.

    Attributes
    ----------
    parts : sequence of Part
    p_ok : ndarray of shape (N,)
        Probability that a candidate does not fail.
    best : float
        The least measured value, on the scale of the means.
    """

    @property
    def parts(self) -> Sequence[Part]:
        """See above."""

    @property
    def p_ok(self) -> Floats:
        """See above."""

    @property
    def best(self) -> float:
        """See above."""

    def told(self, chosen: int) -> None:
        """Update as if candidate `chosen` had been measured as expected: deviations shrink near it."""


class Surrogate(Protocol):
    """A model of log time with uncertainty, fitted again each round."""

    def enough(self, x: Floats, time_s: Floats) -> bool:
        """Say whether these measurements are enough to choose by; until then they are drawn at random.

        `x` has shape (n, d); `time_s`, shape (n,), is NaN where a candidate failed.
        """

    def asks(self, candidates: Floats, tried: Sequence[int], time_s: Floats) -> int | None:
        """Return which of `candidates`, shape (N, d), it wants to be tried next, if any.

        `tried` says which of them were, `time_s`, of the same length, how long they took.
        """

    def posterior(self, x: Floats, time_s: Floats, candidates: Floats) -> Posterior:
        """Return what measurements, as in `enough`, say of `candidates`, shape (N, d)."""
