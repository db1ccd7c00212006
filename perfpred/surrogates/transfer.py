"""A model for searching that begins with what was learned elsewhere: on another machine, at another size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr
from sklearn.ensemble import ExtraTreesRegressor
from threadpoolctl import threadpool_limits

from perfpred.learn.fitting.process import LOG_SIGNAL, Process, Scales
from perfpred.predict.checks import Floats
from perfpred.surrogates.gaussian import (
    NEGLIGIBLE,
    GaussianPosterior,
    GaussianSurrogate,
    Refits,
    drawn_together,
)

SWITCH, FEW_VALUES = 2, 4
"""Candidates that differ in an input of two values are of different kinds; finer kinds differ in one of up to
four, too."""
KINDS = 8
"""So many kinds are tried early, at most."""
FIRST_SHARES = (0.5, 0.02, 0.8, 0.1)
"""Ranks elsewhere, as shares of all candidates, of those to try after the fastest: do places agree?"""
FIRST_TIMES = 4
"""Of which so many must have a time."""
AGREES, AGREES_WELL = 0.6, 0.7
"""Rank correlation, of their times with those elsewhere, that lets a place choose; and do so at once."""
CONTRADICTS = -0.5
"""One that says what is fastest of each kind there is slow here."""
WORTH_KEEPING = 1000
"""Predictions for so many candidates are kept for the next round."""
FAST_SHARE = 0.5
"""Models are judged by how well they foretell the fastest so many of the measurements, each left out."""
SLOPE_PRIOR_ROWS, MOST_SLOPE = 2.0, 2.0
"""The power is drawn to 1 as by so many rows."""
LEAST_SHARE = 0.4
"""What places differ by, at least, as a share of the deviation of all log times elsewhere."""
PATIENCE = 4
"""After so many runs without a new best, finer kinds have their say, or who knows nothing from elsewhere."""
ALONE = 3
"""Every so many of these runs is chosen as if nothing was known from elsewhere."""
TREES, INPUTS_SHARE = 50, 0.6
PROCESS_ROWS = 300
"""Rows from elsewhere that say which inputs matter."""


class Elsewhere:
    """What measurements taken elsewhere say: how long candidates took there, and which inputs mattered.

    Parameters
    ----------
    x : ndarray of shape (m, d)
        The inputs that candidates have here.
    log_time : ndarray of shape (m,)
        Log seconds.
    shared : ndarray of shape (d,), bool
        Which inputs are made of parameters that candidates have there too; the others are passed over.
    random_state : int
    """

    def __init__(self, x: Floats, log_time: Floats, shared: NDArray[np.bool_], random_state: int = 0) -> None:
        self._shared = shared
        x = x[:, shared]
        trees = ExtraTreesRegressor(TREES, max_features=INPUTS_SHARE, random_state=random_state)
        self._trees = trees.fit(x, log_time)
        self.deviation = float(log_time.std())
        few = np.random.default_rng(random_state).permutation(len(x))[:PROCESS_ROWS]
        spread = x.std(axis=0)
        z = (x[few] - x.mean(axis=0)) / np.where(spread > NEGLIGIBLE, spread, 1.0)
        y = drawn_together(log_time[few])
        scale = max(float(y.std()), NEGLIGIBLE)
        with threadpool_limits(limits=1, user_api="blas"):
            found = Process.fit(z, (y - y.mean()) / scale).scales
        relevance = Scales.prior(len(shared)).log_relevance
        relevance[shared] = found.log_relevance
        self.scales = Scales(relevance, found.log_signal, found.log_noise)
        self._cache: tuple[Floats, Floats] | None = None

    def expected(self, x: Floats) -> Floats:
        """Return log seconds there, shape (n,), of inputs of shape (n, d)."""
        if len(x) < WORTH_KEEPING:
            return np.asarray(self._trees.predict(x[:, self._shared]))
        if self._cache is None or self._cache[0] is not x:
            self._cache = x, self._trees.predict(x[:, self._shared])
        return self._cache[1]


class WarmSurrogate:
    """Begins with what was learned elsewhere, and drops what measurements contradict.

    First come the fastest candidate of each place, a few from the fast to the slow and, unless these
    contradict all places, the fastest of each kind: another machine may do best with code of another kind. A
    place whose times agree is corrected by a process of its own; the place that best foretells the fast
    measurements, each left out in turn, chooses. Where none agrees, or to start anew foretells them better,
    the choice is made as if nothing was known from elsewhere. Where the last few runs brought nothing, it is
    made that way or falls on the fastest of the next finer kind.

    Parameters
    ----------
    places : sequence of Elsewhere
        At least one.
    by_kind : bool
        Whether inputs of few values tell kinds of candidates apart.
    """

    def __init__(self, places: Sequence[Elsewhere], *, by_kind: bool = True) -> None:
        self._places = tuple(places)
        self._by_kind = by_kind
        self._n_spread = len(self._places) + len(FIRST_SHARES)
        self._wanted: tuple[int, ...] = ()
        self._cold, self._anew = GaussianSurrogate(), Refits()
        self._warm = [Refits(_medians(place.scales), LEAST_SHARE * place.deviation) for place in self._places]
        self._agree: tuple[float, ...] = ()
        self.kept: int | None = None

    def asks(self, candidates: Floats, tried: Sequence[int], time_s: Floats) -> int | None:
        """Ask for the first ones, and for finer kinds where the last runs brought nothing."""
        if not self._wanted:
            self._wanted = self._first_ones(candidates)
        if len(tried) < len(self._wanted):
            contradicted = len(tried) >= self._n_spread and self._is_contradicted(candidates, tried, time_s)
            return None if contradicted else self._wanted[len(tried)]
        in_vain = _in_vain(time_s) - PATIENCE
        if not self._by_kind or not self._agree or in_vain <= 0 or in_vain % ALONE == 0:
            return None
        return self._of_a_finer_kind(candidates, tried)

    def _first_ones(self, candidates: Floats) -> tuple[int, ...]:
        """Return the fastest of each place, some from the fast to the slow, and the fastest of each kind."""
        expected = [place.expected(candidates) for place in self._places]
        ranks = sum(np.argsort(np.argsort(each, kind="stable"), kind="stable") for each in expected)
        order = np.argsort(ranks, kind="stable")
        fastest = [each.argmin() for each in expected]
        of_kinds = _first_of_each(kinds(candidates, SWITCH), order)[: KINDS if self._by_kind else 0]
        spread = [order[int(share * (len(order) - 1))] for share in FIRST_SHARES]
        return tuple(dict.fromkeys(int(each) for each in (*fastest, *spread, *of_kinds)))

    def _is_contradicted(self, candidates: Floats, tried: Sequence[int], time_s: Floats) -> bool:
        """Say whether the first few, from the fast to the slow, contradict all places."""
        few = list(tried[: self._n_spread])
        return max(self._agreements(candidates[few], time_s[: self._n_spread])) <= CONTRADICTS

    def _agreements(self, x: Floats, time_s: Floats) -> tuple[float, ...]:
        """Return for each place how well measurements, as in `enough`, agree with it."""
        ok = np.isfinite(time_s)
        return tuple(agreement(place.expected(x)[ok], np.log(time_s[ok])) for place in self._places)

    def _of_a_finer_kind(self, candidates: Floats, tried: Sequence[int]) -> int | None:
        """Return the fastest, where times agree best, of the next finer kind that was not tried so."""
        agreed = int(np.argmax(self._agree))
        if self._agree[agreed] < AGREES:
            return None
        order = np.argsort(self._places[agreed].expected(candidates), kind="stable")
        fastest = _first_of_each(kinds(candidates, FEW_VALUES), order)
        left = fastest[~np.isin(fastest, tried)]
        return int(left[0]) if len(left) else None

    def enough(self, x: Floats, time_s: Floats) -> bool:
        """Say whether there are enough times; fewer are needed if a place agrees well with them."""
        if self._agree:
            return True
        if len(time_s) < max(len(self._wanted), self._n_spread):
            return False
        agree = self._agreements(x, time_s)
        is_enough = self._cold.enough(x, time_s) or (
            int(np.isfinite(time_s).sum()) >= FIRST_TIMES and max(agree) >= AGREES_WELL
        )
        self._agree = agree if is_enough else ()
        return is_enough

    def posterior(self, x: Floats, time_s: Floats, candidates: Floats) -> GaussianPosterior:
        """Return what the likeliest of all models says of `N` candidates."""
        ok = np.isfinite(time_s)
        y = np.log(time_s[ok])
        cold = self._cold.posterior(x, time_s, candidates)
        fast = y <= np.quantile(y, FAST_SHARE)
        anew = self._anew.posterior(x[ok], y, candidates, cold.p_ok)
        least = float(anew.left_out[fast].mean())
        chosen, self.kept = cold, None
        for index, (place, refits) in enumerate(zip(self._places, self._warm, strict=True)):
            if self._agree[index] >= AGREES:
                warm = _corrected(place, refits, (x[ok], y), candidates, cold.p_ok)
                score = float(warm.left_out[fast].mean())
                if score > least:
                    chosen, least, self.kept = warm, score, index
        return cold if _in_vain(time_s) > PATIENCE else chosen


def kinds(candidates: Floats, most_values: int) -> NDArray[np.intp]:
    """Return the kind of each candidate, shape (n,): a kind agrees in all inputs of so few values.

    Parameters
    ----------
    candidates : ndarray of shape (n, d)
    most_values : int

    Examples
    --------
    >>> kinds(np.array([[16, 0], [32, 0], [64, 1], [16, 0]]), 2).tolist()
    [0, 0, 1, 0]
    """
    few = [column for column in candidates.T if len(np.unique(column)) <= most_values]
    if not few:
        return np.zeros(len(candidates), dtype=np.intp)
    return np.unique(np.column_stack(few), axis=0, return_inverse=True)[1].reshape(-1)


def _first_of_each(kind: NDArray[np.intp], order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the first candidate of each kind, in this order of all candidates."""
    return order[np.sort(np.unique(kind[order], return_index=True)[1])]


def _in_vain(time_s: Floats) -> int:
    """Return how many runs, from the best on, there were; 0 if none has a time."""
    return len(time_s) - int(np.nanargmin(time_s)) if np.isfinite(time_s).any() else 0


def _medians(scales: Scales) -> Scales:
    """Return the medians for a correction: the inputs matter as elsewhere, and the time there is one more."""
    own = Scales.prior(len(scales.log_relevance) + 1).log_relevance[:1]
    return Scales(np.concatenate([scales.log_relevance, own]), LOG_SIGNAL, scales.log_noise)


def _corrected(
    place: Elsewhere, refits: Refits, rows: tuple[Floats, Floats], candidates: Floats, p_ok: Floats
) -> GaussianPosterior:
    """Return what is expected from elsewhere, corrected by `rows`: inputs (n, d) and log times (n,)."""
    x, y = rows
    at_rows, at_candidates = place.expected(x), place.expected(candidates)
    expected = aligned(at_rows, y)
    return refits.posterior(
        np.column_stack([x, at_rows]),
        y,
        np.column_stack([candidates, at_candidates]),
        p_ok,
        (expected(at_rows), expected(at_candidates)),
    )


def agreement(expected: Floats, log_time: Floats) -> float:
    """Return the rank correlation of two arrays of shape (n,), 0 where one is constant or n < 2."""
    if len(expected) < 2 or np.ptp(expected) == 0 or np.ptp(log_time) == 0:
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
