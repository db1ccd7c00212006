"""The augmented net: complexities carry the trend, a small net corrects it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch

from perfpred.errors import InputError
from perfpred.kernels.features import candidates, extents_of
from perfpred.learn.estimators.base import Masks, TimeRegressor, require_rows
from perfpred.learn.fitting.inputs import (
    Expressions,
    expressions,
    fitted_inputs,
    logarithmic,
    positive_complexities,
    varying,
)
from perfpred.learn.fitting.posynomial import Weighted, hidden_units
from perfpred.learn.fitting.precision import precisions
from perfpred.learn.fitting.selection import Problem, select
from perfpred.learn.fitting.solver import solve
from perfpred.learn.fitting.threads import one_thread
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.checks import Floats
from perfpred.predict.design import Input, design_matrix
from perfpred.predict.expressions import log_of
from perfpred.predict.formula import PosynomialNet

MARGIN = 0.1
"""How far, in log seconds, the correction of a query may leave its range in training."""
ITERATIONS = 80
ENOUGH = 60
"""Parameters when several complexities carry the trend: 75 did not help on measured kernels."""
OVERHEAD = 4.0
"""By how much, in log seconds, the constant term is expected below the shortest run. With this, and the
decay of the terms, rows shorter than any in training were predicted best: 0.9 mean relative error on the six
smallest of each shipped dataset, left out, where 2.0 and no decay had 1.8."""
ENOUGH_TO_SELECT = 40
"""Rows from which features are chosen; fewer choose them by chance."""
FOLD_ITERATIONS = 40
"""Steps of a fold's net that starts where that of all rows ended."""
FEW = 120
"""Rows below which the net of each fold starts anew."""


@dataclass(frozen=True)
class _Plan:
    """What is fitted: terms, inputs of the correction, hidden units, and whether there is a linear part."""

    terms: tuple[str, ...]
    inputs: tuple[Input, ...]
    hidden: int
    linear: bool


class AugmentedRegressor(TimeRegressor):
    """Time as a sum of complexities, corrected by a net of a few tanh units.

    ``log t = logsumexp_j(log Q_j + q_j) + clip(sum_h v_h tanh(u_h . x + d_h))``: Q is 1 and the
    complexities; x the logarithms of the parameters, 0/1 columns of categories and `features`. Noise,
    weight decay and relevance of each input are set by their evidence, on the training rows alone.

    Parameters
    ----------
    complexity : mapping of str to str, optional
        Named expressions over the columns, > 0 on every row, such as ``{"work": "m*n*k"}``.
    features : mapping of str to str or sequence of str, optional
        Further expressions for the correction, such as the remainder of a size after whole vectors. At
        most five are taken, those that predict rows left out best; with fewer than 40 rows none. By
        default they are made from the columns of whole numbers.
    max_parameters : int
        Bound on the number of fitted numbers. There are fewer with few rows (about half a number per row)
        or with several complexities (about 60).
    restarts : int
        Starting points of the fit; the one with the best evidence stays.
    independent_folds : bool
        Give the net of each fold a starting point of its own, for a committee whose disagreement is asked
        for. Otherwise it starts where the net of all rows ended.
    random_state : int, RandomState or None
        Starting points, and folds.

    Examples
    --------
    >>> import numpy as np
    >>> sizes = np.random.default_rng(0).integers(1, 500, (60, 2))
    >>> time_s = 1e-6 + 2e-9 * sizes[:, 0] * sizes[:, 1]
    >>> net = AugmentedRegressor({"work": "x0*x1"}).fit(sizes, time_s)
    >>> print(f"{net.predict([[100, 200]])[0]:.1e} s with {net.formula_.n_parameters} parameters")
    4.1e-05 s with 26 parameters
    """

    n_folds = 20

    def __init__(
        self,
        complexity: Expressions = None,
        features: Expressions = None,
        max_parameters: int = 75,
        restarts: int = 16,
        independent_folds: bool = False,
        random_state: Any = 0,
    ) -> None:
        self.complexity = complexity
        self.features = features
        self.max_parameters = max_parameters
        self.restarts = restarts
        self.independent_folds = independent_folds
        self.random_state = random_state

    def _formulas(self, rows: Rows, masks: Masks, rng: np.random.RandomState) -> list[PosynomialNet]:
        if self.restarts < 1:
            raise InputError(f"restarts >= 1 must hold, but got {self.restarts}")
        plan = self._plan(rows, rng)
        log_terms, log_times, expected = _centred(plan.terms, rows)
        matrix = design_matrix(plan.inputs, rows.columns)
        model = Weighted(log_terms, matrix, plan.hidden, plan.linear)
        targets, weights = torch.from_numpy(log_times), torch.from_numpy(masks.astype(np.float64))
        with one_thread():
            best = self._best(model, targets, weights[0], rng)
            precision = precisions(log_times - _values(model, best), _values(model, best))
            if precision is not None:
                model, targets = model.with_precision(precision), targets * torch.from_numpy(precision)
                best = self._best(model, targets, weights[0], rng)
            n_folds = len(masks) - 1
            # A fold's net starts where the whole one ended: as good as several starts, and cheaper. With few
            # rows it would remember those left out, and errors would be too small.
            independent = self.independent_folds or rows.independent < FEW
            start = model.start(n_folds, rng) if independent else best.repeat(n_folds, 1)
            steps = (ITERATIONS if independent else FOLD_ITERATIONS) if n_folds else 0
            folds = solve(model, targets, weights[1:], start, iterations=steps).theta
        formulas = [
            _formula(plan, model.parts(theta.numpy()), expected, rows.take(mask))
            for theta, mask in zip([best, *folds], masks, strict=True)
        ]
        # A probe is to know nothing of what lies beyond its rows, where the whole net's inputs end later.
        first = 1 + self._fold_count
        probes = zip(formulas[first:], masks[first:], strict=True)
        return [*formulas[:first], *(_clipped(each, rows.take(mask)) for each, mask in probes)]

    def _best(
        self, model: Weighted, targets: torch.Tensor, mask: torch.Tensor, rng: np.random.RandomState
    ) -> torch.Tensor:
        """Return the parameters of the fit with the best evidence."""
        start = model.start(self.restarts, rng)
        found = solve(model, targets, mask.expand(self.restarts, -1).clone(), start, iterations=ITERATIONS)
        return found.theta[int(found.log_evidence.argmax())]

    def _plan(self, rows: Rows, rng: np.random.RandomState) -> _Plan:
        """Choose the widest net that rows and `max_parameters` allow, and its features."""
        terms = ("1", *varying(positive_complexities(self.complexity, rows), rows))
        if len(terms) > self.max_parameters:
            raise InputError(
                f"max_parameters >= {len(terms)}, the number of terms, must hold, "
                f"but got max_parameters={self.max_parameters}"
            )
        require_rows(rows, len(terms))
        inputs = fitted_inputs((logarithmic(name, values) for name, values in rows.columns.items()), rows)
        spare = min(self.max_parameters, rows.independent) - len(terms)
        if not inputs or not hidden_units(spare, len(inputs)):
            return _Plan(terms, _strongest(inputs, rows, spare), 0, linear=True)
        # Half a parameter per row was the best learning curve from 25 to 100 rows.
        count = rows.independent
        most = min(self.max_parameters, count // 2, ENOUGH if len(terms) > 2 else count)
        wide = most - len(terms)
        inputs += self._features(rows, terms, inputs, wide, rng)
        return _Plan(terms, inputs, max(1, hidden_units(wide, len(inputs))), linear=False)

    def _features(
        self,
        rows: Rows,
        terms: tuple[str, ...],
        inputs: tuple[Input, ...],
        wide: int,
        rng: np.random.RandomState,
    ) -> tuple[Input, ...]:
        """Return the features that earn their place among `wide` parameters."""
        wanted = candidates(extents_of(rows.columns)) if self.features is None else self.features
        found = [each for each in fitted_inputs(expressions(wanted, "features"), rows) if each not in inputs]
        if not found or rows.independent < ENOUGH_TO_SELECT:
            return ()
        log_terms, log_times, _ = _centred(terms, rows)
        matrix = design_matrix(inputs, rows.columns)
        problem = Problem(log_terms, log_times, matrix, wide, MARGIN)
        with one_thread():
            chosen = select(problem, design_matrix(found, rows.columns), rng, rows.groups)
        return tuple(found[index] for index in chosen)


def _values(model: Weighted, theta: torch.Tensor) -> Floats:
    """Return centred log times, shape (n,), of one parameter vector."""
    return np.asarray(model.values_and_jacobian(theta[None])[0][0].numpy())


def _centred(terms: tuple[str, ...], rows: Rows) -> tuple[Floats, Floats, Floats]:
    """Return log terms with expected coefficients (n, J), log times (n,), both centred, and the former (J,).

    What log coefficients are before data speak: each complexity might be all of the time. A constant
    overhead cannot be more than the shortest run, and shorter ones will be asked for: an overhead that is
    too long spoils them by orders of magnitude.
    """
    log_terms = np.stack([log_of(term, rows.columns) for term in terms], axis=1)
    log_times = np.log(rows.time_s)
    expected = log_times.mean() - log_terms.mean(axis=0)
    if len(expected) > 1:
        expected[0] = log_times.min() - OVERHEAD
    return log_terms + expected - log_times.mean(), log_times - log_times.mean(), expected


def _strongest(inputs: tuple[Input, ...], rows: Rows, count: int) -> tuple[Input, ...]:
    """Return the `count` inputs that correlate best with log time, in their order."""
    log_times = np.log(rows.time_s)
    correlation = np.abs(design_matrix(inputs, rows.columns).T @ (log_times - log_times.mean()))
    kept = np.sort(np.argsort(-correlation, kind="stable")[:count])
    return tuple(inputs[index] for index in kept)


def _formula(plan: _Plan, parts: dict[str, Floats], expected: Floats, rows: Rows) -> PosynomialNet:
    """Return the net with its correction clipped to what `rows`, its training rows, reach."""
    parts = {**parts, "log_coefficients": parts["log_coefficients"] + expected}
    net = PosynomialNet(plan.terms, inputs=plan.inputs, low=0.0, high=0.0, **parts)
    reached = net.correction(rows.columns)
    return replace(net, low=float(reached.min()) - MARGIN, high=float(reached.max()) + MARGIN)


def _clipped(net: PosynomialNet, rows: Rows) -> PosynomialNet:
    """Return the net with its inputs clipped to what `rows` reach."""
    return replace(net, inputs=tuple(each.clipped_to(rows.columns) for each in net.inputs))
