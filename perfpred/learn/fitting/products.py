"""Complexity-style products of the parameters of a tuning space: threads per block, work per thread, tiles.

Time depends on such products more than on the parameters themselves. Which of them mean something differs
from kernel to kernel, so all pairs are offered and the models choose.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from perfpred.complexity import Complexity

WARP = 32
"""Threads that a GPU runs together; a block that is no multiple wastes the rest."""
MIN_BLOCK = 64
"""Products whose largest value is less count no threads."""
LARGEST_POWER = 1024
"""Greatest power of two whose divisibility is asked for: the most threads of a GPU's block."""
MAX_PRODUCTS = 120
"""Expressions at most: a model takes time by their number."""

Columns = Mapping[str, NDArray[np.float64]]


def products(columns: Columns) -> dict[str, str]:
    """Return expressions over the numeric columns that take three values or more, all > 0, by themselves.

    For each pair the logarithms of product and quotient; of all together, the product. For whole numbers
    also how often 2 divides a column or a product, and the share of the last warp that stays idle.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n,)
        Encoded columns.

    Returns
    -------
    dict of str to str
        At most `MAX_PRODUCTS`, the plainest first; none that is constant on `columns`.

    Examples
    --------
    >>> list(products({"x": np.array([1.0, 2, 4]), "y": np.array([0.5, 1.5, 2])}))
    ['log2(x*y)', 'log2(x/y)']
    """
    sizes = [name for name, values in columns.items() if values.min() > 0 and len(np.unique(values)) > 2]
    whole = [name for name in sizes if (columns[name] == np.rint(columns[name])).all()]
    found = (text for text in _wanted(sizes, whole, columns) if _varies(text, columns))
    return {text: text for text, _ in zip(dict.fromkeys(found), range(MAX_PRODUCTS), strict=False)}


def _wanted(sizes: list[str], whole: list[str], columns: Columns) -> Iterator[str]:
    pairs = list(combinations(sizes, 2))
    yield from (f"log2({a}*{b})" for a, b in pairs)
    if len(sizes) > 2:
        yield f"log2({'*'.join(sizes)})"
    yield from (_twos(name) for name in whole if _is_ever_odd(name, columns))
    whole_pairs = [f"({a}*{b})" for a, b in combinations(whole, 2)]
    odd = [pair for pair in whole_pairs if _is_ever_odd(pair, columns)]
    yield from (_twos(pair) for pair in odd)
    yield from (f"log2({a}/{b})" for a, b in pairs)
    yield from (_idle(pair) for pair in whole_pairs if Complexity(pair)(columns).max() >= MIN_BLOCK)


def _varies(text: str, columns: Columns) -> bool:
    return float(np.ptp(Complexity(text)(columns))) > 1e-9


def _is_ever_odd(text: str, columns: Columns) -> bool:
    """Say whether not all values are powers of two: then how often 2 divides them is the logarithm again."""
    logs = np.log2(Complexity(text)(columns))
    return bool((logs != np.rint(logs)).any())


def _twos(text: str) -> str:
    powers = [2**exponent for exponent in range(1, LARGEST_POWER.bit_length())]
    return " + ".join(f"({text} % {power} == 0)" for power in powers)


def _idle(text: str) -> str:
    return f"(-{text}) % {WARP} / {text}"
