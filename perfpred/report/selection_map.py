"""Which variant wins over two parameters, the others held: the selection map."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.predict.bank import Bank
from perfpred.predict.reading import Reader

STEPS, LEVELS, SLIDERS = 24, 5, 2
"""Cells along an axis, positions of a slider of another parameter, and parameters with a slider."""


@dataclass(frozen=True, eq=False)
class SelectionMap:
    """The winner at each point of a grid.

    Parameters
    ----------
    kernel, hardware : str
    x, y : str
        The parameters along the axes; `y` is empty where there is one numeric parameter alone.
    sliders : mapping of str to tuple of float
        Further parameters and their levels.
    held : mapping of str to float or str
        Parameters that do not move.
    variants : tuple of str
    cells : DataFrame
        Columns of `x`, `y` and the sliders, ``winner`` and ``second`` (indices of `variants`), ``gain`` (time
        of the second over the winner's, minus 1), ``tied`` (the winner is not clearly faster: the zone of
        indifference), ``in_range``, ``time_s``.
    """

    kernel: str
    hardware: str
    x: str
    y: str
    sliders: Mapping[str, tuple[float, ...]]
    held: Mapping[str, float | str]
    variants: tuple[str, ...]
    cells: pd.DataFrame


def selection_map(
    bank: Bank,
    kernel: str,
    hardware: str,
    *,
    steps: int = STEPS,
    levels: int = LEVELS,
    sliders: int = SLIDERS,
) -> SelectionMap:
    """Return the map of a kernel's variants on one hardware.

    The axes are the two parameters over which the winner changes most.

    Parameters
    ----------
    bank : Bank
    kernel, hardware : str
    steps, levels, sliders : int
        Cells along an axis, positions of a slider, and sliders; further parameters stay at the middle.

    Raises
    ------
    InputError
        If fewer than two variants are known there, or they have no numeric parameter in common.
    """
    readers = bank.readers(kernel, hardware)
    if len(readers) < 2:
        raise InputError(f"there is one variant of {kernel} on {hardware}: nothing to choose from")
    ranges = _ranges(readers)
    if not ranges:
        raise InputError(f"the variants of {kernel} on {hardware} have no numeric parameter in common")
    held = _held(readers, ranges)
    order = _by_influence(readers, ranges, held)
    x, y = (order[0], order[1] if len(order) > 1 else "")
    moved = {name: _levels(*ranges[name], levels) for name in order[2 : 2 + sliders]}
    axes = {name: _levels(*ranges[name], steps) for name in (x, y) if name}
    grid = _grid({**axes, **moved}, held)
    cells = _winners(readers, grid).assign(**{name: grid[name] for name in (*axes, *moved)})
    fixed = {name: value for name, value in held.items() if name not in (x, y, *moved)}
    variants = tuple(reader.predictor.combination.variant for reader in readers)
    return SelectionMap(kernel, hardware, x, y, moved, fixed, variants, cells)


def maps_of(bank: Bank, kernels: Collection[str] | None = None, **options: int) -> list[SelectionMap]:
    """Return the maps of kernels (all by default) and hardware that offer a choice, as of `selection_map`."""
    wanted = (key for key in bank.combinations if kernels is None or key.kernel in kernels)
    places = dict.fromkeys((key.kernel, key.hardware) for key in wanted)
    counts = {place: sum((k.kernel, k.hardware) == place for k in bank.combinations) for place in places}
    found = []
    for kernel, hardware in places:
        if counts[kernel, hardware] > 1:
            try:
                found.append(selection_map(bank, kernel, hardware, **options))
            except InputError:
                continue  # of other parameters: no grid holds them all
    return found


def _ranges(readers: Sequence[Reader]) -> dict[str, tuple[float, float]]:
    """Return the numeric parameters of all, over the range that all were trained in."""
    common = set.intersection(*(set(reader.predictor.ranges) for reader in readers))
    names = [name for name in readers[0].predictor.parameters if name in common]
    found = {}
    for name in names:
        spans = [reader.predictor.ranges[name] for reader in readers]
        low, high = max(span.low for span in spans), min(span.high for span in spans)
        if low < high:
            found[name] = (low, high)
    return found


def _held(readers: Sequence[Reader], ranges: Mapping[str, tuple[float, float]]) -> dict[str, float | str]:
    """Return a middle value of every parameter; the first of its categories."""
    held: dict[str, float | str] = {name: _middle(*span) for name, span in ranges.items()}
    for reader in readers:
        for name, span in reader.predictor.ranges.items():
            held.setdefault(name, _middle(span.low, span.high))
        for name, values in reader.predictor.encoding.categories.items():
            held.setdefault(name, values[0])
    return held


def _middle(low: float, high: float) -> float:
    return _levels(low, high, 3)[1] if low < high else low


def _levels(low: float, high: float, count: int) -> tuple[float, ...]:
    """Return values from `low` to `high`, evenly in the logarithm where the range spans decades.

    Examples
    --------
    >>> _levels(1, 100, 3), _levels(4, 8, 3), _levels(0, 2, 3)
    ((1.0, 10.0, 100.0), (4.0, 6.0, 8.0), (0.0, 1.0, 2.0))

    Whole numbers stay whole: a range between them is taken for one of counts.
    """
    wide = low > 0 and high / low > 8
    values = np.geomspace(low, high, count) if wide else np.linspace(low, high, count)
    if float(low).is_integer() and float(high).is_integer():
        values = np.unique(np.rint(values))
    return tuple(float(value) for value in values)


def _grid(axes: Mapping[str, Sequence[float]], held: Mapping[str, float | str]) -> pd.DataFrame:
    rows = pd.DataFrame(list(product(*axes.values())), columns=list(axes))
    return rows.assign(**{name: value for name, value in held.items() if name not in axes})


def _winners(readers: Sequence[Reader], grid: pd.DataFrame) -> pd.DataFrame:
    """Return the winner at each row, in the way `Bank.select` chooses: those in range first."""
    answers = [reader.predictor.answers(grid) for reader in readers]
    time_s = np.stack([found.value for found in answers])
    inside = np.stack([found.in_range for found in answers])
    rank = np.where(inside, time_s, time_s * 1e6)
    order = np.argsort(rank, axis=0)
    first, second = order[0], order[1]
    every = np.arange(len(grid))
    high, low = (np.stack([getattr(found, end) for found in answers]) for end in ("high", "low"))
    return pd.DataFrame(
        {
            "winner": first,
            "second": second,
            "gain": time_s[second, every] / time_s[first, every] - 1,
            "tied": (low[second, every] <= high[first, every]) & inside[second, every],
            "in_range": inside[first, every],
            "time_s": time_s[first, every],
        }
    )


def _by_influence(
    readers: Sequence[Reader], ranges: Mapping[str, tuple[float, float]], held: Mapping[str, float | str]
) -> list[str]:
    """Return the parameters, the one first over which the winner changes most from cell to cell."""
    rng = np.random.default_rng(0)
    n = 200
    base = pd.DataFrame({name: rng.choice(_levels(*span, 12), n) for name, span in ranges.items()})
    base = base.assign(**{name: value for name, value in held.items() if name not in ranges})
    winner = _winners(readers, base)["winner"].to_numpy()
    changed = {name: _changes(readers, base, name, span, winner, rng) for name, span in ranges.items()}
    return sorted(ranges, key=lambda name: -changed[name])


def _changes(
    readers: Sequence[Reader],
    base: pd.DataFrame,
    name: str,
    span: tuple[float, float],
    winner: NDArray[np.intp],
    rng: np.random.Generator,
) -> float:
    moved = base.assign(**{name: rng.choice(_levels(*span, 12), len(base))})
    return float((_winners(readers, moved)["winner"].to_numpy() != winner).mean())
