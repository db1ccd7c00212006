"""Expressions that kernels offer to predictors, which choose among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

VECTORS = (4, 8, 16, 32, 64)
"""Lengths in which code takes elements: vectors, unrolled vectors, tiles."""
TILES = (6, 12, 14, 24, 48)
"""Rows and columns of the blocks that products of matrices keep in registers, such as 6 by 16 with AVX2."""
MIN_EXTENT = 8
"""A column whose largest value is less is no extent of a loop."""


def remainders(dimension: str) -> dict[str, str]:
    """Return what is left of a contiguous dimension after whole vectors, which costs extra.

    Examples
    --------
    >>> remainders("n")["n_mod_16"]
    'n % 16 / 16'
    """
    divisible = " + ".join(f"({dimension} % {power} == 0)" for power in (2, 4, 8, 16))
    return {
        f"{dimension}_power_of_two": divisible,
        f"{dimension}_mod_16": f"{dimension} % 16 / 16",
        f"{dimension}_mod_4": f"{dimension} % 4 / 4",
    }


def candidates(extents: Iterable[str]) -> dict[str, str]:
    """Return expressions for what happens at the ends of loops of these extents, by themselves.

    For each extent: what is left of it after whole vectors or tiles, as a share of the vector, of the
    extent, and of the work done if the last vector is computed whole; whether anything is left; how often
    2 divides it, since that decides alignment and conflicts in caches; and whether it is small.

    Examples
    --------
    >>> list(candidates(["n"]))[:3]
    ['n % 4 / 4', 'n % 8 / 8', 'n % 16 / 16']
    """
    found: list[str] = []
    for extent in extents:
        found += [f"{extent} % {length} / {length}" for length in (*VECTORS, TILES[0])]
        found += [f"{extent} % {length} == 0" for length in (*VECTORS, TILES[0])]
        found += [_waste(extent, length) for length in (*VECTORS, *TILES)]
        found += [f"{extent} % {length} / {extent}" for length in (8, 16)]
        found += [_twos(extent, 16), _twos(extent, 64)]
        found += [f"min({extent}, {length}) / {length}" for length in (4, 16, 64)]
    return {text: text for text in found}


def extents_of(columns: Mapping[str, NDArray[np.float64]]) -> tuple[str, ...]:
    """Return the columns, of shape (n,), that may be extents of loops: those of whole numbers."""
    return tuple(name for name, values in columns.items() if _may_be_extent(values))


def _may_be_extent(values: NDArray[np.float64]) -> bool:
    whole = bool((values == np.rint(values)).all())
    return whole and values.min() >= 1 and values.max() >= MIN_EXTENT


def _waste(extent: str, length: int) -> str:
    padded = f"ceil({extent}/{length})*{length}"
    return f"1 - {extent}/({padded})"


def _twos(extent: str, largest: int) -> str:
    powers = [2**exponent for exponent in range(1, largest.bit_length())]
    return " + ".join(f"({extent} % {power} == 0)" for power in powers)
