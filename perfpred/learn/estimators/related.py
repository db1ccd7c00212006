"""Models that learn from what is known of the kernel's other combinations: fewer own rows are enough.

How long a kernel takes in another variant, or on another machine, says much of what it takes here: the same
steps at whole vectors, the same caches. Formulas of such source models are given as further complexities;
several nets that know more or fewer of them are averaged, which errs less than any of them. A Gaussian
process, which weighs features where nets choose some, errs elsewhere, so that the mean of both is better than
either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from operator import itemgetter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from perfpred.errors import InputError
from perfpred.kernels.features import candidates, extents_of
from perfpred.learn.estimators.augmented import AugmentedRegressor
from perfpred.learn.estimators.base import Masks, TimeRegressor
from perfpred.learn.estimators.gaussian_process import NEGLIGIBLE, fitted_trend
from perfpred.learn.fitting.inputs import (
    Expressions,
    expressions,
    fitted_inputs,
    logarithmic,
    positive_complexities,
)
from perfpred.learn.fitting.process import Process, Scales
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.design import design_matrix
from perfpred.predict.formula import GaussianProcess, PosynomialNet, RelatedNets
from perfpred.predict.related import Relative, with_relatives

KNOWN = (1, 2, 3, 4, 2, 3)
"""Source models that each net knows, if there are so many, the most alike first; nets that know the
same number differ in where they start."""
RESTARTS = 8
"""Half of those of a net by itself: several nets are averaged."""
IN_PROCESS = 3
"""Source models that the process knows."""
FEATURED = 2
"""Source models whose features it weighs, besides those that the nets have chosen."""
SHARE = 0.5
"""Its share of the prediction; 0.35 was as good on measured kernels."""
MAX_ROWS = 1000
"""With more, nets are better by themselves, and a process takes time by the cube of the rows."""
ITERATIONS, FOLD_ITERATIONS = 60, 20
"""Steps of the process for all rows, and of those for folds, which start from its scales."""


class RelatedRegressor(TimeRegressor):
    """The mean of several augmented nets and a Gaussian process that know source models.

    Parameters
    ----------
    complexity, features, max_parameters
        As those of `AugmentedRegressor`, for each net.
    source_models : mapping of str to PosynomialNet, optional
        Nets of other combinations of the kernel, on the same columns, by names that say whose they are.
        They must not have seen rows that the model is to be judged by. With none, nets differ in where they
        start, and their mean still errs a little less.
    known : sequence of int
        How many source models each net knows.
    process : bool
        Whether there is a Gaussian process, too; there is none for more than 1000 rows.
    random_state : int, RandomState or None

    Examples
    --------
    >>> sizes = np.random.default_rng(0).integers(1, 500, (60, 2))
    >>> there_s = 2e-6 + 1e-9 * sizes[:, 0] * sizes[:, 1] * (1 + sizes[:, 1] % 2)
    >>> there = AugmentedRegressor({"work": "x0*x1"}).fit(sizes, there_s).formula_
    >>> few = RelatedRegressor({"work": "x0*x1"}, source_models={"there": there})
    >>> few.fit(sizes[:20], 3 * there_s[:20]).formula_.relatives[0].combination
    'there'
    """

    n_folds = 10

    def __init__(
        self,
        complexity: Expressions = None,
        features: Expressions = None,
        source_models: Mapping[str, PosynomialNet] | None = None,
        max_parameters: int = 75,
        known: Sequence[int] = KNOWN,
        process: bool = True,
        random_state: Any = 0,
    ) -> None:
        self.complexity = complexity
        self.features = features
        self.source_models = source_models
        self.max_parameters = max_parameters
        self.known = known
        self.process = process
        self.random_state = random_state

    def _formulas(self, rows: Rows, masks: Masks, rng: np.random.RandomState) -> list[RelatedNets]:
        features = candidates(extents_of(rows.columns)) if self.features is None else self.features
        if not self.known:
            raise InputError("known must have the number of source models of at least one net")
        relatives = most_alike(self.source_models or {}, rows)[: max(*self.known, IN_PROCESS)]
        complexity = expressions(self.complexity, "complexity")
        nets = []
        for count in self.known:
            known = relatives[:count]
            named = (*complexity, *(each.column for each in known))
            each = AugmentedRegressor(named, features, self.max_parameters, RESTARTS)
            each._fold_count = self._fold_count
            nets.append(each._formulas(Rows(with_relatives(rows.columns, known), rows.time_s), masks, rng))
        by_mask = list(zip(*nets, strict=True))
        if not self.process or len(rows) > MAX_ROWS:
            return [RelatedNets(relatives, parts) for parts in by_mask]
        found = _features(by_mask[0], relatives, rows)
        processes = _processes(complexity, found, relatives[:IN_PROCESS], rows, masks)
        return [
            RelatedNets(relatives, parts, each, SHARE) for parts, each in zip(by_mask, processes, strict=True)
        ]


def _features(nets: Sequence[PosynomialNet], relatives: Sequence[Relative], rows: Rows) -> tuple[str, ...]:
    """Return the features that nets and the first source models have chosen."""
    known = with_relatives(rows.columns, tuple(relatives))
    logarithms = {logarithmic(name, values) for name, values in known.items()}
    theirs = (relative.net for relative in relatives[:FEATURED])
    wanted = dict.fromkeys(each.expression for net in (*nets, *theirs) for each in net.inputs)
    return tuple(expression for expression in wanted if expression not in logarithms)


def _processes(
    complexity: Sequence[str],
    features: Sequence[str],
    relatives: tuple[Relative, ...],
    rows: Rows,
    masks: Masks,
) -> list[GaussianProcess]:
    """Return a process for each set of rows; those after the first start from its scales."""
    rows = Rows(with_relatives(rows.columns, relatives), rows.time_s)
    wanted = [logarithmic(name, values) for name, values in rows.columns.items()]
    inputs = fitted_inputs((*wanted, *features), rows)
    matrix = design_matrix(inputs, rows.columns)
    named = (*complexity, *(each.column for each in relatives))
    found: list[GaussianProcess] = []
    scales: Scales | None = None
    with threadpool_limits(limits=1, user_api="blas"):
        for mask in masks:
            part = rows.take(mask)
            trend = fitted_trend(("1", *positive_complexities(named, part)), part, inputs)
            residuals = np.log(part.time_s) - trend.log_trend(part.columns)
            size = float(residuals.std())
            if not inputs or size < NEGLIGIBLE:
                found.append(trend)
                continue
            steps = ITERATIONS if scales is None else FOLD_ITERATIONS
            process = Process.fit(matrix[mask], residuals / size, scales, steps)
            scales = scales or process.scales
            found.append(
                replace(
                    trend,
                    length_scales=np.exp(-process.scales.log_inverse_length),
                    centres=process.x,
                    weights=size * np.exp(process.scales.log_signal) * process.weights,
                )
            )
    return found


def most_alike(source_models: Mapping[str, PosynomialNet], rows: Rows) -> tuple[Relative, ...]:
    """Return source models in order of how well each explains the times of `rows`, but for powers of sizes.

    Those that have no time for each row are left out.
    """
    log_time = np.log(rows.time_s)
    sizes = [np.sign(values) * np.log1p(np.abs(values)) for values in rows.columns.values()]
    found = []
    for combination, net in source_models.items():
        try:
            log_there = np.log(net.seconds(rows.columns))
        except InputError:  # a complexity of theirs has no value > 0 here
            continue
        design = np.column_stack([np.ones(len(rows)), log_there, *sizes])
        solution = np.linalg.lstsq(design, log_time, rcond=None)[0]
        found.append((float(np.abs(log_time - design @ solution).mean()), combination, net))
    stem = "relative"
    while any(name.startswith(stem) for name in rows.columns):
        stem += "_"
    found.sort(key=itemgetter(0))
    return tuple(Relative(f"{stem}{n}", combination, net) for n, (_, combination, net) in enumerate(found))
