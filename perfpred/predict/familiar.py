"""What training saw of parameters together: products, quotients, single values, and where rows are dense.

Each parameter of a query may lie within its own range while the query is like no row of training: all
products were small, or all shapes square, or a value lies between two that were measured.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from perfpred.predict.checks import MAX_WEIGHT, Floats, length_of, require, require_finite, set_weights
from perfpred.predict.expressions import Columns, evaluate, n_rows, parsed
from perfpred.predict.ranges import FARTHEST, Range

MAX_CENTRES = 200
"""Rows that stand for all of training: a query is compared with each."""
_CHUNK = 1024
"""Rows whose distances from all centres are worked out together: so many stay in the cache."""
MAX_PAIRED = 6
"""Products and quotients are made of so many columns at most, those of the widest ranges."""
MAX_MULTIPLIED = 16
"""The product of all is of so many columns at most."""
SLACK = 1.5
"""Rows may be so much farther from the rest than those in training were from each other."""
MIN_RADIUS = 0.1
"""Octaves."""
LEVEL_WEIGHT = 0.7071067811865476
"""Of a 0/1 column: rows of different levels are an octave apart."""
SLACK_OCTAVES = 0.1
"""A product may leave its range by so much: few rows say where a range ends only so well."""


@dataclass(frozen=True, eq=False)
class Familiar:
    """The rows that training saw, as a test that a query is like them.

    Parameters
    ----------
    products : mapping of str to Range
        Products and quotients of columns, with the ranges that they had.
    axes : tuple of str
        d expressions over encoded columns, in octaves: logarithms of sizes, weighted 0/1 columns.
    centres : ndarray of shape (c, d)
        Values of the axes at rows that stand for all.
    radius : float
        Octaves from the nearest centre within which a query is familiar.
    levels : mapping of str to tuple of float
        The values, ascending, of columns that had few: what lies between was never measured.
    """

    products: Mapping[str, Range] = field(default_factory=dict)
    axes: tuple[str, ...] = ()
    centres: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    radius: float = 0.0
    levels: Mapping[str, tuple[float, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for text in (*self.products, *self.axes, *self.levels):
            parsed(text)
        set_weights(self, "centres", (*length_of(self, "centres"), len(self.axes)))
        require_finite(self, "radius")
        require(0 <= self.radius <= MAX_WEIGHT, self, f"0 <= radius <= {MAX_WEIGHT:g}", self.radius)
        for name, levels in self.levels.items():
            ascend = all(a < b for a, b in pairwise(levels))
            require(len(levels) > 0 and ascend, self, f"levels of {name} ascend", levels)

    @classmethod
    def of(
        cls,
        columns: Columns,
        levels: Mapping[str, tuple[float, ...]] | None = None,
        tested: Collection[str] = (),
    ) -> Familiar:
        """Return the test for rows of encoded columns of shape (n,); those in `tested` have one already."""
        axes = tuple(axis(name, values) for name, values in columns.items() if np.ptp(values) > 0)
        places = _places(axes, columns)
        centres = np.round(places[_spread_out(places)], 4)
        ranges = {
            text: _with_slack(evaluate(text, columns)) for text in products(columns) if text not in tested
        }
        return cls(ranges, axes, centres, _radius(places, centres), levels or {})

    def distances(self, columns: Columns) -> Floats:
        """Return how far encoded rows lie from the familiar ones, octaves, shape (n,)."""
        found = np.zeros(n_rows(columns))
        for text, seen in self.products.items():
            found = np.maximum(found, seen.all_beyond(loosely(text, columns)))
        if len(self.centres):
            places = _places(self.axes, columns)
            starts = range(0, len(places), _CHUNK)
            chunks = [self._from_centres(places[i : i + _CHUNK]) for i in starts]
            found = np.maximum(found, np.concatenate(chunks) if chunks else found)
        return np.minimum(found, FARTHEST)

    def from_centres(self, values: Sequence[float]) -> float:
        """Return how far one place of d values lies beyond the radius of the nearest centre, octaves."""
        side, cells = self._cells
        try:
            if tuple([value // side for value in values]) in cells:
                return 0.0  # no two points of one cell are farther apart than the radius
        except ZeroDivisionError:  # every row is at a centre
            pass
        place = np.array(values)
        with np.errstate(over="ignore", invalid="ignore"):
            squares = self._squares - self._doubled @ place
            squared = float(squares.min()) + float(place @ place)
        if squared <= self._squared_radius:
            return 0.0
        if not squared < np.inf:  # an axis has no value there
            return FARTHEST
        return min(float(np.sqrt(squared)) - self.radius, FARTHEST)

    def told(self, far: float) -> str:
        """Return a sentence on a place that is `far` octaves beyond the radius of the nearest centre."""
        nearest = f"the nearest is {far + self.radius:.1f} octaves away"
        return f"no row of training is like it: {nearest}, and rows of training are within {self.radius:.1f}"

    def from_levels(self, name: str, value: float) -> float:
        """Return how far a value lies from the nearest that a column of few values had, octaves."""
        return _between(value, self.levels[name])

    def all_from_levels(self, name: str, values: Floats) -> Floats:
        """Return what `from_levels` does of each value, shape (n,)."""
        distinct, places = np.unique(values, return_inverse=True)
        return np.array([self.from_levels(name, float(value)) for value in distinct])[places.reshape(-1)]

    def _from_centres(self, places: Floats) -> Floats:
        squares = self._squares - places @ self._doubled.T
        nearest = np.sqrt(np.maximum(squares.min(axis=1) + (places**2).sum(axis=1), 0.0))
        return np.asarray(np.maximum(nearest - self.radius, 0.0))

    @cached_property
    def _cells(self) -> tuple[float, frozenset[tuple[float, ...]]]:
        """The side of cells whose diagonal is a little less than the radius, and those that hold a centre."""
        side = 0.999 * self.radius / max(len(self.axes), 1) ** 0.5
        if side <= 0:
            return side, frozenset()
        return side, frozenset(tuple(value // side for value in centre) for centre in self.centres.tolist())

    @cached_property
    def _squares(self) -> Floats:
        return np.asarray((self.centres**2).sum(axis=1))

    @cached_property
    def _doubled(self) -> Floats:
        return 2 * self.centres

    @cached_property
    def _squared_radius(self) -> float:
        return self.radius**2


def loosely(text: str, columns: Columns) -> Floats:
    """Return the values of a product, shape (n,), infinity where it has none: nothing is farther away."""
    values = np.broadcast_to(parsed(text)(columns), (n_rows(columns),))
    return np.where(np.isfinite(values), values, np.inf)


def _between(value: float, levels: tuple[float, ...]) -> float:
    right = bisect_left(levels, value)
    if right < len(levels) and levels[right] == value:
        return 0.0
    ends = levels[max(right - 1, 0) : right + 1]
    return min(Range(end, end).beyond(value) for end in ends)


def products(columns: Columns) -> list[str]:
    """Return products and quotients of two positive columns, and the product of all.

    Columns are those of the widest ranges, `MAX_PAIRED` at most.

    Examples
    --------
    >>> products({"m": np.array([1.0, 8]), "n": np.array([2.0, 4])})
    ['m*n', 'm/n']
    """
    wide = [name for name, values in columns.items() if values.min() > 0 and np.ptp(values) > 0]
    wide.sort(key=lambda name: columns[name].min() / columns[name].max())
    used = [name for name in columns if name in wide[:MAX_PAIRED]]
    found = [f"{a}{sign}{b}" for a, b in combinations(used, 2) for sign in "*/"]
    everything = "*".join(name for name in columns if name in wide[:MAX_MULTIPLIED])
    return found if len(wide) < 3 else [*found, everything]


def axis(name: str, values: Floats) -> str:
    """Return the expression in octaves of a column that varies, from its values in training, shape (n,)."""
    low, high = float(values.min()), float(values.max())
    whole = bool((values == np.rint(values)).all())
    if low == 0 and high == 1 and whole:
        return f"{name}*{LEVEL_WEIGHT!r}"
    if low >= 0 and whole:
        return f"log2(max({name}, 0) + 1)"  # from 1 to 2 is a smaller step than from 100 to 200
    if low > 0:
        return f"log2(max({name}, {low / 1024!r}))"
    return f"{name}/{float(values.std())!r}"


def _with_slack(values: Floats) -> Range:
    slack = 2**SLACK_OCTAVES
    return Range(float(values.min()) / slack, float(values.max()) * slack)


def _places(axes: tuple[str, ...], columns: Columns) -> Floats:
    places = np.empty((n_rows(columns), len(axes)))
    for index, text in enumerate(axes):
        places[:, index] = evaluate(text, columns)
    return places


def _spread_out(places: Floats) -> NDArray[np.intp]:
    """Return rows, each the farthest from those before, until there are enough or all are near one."""
    if len(places) <= MAX_CENTRES:
        return np.arange(len(places))
    first = int(((places - places.mean(axis=0)) ** 2).sum(axis=1).argmin())
    chosen = [first]
    nearest = ((places - places[first]) ** 2).sum(axis=1)
    while len(chosen) < MAX_CENTRES and nearest.max() > 0:
        chosen.append(int(nearest.argmax()))
        nearest = np.minimum(nearest, ((places - places[chosen[-1]]) ** 2).sum(axis=1))
    return np.array(chosen)


def _radius(places: Floats, centres: Floats) -> float:
    """Return the distance within which all rows, but for a few outliers, are near another row."""
    if not places.shape[1] or len(places) < 2:
        return MIN_RADIUS
    squares = (centres**2).sum(axis=1)
    nearest = np.empty(len(places))
    for start in range(0, len(places), 4096):
        part = places[start : start + 4096]
        distances = np.maximum(squares - 2 * part @ centres.T + (part**2).sum(axis=1)[:, None], 0.0)
        distances[distances < 1e-6] = np.inf  # itself, and rows that are the same
        nearest[start : start + 4096] = distances.min(axis=1)
    finite = nearest[np.isfinite(nearest)]
    if not len(finite):
        return MIN_RADIUS
    return max(SLACK * float(np.sqrt(np.quantile(finite, 0.95))), MIN_RADIUS)
