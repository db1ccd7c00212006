"""The extents that a pipeline function gives of its outputs: read in the several ways they may be written."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from typing import Any

from perfpred.errors import InputError

MOST = (1 << 31) - 1
Range = tuple[int | None, int]
"""Minimum, None where it is not given, and extent."""


def output_ranges(given: Any, dimensions: Sequence[int]) -> list[list[Range]]:
    """Return the ranges of each output's dimensions.

    Parameters
    ----------
    given : sequence
        The extents of all outputs in Halide's order, or a list of such lists, one per output. An extent may
        be a pair of minimum and extent.
    dimensions : sequence of int
        How many each output has.

    Raises
    ------
    InputError
        If they are none, do not fit the outputs, or can be read in two ways.

    Examples
    --------
    >>> output_ranges([64, (1, 48)], [2])
    [[(None, 64), (1, 48)]]
    >>> output_ranges([[64], []], [1, 0])
    [[(None, 64)], []]
    """
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InputError(f"output extents must be a list, but are {type(given).__name__}")
    items = list(given)
    shared, separate = _ranges(items), [_ranges(each) for each in items]
    readings = []
    if shared is not None and all(len(shared) == count for count in dimensions):
        readings.append([shared] * len(dimensions))
    if [each if each is None else len(each) for each in separate] == list(dimensions):
        readings.append([each for each in separate if each is not None])
    if len(readings) == 2 and readings[0] != readings[1]:
        if not all(isinstance(each, list) for each in items):
            raise InputError(
                f"output extents {_shown(items)} can be read in two ways, as extents of each output and as "
                f"pairs of minimum and extent: give a list of lists, such as {[list(each) for each in items]}"
            )
        readings = readings[1:]
    if not readings:
        raise InputError(_misfit(items, shared, dimensions))
    return [[_checked(each, items) for each in found] for found in readings[0]]


def _ranges(given: Any) -> list[Range] | None:
    """Return a list of extents and pairs as ranges, None if it is no such list."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        return None
    found = [_range(each) for each in given]
    return None if None in found else [each for each in found if each is not None]


def _range(given: Any) -> Range | None:
    pair = list(given) if isinstance(given, list | tuple) else [None, given]
    try:
        low = None if pair[0] is None and len(pair) == 2 else operator.index(pair[0])
        return (low, operator.index(pair[1])) if len(pair) == 2 else None
    except (TypeError, IndexError):
        return None


def _checked(found: Range, given: Sequence[Any]) -> Range:
    low, extent = found
    if not 1 <= extent <= MOST:
        raise InputError(f"output extents must be at least 1 and at most {MOST}, but got {_shown(given)}")
    if low is not None and not -MOST <= low <= MOST - extent:
        raise InputError(f"output minima and maxima must be in -{MOST}..{MOST}, but got {_shown(given)}")
    return found


def _misfit(items: Sequence[Any], shared: Sequence[Range] | None, dimensions: Sequence[int]) -> str:
    given = _shown(items)
    if shared is None and len(dimensions) == 1:
        return f"output extents must be whole numbers or pairs of minimum and extent, but got {given}"
    if len(dimensions) == 1:
        return f"the output has {dimensions[0]} dimensions, but got extents {given}"
    counts = ", ".join(map(str, dimensions))
    return (
        f"the {len(dimensions)} outputs have {counts} dimensions, but got extents {given}: give one list for "
        "all of them, or a list of lists, one per output"
    )


def _shown(given: Sequence[Any]) -> str:
    text = repr(tuple(given))
    return text if len(text) <= 100 else f"{text[:97]}..."
