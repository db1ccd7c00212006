"""What Funcs can return, where an index is computed by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from perfpred.halide.graph.intervals import Interval, fitted, of_type
from perfpred.halide.graph.ranges import Ranges, Values
from perfpred.halide.graph.raw import RawFunc
from perfpred.halide.graph.terms import Term

MAX_DEPTH = 16
"""Funcs that are followed into each other; beyond, their types alone are known."""
MAX_TERMS = 100_000
"""Terms that are looked at in all."""


class FuncValues:
    """Bounds of the values of Funcs with one definition; of others, what their types can hold.

    Parameters
    ----------
    funcs : mapping of str to RawFunc
        By Halide's names of them.
    ranges : callable
        Makes `Ranges` of a definition from the intervals of its Func's dimensions, and this.
    """

    def __init__(
        self, funcs: Mapping[str, RawFunc], ranges: Callable[[Mapping[str, Interval], Values], Ranges]
    ) -> None:
        self._funcs, self._ranges = funcs, ranges
        self._known: dict[tuple[object, ...], Interval] = {}
        self._depth, self._left = 0, MAX_TERMS

    def __call__(self, call: Term, indices: Sequence[Interval]) -> Interval:
        """Return what a call can return while its indices are in some intervals."""
        func = self._funcs.get(call.name)
        if func is None or len(func.stages) != 1 or self._depth >= MAX_DEPTH or self._left <= 0:
            return of_type(call.result)
        key = (call.name, call.value_index, tuple(indices))
        if key not in self._known:
            self._known[key] = self._evaluated(func, call, indices)
        return self._known[key]

    def _evaluated(self, func: RawFunc, call: Term, indices: Sequence[Interval]) -> Interval:
        ranges = self._ranges(dict(zip(func.args, indices, strict=True)), self)
        self._depth += 1
        try:
            found = ranges.interval(func.stages[0].values[call.value_index])
        finally:
            self._depth -= 1
            self._left -= len(ranges.known)
        return fitted(found, call.result)
