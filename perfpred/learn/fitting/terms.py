"""Complexities found in measurements, for kernels of which nobody has said any.

Candidates are products of powers of the numeric columns: what loop nests take, besides ``n*log2(n)``. Few of
them, with coefficients >= 0, are chosen by how well they foretell sizes left out, the larger ones among them:
a law that holds for more than it was fitted to can be asked beyond what was measured.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from perfpred.learn.fitting.candidate_terms import Exponents, candidates, from_one
from perfpred.learn.rows.encoded_columns import MAX_COLUMNS as MAX_MODEL_COLUMNS
from perfpred.learn.rows.sizes import Sizes
from perfpred.predict.checks import Floats
from perfpred.predict.encoding import Encoding
from perfpred.predict.expressions import Columns
from perfpred.predict.familiar import loosely
from perfpred.profile import Profile

MAX_TERMS = 4
"""Maximum number of terms; a judgement: a setup, passes over inputs and outputs, and the work."""
MAX_SIZES = 400
"""More tell no more of which terms there are."""
MIN_SIZES = 8
"""With fewer, folds are too small to choose terms by."""
MAX_COLUMNS = 12
"""Columns that products are made of."""
N_FOLDS = 4
"""Parts left out in turn, beside the larger sizes."""
SMALL = 0.6
"""Share of the sizes, the smaller ones, that larger ones are foretold from."""
BETTER = 0.95
"""A further term must lower the error to this share of it."""
MUCH_BETTER = 0.8
"""And to this one if it grows faster than all terms before: time that is lost to caches looks like a higher
power, and that power is wrong beyond what was measured."""
WORTHWHILE = 0.8
"""All terms together must lower the error of a constant to this share of it."""
EXACT = 1e-9
"""An error so small is rounding: no term can lower it."""
LARGEST_ERROR = 2.0
"""In log seconds: one size that is far off must not choose the terms."""
LARGEST = 1e100
"""A product that is larger is of no use: further ones of it would be infinite."""
RIDGE = 1e-3
"""Penalty of the power law, per row: only keeps columns that are nearly the same from cancelling."""


@dataclass(frozen=True)
class _Problem:
    """Times without the effect of categories, and the parts of the sizes that terms are judged on.

    Parameters
    ----------
    time_s : ndarray of shape (s,)
    folds : tuple of ndarray of bool, shape (s,)
        Sizes to fit to; the others test.
    """

    time_s: Floats
    folds: tuple[NDArray[np.bool_], ...]

    def error(self, terms: Sequence[Floats]) -> float:
        """Return the mean absolute log error of terms, each of shape (s,), on sizes left out."""
        matrix = np.stack([np.ones(len(self.time_s)), *terms], axis=1) / self.time_s[:, None]
        matrix = matrix / np.linalg.norm(matrix, axis=0)
        if not np.isfinite(matrix).all():
            return LARGEST_ERROR
        return float(np.mean([_fold_error(matrix, mask) for mask in self.folds]))


def found_terms(rows: Profile) -> dict[str, str]:
    """Return complexity expressions that explain the times of one combination, by themselves.

    Parameters
    ----------
    rows : Profile
        Of one combination, status ok.

    Returns
    -------
    dict of str to str
        At most `MAX_TERMS`, that of the largest share of the time first; none if sizes explain little of it.
    """
    sizes = Sizes.of(rows)
    if len(sizes) < MIN_SIZES:
        return {}
    encoding = Encoding.of(sizes.columns)
    if len(encoding.labels) > MAX_MODEL_COLUMNS:  # no model takes them
        return {}
    columns = encoding.encode(sizes.columns)
    return terms_of(columns, sizes.time_s, sizes.groups)


def terms_of(columns: Columns, time_s: Floats, groups: NDArray[np.intp] | None = None) -> dict[str, str]:
    """Return what `found_terms` does, for encoded columns and times of shape (s,).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> sizes = {"m": rng.integers(1, 500, 60) * 1.0, "n": rng.integers(1, 500, 60) * 1.0}
    >>> list(terms_of(sizes, 1e-6 + 2e-9 * sizes["m"] * sizes["n"]))
    ['m*n']
    """
    rng = np.random.default_rng(0)
    if len(time_s) > MAX_SIZES:
        some = np.sort(rng.permutation(len(time_s))[:MAX_SIZES])
        columns, time_s = {name: values[some] for name, values in columns.items()}, time_s[some]
        groups = None if groups is None else groups[some]
    positive = from_one(columns)
    usable = [n for n, values in positive.items() if values.min() > 0 and np.ptp(values) > 0]
    if not usable:
        return {}
    usable = _weighty(positive, usable, np.log(time_s))
    exponents, effect, trend = _power_law(positive, usable, np.log(time_s))
    problem = _Problem(time_s / np.exp(effect), _folds(trend, groups, rng))
    if not problem.folds:  # too few sizes to leave some out
        return {}
    powers = candidates(exponents, positive)
    values = {text: loosely(text, columns) for text in powers}
    values = {text: found for text, found in values.items() if found.min() > 0 and found.max() < LARGEST}
    chosen = _forward(problem, values, powers)
    return {text: text for text in _by_share(chosen, values, problem.time_s)}


def _weighty(columns: Columns, usable: list[str], log_time: Floats) -> list[str]:
    """Return at most `MAX_COLUMNS` columns, those over whose range the time changes most, in their order."""
    if len(usable) <= MAX_COLUMNS:
        return usable
    logs = np.stack([np.log(columns[name]) for name in usable], axis=1)
    weight = np.abs(_ridge(logs, log_time)) * np.ptp(logs, axis=0)
    kept = {usable[index] for index in np.argsort(-weight, kind="stable")[:MAX_COLUMNS]}
    return [name for name in usable if name in kept]


def _power_law(
    columns: Columns, usable: Sequence[str], log_time: Floats
) -> tuple[dict[str, float], Floats, Floats]:
    """Return exponents of the usable columns, and the effect of the others and the trend, of shape (s,).

    Exponents are those of the slower half of the sizes, where overheads are small.
    """
    logs = np.stack([np.log(columns[name]) for name in usable], axis=1)
    others = [name for name in columns if name not in usable and np.ptp(columns[name]) > 0]
    rest = np.stack([columns[name] for name in others], axis=1) if others else np.zeros((len(log_time), 0))
    spread = np.ptp(rest, axis=0)
    x = np.column_stack([logs, rest / np.where(spread > 0, spread, 1.0)])
    everywhere = _ridge(x, log_time)
    trend = x @ everywhere
    slow = trend >= np.median(trend)
    there = _ridge(x[slow], log_time[slow]) if slow.sum() > 2 * x.shape[1] + 2 else everywhere
    effect = x[:, len(usable) :] @ everywhere[len(usable) :]
    return dict(zip(usable, there.tolist(), strict=False)), effect - effect.mean(), trend


def _ridge(x: Floats, y: Floats) -> Floats:
    centred = x - x.mean(axis=0)
    gram = centred.T @ centred + RIDGE * len(x) * np.eye(x.shape[1])
    return np.asarray(np.linalg.solve(gram, centred.T @ (y - y.mean())))


def _folds(
    trend: Floats, groups: NDArray[np.intp] | None, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], ...]:
    """Return parts to fit to: all but each fold, and the smaller sizes, which count as much as two."""
    members = np.arange(len(trend)) if groups is None else groups
    fold = (rng.permutation(int(members.max()) + 1) % N_FOLDS)[members]
    parts = [fold != each for each in range(N_FOLDS)]
    smaller = trend <= np.quantile(trend, SMALL)
    return (*(part for part in (*parts, smaller, smaller) if part.sum() >= 4 and not part.all()),)


def _fold_error(matrix: Floats, mask: NDArray[np.bool_]) -> float:
    """Return the mean absolute log error on the sizes that `mask` leaves out."""
    coefficients = _nonnegative(matrix[mask])
    with np.errstate(divide="ignore"):
        logs = np.log(matrix @ coefficients)
    shift = np.median(logs[mask])
    if not np.isfinite(shift):
        return LARGEST_ERROR
    return float(np.minimum(np.abs(logs[~mask] - shift), LARGEST_ERROR).mean())


def _nonnegative(matrix: Floats) -> Floats:
    """Return coefficients >= 0 of the columns whose sum is nearest to 1; all 0 if none can be found."""
    try:
        found, _ = nnls(matrix, np.ones(len(matrix)))
    except RuntimeError:  # it did not end: columns that are nearly the same
        return np.zeros(matrix.shape[1])
    return np.asarray(found)


def _forward(problem: _Problem, values: Mapping[str, Floats], powers: Mapping[str, Exponents]) -> list[str]:
    """Add terms one by one while the error on sizes left out falls."""
    chosen: list[str] = []
    start = best = problem.error([])
    while len(chosen) < MAX_TERMS and best > EXACT:
        have = [values[text] for text in chosen]
        left = [text for text in values if text not in chosen]
        errors = {text: problem.error([*have, values[text]]) for text in left}
        tame = [text for text in left if not chosen or _grows_no_faster(powers[text], chosen, powers)]
        found = _best(tame, errors, BETTER * best) or _best(left, errors, MUCH_BETTER * best)
        if found is None:
            break
        chosen.append(found)
        best = errors[found]
    return chosen if best <= WORTHWHILE * start else []


def _best(texts: Sequence[str], errors: Mapping[str, float], bound: float) -> str | None:
    """Return the first, which is the plainest, of the terms as good as the best, if that is below a bound."""
    known = [errors[text] for text in texts if math.isfinite(errors[text])]
    if not known or min(known) > bound:
        return None
    return next(text for text in texts if errors[text] <= min(min(known) * 1.02 + 1e-4, bound))


def _grows_no_faster(monomial: Exponents, chosen: Sequence[str], powers: Mapping[str, Exponents]) -> bool:
    """Say whether a term before has, of each column, as high a power."""
    return any(all(power <= dict(powers[text]).get(name, 0) for name, power in monomial) for text in chosen)


def _by_share(chosen: Sequence[str], values: Mapping[str, Floats], time_s: Floats) -> list[str]:
    """Return the terms in order of their share of the time of the slower sizes."""
    if not chosen:
        return []
    matrix = np.stack([np.ones(len(time_s)), *(values[text] for text in chosen)], axis=1) / time_s[:, None]
    norms = np.linalg.norm(matrix, axis=0)
    coefficients = _nonnegative(matrix / norms)
    slow = time_s >= np.median(time_s)
    shares = (matrix[slow] * (coefficients / norms)).mean(axis=0)[1:]
    return [chosen[index] for index in np.argsort(-shares, kind="stable")]
