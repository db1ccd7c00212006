"""The products of powers that may explain a time: what loop nests take, besides ``n*log2(n)``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from perfpred.predict.expressions import Columns

MAX_SUBSETS = 5
"""All subsets of so many columns are tried; of more, only small ones and nearly all."""
COUNTS = 16
"""A column of zeros and whole numbers so large holds sizes."""

Exponents = tuple[tuple[str, int], ...]
"""A product: the power of each of its columns."""


def from_one(columns: Columns) -> Columns:
    """Return the columns with sizes that may be zero, such as ``nnz``, counted from one: ``(nnz + 1)``.

    Whole numbers up to `COUNTS` or more are sizes; fewer may be switches, or names.
    """
    found = {}
    for name, values in columns.items():
        is_size = values.min() == 0 and values.max() >= COUNTS and bool((values == np.rint(values)).all())
        found[f"({name} + 1)" if is_size else name] = values + 1 if is_size else values
    return found


def candidates(exponents: Mapping[str, float], columns: Columns) -> dict[str, Exponents]:
    """Return products of powers of columns, near the exponents of a power law, the plainest first.

    The value of each is its exponents, where a logarithm counts for nothing.
    """
    rising = [name for name in exponents if exponents[name] > -0.3]
    falling = tuple((name, min(-1, round(exponents[name]))) for name in exponents if exponents[name] <= -0.3)
    wanted: list[Exponents] = []
    for monomial in _monomials(rising, exponents):
        wanted.append(monomial)
        if falling:
            wanted += [(*monomial, *falling), *((*monomial, (name, -1)) for name, _ in falling)]
    wanted += [falling, *(((name, -1),) for name, _ in falling)] if falling else []
    found = {_text(monomial): monomial for monomial in wanted}
    for name in rising:
        if columns[name].max() >= COUNTS:
            found[f"{name}*log2({name} + 1)"] = ((name, 1),)
            others = [other for other in rising if other != name]
            found |= {f"{name}*log2({name} + 1)*{each}": ((name, 1), (each, 1)) for each in others}
    return found


def _monomials(rising: Sequence[str], exponents: Mapping[str, float]) -> Iterator[Exponents]:
    order = sorted(rising, key=lambda name: -exponents[name])
    few = order[:MAX_SUBSETS]
    for count in range(1, len(few) + 1):
        for subset in combinations(few, count):
            names = [name for name in rising if name in subset]
            yield tuple((name, 1) for name in names)
            yield tuple((name, max(1, round(exponents[name]))) for name in names)
            if count <= 3:
                yield from (tuple((n, 1 + (n == squared)) for n in names) for squared in names)
    yield from (((name, 3),) for name in few)
    relevant = [name for name in rising if exponents[name] > 0.3]
    for left_out in (None, *(relevant if len(relevant) > MAX_SUBSETS else ())):
        names = [name for name in relevant if name != left_out]
        if names:
            yield tuple((name, max(1, round(exponents[name]))) for name in names)
            yield tuple((name, 1) for name in names)


def _text(monomial: Exponents) -> str:
    """Return ``a*b**2/c`` of its exponents."""
    above = [name if power == 1 else f"{name}**{power}" for name, power in monomial if power > 0]
    below = [name if power == -1 else f"{name}**{-power}" for name, power in monomial if power < 0]
    top = "*".join(above) or "1"
    if not below:
        return top
    return f"{top}/{below[0]}" if len(below) == 1 else f"{top}/({'*'.join(below)})"
