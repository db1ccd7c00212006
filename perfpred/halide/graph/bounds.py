"""How much of each Func is needed: regions, spread from the outputs to all that is read for them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from perfpred.errors import InputError
from perfpred.halide.graph.intervals import EVERYTHING, Interval, hull, is_finite
from perfpred.halide.graph.provable import Provable
from perfpred.halide.graph.ranges import Ranges
from perfpred.halide.graph.raw import RawFunc, RawStage
from perfpred.halide.graph.terms import Term, walk
from perfpred.halide.graph.values import FuncValues

Regions = dict[str, list[Interval]]
MAX_GUESS = 65536.0
"""Values that are taken to be read, at most, of a Func whose bounds nobody knows."""


class Bounds:
    """Regions of Funcs, by Halide's names of them.

    Parameters
    ----------
    funcs : mapping of str to RawFunc
    box : mapping of str to interval
        What is known of parameters and inputs.
    regions : mapping of str to list of interval
        Those of the outputs, which are what they are given.

    Attributes
    ----------
    regions : dict of str to list of interval
        Those of all Funcs, once they were spread.
    unbounded : dict of str to set of str
        The dimensions of Funcs along which Halide does not find bounds of what is read.
    values : FuncValues
        What Funcs can return.
    """

    def __init__(self, funcs: Mapping[str, RawFunc], box: Mapping[str, Interval], regions: Regions) -> None:
        self.regions = dict(regions)
        self.unbounded: dict[str, set[str]] = {name: set() for name in funcs}
        self.values = FuncValues(funcs, lambda args, values: Ranges({**box, **args}, values))
        # to Halide, a Func's dimensions are anything where it asks for the Func's values
        self._provable = FuncValues(funcs, lambda args, values: Provable(dict.fromkeys(args, False), values))
        self._funcs, self._box, self._outputs = funcs, box, frozenset(regions)
        self._lost: dict[str, set[str]] = {name: set() for name in funcs}
        self._reads: dict[str, float] = {}

    def spread(self, funcs: Sequence[RawFunc]) -> None:
        """Find the regions of all Funcs, which are given producers first.

        Raises
        ------
        InputError
            If Halide refuses a Func because its bounds cannot be found.
        """
        for func in reversed(funcs):
            self._spread(func)

    def stage_box(self, func: RawFunc, stage: RawStage) -> dict[str, Interval]:
        """Return what is known of the variables of a stage: its loops too.

        Raises
        ------
        InputError
            If the extent of a reduction is not known.
        """
        box = dict(self._box)
        box.update(zip(func.args, self.regions[func.name], strict=True))
        for name, low, extent in stage.rvars:
            ranges = Ranges(box, self.values)
            first, count = ranges.interval(low), ranges.interval(extent)
            box[name] = (first[0], max(first[0], first[1] + count[1] - 1))
            if not is_finite(box[name]):
                unknown = [each.name for each in walk((low, extent)) if each.kind == "Variable"]
                missing = ", ".join(each for each in unknown if each not in box)
                raise InputError(
                    f"the extent of reduction variable {name} of {func.name} is not known"
                    + (f": give {missing} among the inputs, with an example" if missing else "")
                )
        return box

    def _spread(self, func: RawFunc) -> None:
        """Extend a Func's region by what its updates write, then its producers' by what it reads."""
        self.regions.setdefault(func.name, [(0.0, 0.0)] * len(func.args))
        self._check(func)
        for stage in func.stages[1:]:
            self._extend(func.name, func, stage, [stage.args])
        self._check(func)
        for stage in func.stages:
            read: dict[str, list[Sequence[Term]]] = {}
            for call in stage.reads:
                if call.name in self._funcs:
                    read.setdefault(call.name, []).append(call.operands)
            for name, indices in read.items():
                self._extend(name, func, stage, indices)
        self._check(func)

    def _extend(self, name: str, reader: RawFunc, stage: RawStage, found: Sequence[Sequence[Term]]) -> None:
        """Extend a Func's region by what a stage reads of it, or writes: indices of each call."""
        if name in self._outputs:
            return
        box = self.stage_box(reader, stage)
        loops = (*reader.args, *(name for name, _, _ in stage.rvars))
        ranges = Ranges(box, self.values)
        known = Ranges({**box, **dict.fromkeys(self._lost[reader.name], EVERYTHING)}, self.values)
        without = self.unbounded[reader.name]
        provable = Provable({loop: loop not in without for loop in loops}, self._provable)
        args = self._funcs[name].args
        for indices in found:
            region = [ranges.interval(each) for each in indices]
            self.regions[name] = [
                hull(pair) for pair in zip(self.regions.get(name, region), region, strict=True)
            ]
            self._lost[name] |= _infinite(args, [known.interval(each) for each in indices])
            self.unbounded[name] |= _infinite(args, [provable.interval(each) for each in indices])
        points = math.prod(high - low + 1 for low, high in (box[loop] for loop in loops))
        self._reads[name] = max(self._reads.get(name, 1.0), points * len(found))

    def _check(self, func: RawFunc) -> None:
        """Replace what is not bounded of a region by what the Func was given, or by a guess.

        The guess is as many values as are read. Halide inlines such a Func; it refuses one with updates.
        """
        region, left = self.regions[func.name], self._reads.get(func.name, 1.0)
        refused = self._lost[func.name] & self.unbounded[func.name] if len(func.stages) > 1 else set()
        for index, name in enumerate(func.args):
            if name in refused:
                raise InputError(
                    f"Func {func.name} has updates and is read or written without bounds in {name}, which "
                    "Halide refuses: clamp the index, as in hl.clamp(index, low, high)"
                )
            bound = self._given(func.bounds.get(name))
            if bound is not None and func.name not in self._outputs:
                region[index] = bound
            elif not is_finite(region[index]):
                estimate = self._given(func.estimates.get(name))
                region[index] = estimate or (0.0, min(left, MAX_GUESS) - 1)
                left = left if estimate else 1.0

    def _given(self, ends: tuple[Term, Term] | None) -> Interval | None:
        """Return the interval of a minimum and an extent, None if they are not known."""
        low, extent = (Ranges(self._box).interval(each)[0] for each in ends) if ends else (-math.inf, 0.0)
        return (low, low + extent - 1) if math.isfinite(low) and math.isfinite(extent) else None


def _infinite(args: Sequence[str], found: Sequence[Interval]) -> set[str]:
    return {arg for arg, each in zip(args, found, strict=True) if not is_finite(each)}
