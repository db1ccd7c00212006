"""How much of each Func is needed: regions, spread from the outputs to all that is read for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from perfpred.errors import InputError
from perfpred.halide.graph.intervals import Interval, hull, is_finite
from perfpred.halide.graph.ranges import Ranges
from perfpred.halide.graph.serialized import RawFunc, RawStage
from perfpred.halide.graph.terms import Term
from perfpred.halide.graph.values import FuncValues

Regions = dict[str, list[Interval]]


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
    values : FuncValues
        What Funcs can return.
    """

    def __init__(self, funcs: Mapping[str, RawFunc], box: Mapping[str, Interval], regions: Regions) -> None:
        self.regions = dict(regions)
        self.values = FuncValues(funcs, box)
        self._funcs, self._box, self._outputs = funcs, box, frozenset(regions)

    def spread(self, funcs: Sequence[RawFunc]) -> None:
        """Find the regions of all Funcs, which are given producers first.

        Raises
        ------
        InputError
            If a Func's bounds cannot be found.
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
                raise InputError(f"the extent of reduction variable {name} of {func.name} is not known")
        return box

    def _spread(self, func: RawFunc) -> None:
        """Extend a Func's region by what its updates write, then its producers' by what it reads."""
        self.regions.setdefault(func.name, [(0.0, 0.0)] * len(func.args))
        self._check(func)
        for stage in func.stages[1:]:
            self._extend(func.name, stage.args, self._ranges(func, stage))
        self._check(func)
        for stage in func.stages:
            ranges = self._ranges(func, stage)
            for call in stage.reads:
                if call.name in self._funcs:
                    self._extend(call.name, call.operands, ranges)
        self._check(func)

    def _ranges(self, func: RawFunc, stage: RawStage) -> Ranges:
        return Ranges(self.stage_box(func, stage), self.values)

    def _extend(self, name: str, indices: Sequence[Term], ranges: Ranges) -> None:
        if name in self._outputs:
            return
        found = [ranges.interval(each) for each in indices]
        known = self.regions.get(name, found)
        self.regions[name] = [hull(pair) for pair in zip(known, found, strict=True)]

    def _check(self, func: RawFunc) -> None:
        """Take what is not bounded of a Func's region from its estimates."""
        region = self.regions[func.name]
        for index, name in enumerate(func.args):
            if is_finite(region[index]):
                continue
            if name not in func.estimates:
                raise InputError(
                    f"the bounds of {func.name} in {name} cannot be found: "
                    f"give it set_estimate({name}, min, extent)"
                )
            first, count = (Ranges(self._box).interval(each)[0] for each in func.estimates[name])
            region[index] = (first, first + count - 1)
