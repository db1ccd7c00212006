"""Nets that learn from what is known of the kernel's other combinations: fewer rows of their own are enough.

How long a kernel takes in another variant, or on another machine, says much of what it takes here: the same
steps at whole vectors, the same caches. Formulas of such relatives are given as further complexities; several
nets that know more or fewer of them are averaged, which errs less than any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

import numpy as np

from perfpred.errors import InputError
from perfpred.kernels.features import candidates, extents_of
from perfpred.learn.augmented import AugmentedRegressor
from perfpred.learn.base import Masks, Rows, TimeRegressor
from perfpred.learn.inputs import Expressions, expressions
from perfpred.predict.formula import PosynomialNet, RelatedNets
from perfpred.predict.related import Relative, with_relatives

KNOWN = (1, 2, 3, 4, 2, 3)
"""Relatives that each net knows, if there are so many, the most alike first."""
RESTARTS = 8


class RelatedRegressor(TimeRegressor):
    """The mean of several augmented nets that know relatives.

    Parameters
    ----------
    complexity, features, max_parameters
        As those of `AugmentedRegressor`, for each net.
    relatives : mapping of str to PosynomialNet, optional
        Nets of other combinations of the kernel, on the same columns, by names that say whose they are.
        They must not have seen rows that the model is to be judged by. With none, nets differ in where they
        start, and their mean still errs a little less.
    random_state : int, RandomState or None

    Examples
    --------
    >>> sizes = np.random.default_rng(0).integers(1, 500, (60, 2))
    >>> there_s = 2e-6 + 1e-9 * sizes[:, 0] * sizes[:, 1] * (1 + sizes[:, 1] % 2)
    >>> there = AugmentedRegressor({"work": "x0*x1"}).fit(sizes, there_s).formula_
    >>> few = RelatedRegressor({"work": "x0*x1"}, relatives={"there": there})
    >>> few.fit(sizes[:20], 3 * there_s[:20]).formula_.relatives[0].combination
    'there'
    """

    n_folds = 10

    def __init__(
        self,
        complexity: Expressions = None,
        features: Expressions = None,
        relatives: Mapping[str, PosynomialNet] | None = None,
        max_parameters: int = 75,
        random_state: Any = 0,
    ) -> None:
        self.complexity = complexity
        self.features = features
        self.relatives = relatives
        self.max_parameters = max_parameters
        self.random_state = random_state

    def _formulas(self, rows: Rows, masks: Masks, rng: np.random.RandomState) -> list[RelatedNets]:
        features = candidates(extents_of(rows.columns)) if self.features is None else self.features
        relatives = most_alike(self.relatives or {}, rows)[: max(KNOWN)]
        complexity = expressions(self.complexity, "complexity")
        nets = []
        for count in KNOWN:
            known = relatives[:count]
            named = (*complexity, *(each.column for each in known))
            each = AugmentedRegressor(named, features, self.max_parameters, RESTARTS)
            nets.append(each._formulas(Rows(with_relatives(rows.columns, known), rows.time_s), masks, rng))
        return [RelatedNets(relatives, tuple(parts)) for parts in zip(*nets, strict=True)]


def most_alike(relatives: Mapping[str, PosynomialNet], rows: Rows) -> tuple[Relative, ...]:
    """Return relatives in order of how well each explains the times of `rows`, but for powers of sizes.

    Those that have no time for each row are left out.
    """
    log_time = np.log(rows.time_s)
    sizes = [np.sign(values) * np.log1p(np.abs(values)) for values in rows.columns.values()]
    found = []
    for combination, net in relatives.items():
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
