"""Where the elements of inputs and outputs lie: the minimum, extent and stride of each dimension."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.halide.graph.intervals import Interval
from perfpred.halide.graph.terms import Term
from perfpred.halide.pipeline.constraints import number, of_buffer, terms_of

Dims = tuple[tuple[int, int, int], ...]
"""Minimum, extent and stride of each dimension, in Halide's order, strides in elements."""


@dataclass(frozen=True)
class Shape:
    """What is known of a buffer before it is laid out, in Halide's order; None: not given.

    Attributes
    ----------
    name : str
    extents : tuple of int
    minima : tuple of int, optional
        Of each dimension.
    strides : tuple of int, optional
        Of each dimension, in elements.
    fixed : bool
        What of them the pipeline itself fixes.
    """

    name: str
    extents: tuple[int, ...]
    minima: tuple[int | None, ...]
    strides: tuple[int | None, ...]
    fixed: bool = False

    @classmethod
    def of(cls, name: str, example: Any) -> Shape:
        """Return the shape of an array, whose own strides may be asked for, or of an ``hl.Buffer``.

        A buffer says all of its layout itself.
        """
        if isinstance(example, np.ndarray):
            strides = tuple(stride // example.itemsize for stride in example.strides[::-1])
            return cls(name, example.shape[::-1], (None,) * example.ndim, strides)
        dims = [example.dim(index) for index in range(example.dimensions())]
        minima, extents = tuple(dim.min() for dim in dims), tuple(dim.extent() for dim in dims)
        return cls(name, extents, minima, tuple(dim.stride() for dim in dims), fixed=True)

    @classmethod
    def of_ranges(cls, name: str, ranges: Sequence[tuple[int | None, int]]) -> Shape:
        """Return the shape of an output whose minima and extents are given."""
        none = (None,) * len(ranges)
        return cls(name, tuple(extent for _, extent in ranges), tuple(low for low, _ in ranges), none)

    @property
    def known(self) -> dict[str, Interval]:
        """What Halide's variables of its layout are, as far as they are given."""
        columns = {"extent": self.extents, "min": self.minima, "stride": self.strides if self.fixed else ()}
        return {
            f"{self.name}.{what}.{index}": (float(value), float(value))
            for what, values in columns.items()
            for index, value in enumerate(values)
            if value is not None
        }


def laid_out(
    shape: Shape, parameter: Any, box: dict[str, Interval], lows: Mapping[int, Term] | None = None
) -> Dims:
    """Return the layout of a buffer: what is said of its ``hl.Parameter`` holds as far as it can.

    Parameters
    ----------
    shape : Shape
        What the pipeline asks for.
    parameter : object
        The input.
    box : dict
        What sizes and parameters are; the buffer's own are added, for those that come after it.
    lows : mapping, optional
        Minima of dimensions of which nothing else is said.
    """
    said = terms_of(of_buffer(parameter))
    minima = []
    for index, given in enumerate(shape.minima):
        low = said.get(("min", index), (lows or {}).get(index))
        found = number(low, box) if given is None else given
        minima.append(found or 0)
        _know(box, f"{shape.name}.min.{index}", minima[-1])
    if shape.fixed:
        return tuple(zip(minima, shape.extents, (stride or 0 for stride in shape.strides), strict=True))
    wanted = _said_strides(shape, said, box)
    strides = _strides(shape, wanted, asked=_asks(said))
    for index, stride in enumerate(strides):
        _know(box, f"{shape.name}.stride.{index}", stride)
    return tuple(zip(minima, shape.extents, strides, strict=True))


def _said_strides(
    shape: Shape, said: Mapping[tuple[str, int], Term], box: dict[str, Interval]
) -> list[int | None]:
    """Return the strides that are asked for; one may be an expression of others."""
    wanted: list[int | None] = [None] * len(shape.extents)
    for _ in shape.extents:
        wanted = [number(said.get(("stride", index)), box) for index in range(len(shape.extents))]
        for index, stride in enumerate(wanted):
            if stride is not None:
                _know(box, f"{shape.name}.stride.{index}", stride)
    return wanted


def _know(box: dict[str, Interval], name: str, value: int) -> None:
    box[name] = (float(value), float(value))


def _asks(said: Mapping[tuple[str, int], Any]) -> bool:
    """Whether another layout than the usual is asked for: dense, dimension 0 first."""
    strides = {index: term for (what, index), term in said.items() if what == "stride"}
    return set(strides) != {0} or number(strides[0], {}) != 1


def _strides(shape: Shape, wanted: Sequence[int | None], *, asked: bool) -> list[int]:
    """Return the array's own strides if others than the usual are asked for and these are such."""
    own = [stride for stride in shape.strides if stride is not None]
    fits = all(want is None or want == stride for want, stride in zip(wanted, own, strict=False))
    if asked and fits and len(own) == len(shape.extents) and is_compact(shape.extents, own):
        return own
    return packed(shape.extents, wanted)


def is_compact(extents: Sequence[int], strides: Sequence[int]) -> bool:
    """Whether strides are positive and no two elements lie at one place."""
    ordered = sorted((stride, extent) for stride, extent in zip(strides, extents, strict=True) if extent > 1)
    needed = 1
    for stride, extent in ordered:
        if stride < needed:
            return False
        needed = stride * extent
    return True


def packed(extents: Sequence[int], wanted: Sequence[int | None]) -> list[int]:
    """Return strides: those wanted, the others as small as can be, the first dimensions' first.

    Examples
    --------
    >>> packed([4, 3, 2], [None, None, None])
    [1, 4, 12]
    >>> packed([4, 5, 3], [3, None, 1])
    [3, 12, 1]
    >>> packed([4, 5, 3], [1, 12, 4])
    [1, 12, 4]
    >>> packed([4, 1, 2], [None, None, None])
    [1, 4, 4]
    """
    found = dict(enumerate(wanted))
    for index, extent in enumerate(extents):
        if found[index] is not None:
            continue
        known = [(extents[other], stride) for other, stride in found.items() if stride is not None]
        choices = sorted({1, *(abs(size * stride) for size, stride in known)})
        sizes, strides = [size for size, _ in known], [stride for _, stride in known]
        free = (each for each in choices if is_compact([max(extent, 2), *sizes], [each, *strides]))
        found[index] = next(free, choices[-1])
    return [stride or 0 for stride in found.values()]


def as_array(buffer: Any) -> NDArray[Any]:
    """Return what an ``hl.Buffer`` holds, dimension 0 last."""
    return np.array(buffer)
