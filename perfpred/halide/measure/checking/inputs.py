"""Inputs that a pipeline is checked on beside the user's examples: drawn anew, of the examples' kind.

Examples are often zeros, ones or gradients, on which a wrong schedule computes what a right one does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
FEW, LOOKED_AT = 16, 1 << 16
"""An example of at most so many distinct values, each there often, is a mask or labels; values looked at."""
BLOCK, OWN_SHARE = 5, 0.1
"""The side of a block of like values, and what part of the difference from it a value keeps."""
NATURAL = {8: 255, 16: 4095, 32: 255, 64: 255}
"""The largest integer drawn for a constant example, by its bits: few sums and products of them overflow."""


def random_like(example: Array, seed: Sequence[int], *, blocks: bool = False) -> Array:
    """Return an array of an example's shape and type whose values are random, but of the example's kind.

    Masks and labels stay such, integers and whole numbers stay in their range, floats too; offsets in order
    stay in order, and permutations stay permutations. A constant example has the natural range of its type.
    All values are finite.

    Parameters
    ----------
    example : ndarray
        The array to be like.
    seed : sequence of int
        Of the values.
    blocks : bool
        Whether neighbours have about the same value, except at edges, as in a photo.
    """
    rng, finite = np.random.default_rng(seed), _finite(example)
    if blocks and example.dtype.kind != "b" and not _is_labels(finite):
        return _in_blocks(random_like(example, seed))
    if not finite.size or finite.min() == finite.max():
        return _natural(example, finite, rng)
    whole = example.dtype.kind != "f" or bool(np.all(finite == np.round(finite)))
    low, high = finite.min(), finite.max()
    if _is_labels(finite):
        return _shaped(rng.choice(np.unique(finite), example.shape), example)
    if not whole:
        return _shaped(_floats(example, rng) * (high - low) + low, example)
    if example.dtype.kind in "iu" and example.ndim == 1:
        if np.array_equal(np.sort(finite), np.arange(low, int(low) + finite.size)):
            return _shaped(rng.permutation(finite), example)
        drawn = _integers(example, int(low), int(high), rng)
        if np.all(finite[1:] >= finite[:-1]):
            drawn = np.sort(drawn)
            drawn[[0, -1]] = low, high
        return _shaped(drawn, example)
    return _shaped(_integers(example, int(low), int(high), rng), example)


def _in_blocks(values: Array) -> Array:
    """Return values drawn together to those of blocks of the last two axes, if both are long enough."""
    if values.ndim < 2 or min(values.shape[-2:]) < 2 * BLOCK:
        return values
    coarse = values[..., ::BLOCK, ::BLOCK].repeat(BLOCK, -2).repeat(BLOCK, -1)
    near = coarse[..., : values.shape[-2], : values.shape[-1]].astype(np.float64)
    mixed = near + OWN_SHARE * (values.astype(np.float64) - near)
    return _shaped(mixed if values.dtype.kind == "f" else np.round(mixed), values)


def moved(values: Array, relative: float, seed: Sequence[int]) -> Array:
    """Return floats, each up or down by a relative amount; other values as they are."""
    if values.dtype.kind != "f":
        return values
    up = np.random.default_rng(seed).integers(0, 2, values.shape, dtype=np.int8)
    factor = np.where(up, 1 + relative, 1 - relative)
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((values * factor).astype(values.dtype))


def _finite(example: Array) -> Array:
    flat = example.ravel()
    return flat[np.isfinite(flat)] if example.dtype.kind == "f" else flat


def _is_labels(finite: Array) -> bool:
    if finite.dtype.kind == "b":
        return True
    some = finite[:: -(-finite.size // LOOKED_AT)]
    count = np.unique(some).size
    return count <= min(FEW, finite.size // 4) and np.unique(finite).size == count


def _natural(example: Array, finite: Array, rng: np.random.Generator) -> Array:
    """Return values of a type's natural range, widened to hold the constant of an example."""
    constant = finite[0].item() if finite.size else 0
    if example.dtype.kind == "b":
        return rng.integers(0, 2, example.shape).astype(np.bool_)
    if example.dtype.kind == "f":
        return _shaped(_floats(example, rng) * max(1.0, abs(constant)) * (-1 if constant < 0 else 1), example)
    limits = np.iinfo(example.dtype)
    largest = NATURAL[limits.bits]
    low, high = (-largest if limits.bits <= 16 else 0), largest
    low, high = max(limits.min, min(low, constant)), min(limits.max, max(high, constant))
    return _shaped(_integers(example, low, high, rng), example)


def _floats(example: Array, rng: np.random.Generator) -> Array:
    return rng.random(example.shape, dtype=np.float64 if example.dtype.itemsize == 8 else np.float32)


def _integers(example: Array, low: int, high: int, rng: np.random.Generator) -> Array:
    kind = np.uint64 if high > np.iinfo(np.int64).max else np.int64
    return rng.integers(low, high, example.shape, dtype=kind, endpoint=True)


def _shaped(values: Array, example: Array) -> Array:
    return np.asarray(values).astype(example.dtype)
