"""From a serialized pipeline and example inputs to a `Graph`: bounds inferred, reads made linear."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence

from perfpred.errors import InputError
from perfpred.halide.graph.model import Access, Func, Graph, Input, Loop, Stage
from perfpred.halide.graph.names import calls, func_keys, in_order, loop_keys
from perfpred.halide.graph.operations import operations, substituted
from perfpred.halide.graph.ranges import Index, Interval, interval, linear
from perfpred.halide.graph.serialized import RawFunc, RawLoop, RawPipeline, RawStage
from perfpred.halide.graph.terms import Term

Regions = dict[str, list[Interval]]


def extract(
    pipeline: RawPipeline,
    images: Mapping[str, Input],
    scalars: Mapping[str, float],
    outputs: Sequence[Sequence[tuple[int, int]]],
    order: Mapping[str, int],
) -> Graph:
    """Return the graph of a pipeline at one size.

    Parameters
    ----------
    images, scalars : mapping
        Inputs, buffers of the pipeline's own among them, and parameters by Halide's names of them.
    outputs : sequence of sequence of (min, extent)
        Of each output's dimensions, in Halide's order.
    order : mapping of str to int
        The place of each Func in ``Pipeline.get_func``.

    Raises
    ------
    InputError
        If the pipeline is of a kind that cannot be scheduled here, or a Func's bounds cannot be found.
    """
    funcs = in_order(pipeline)
    _require_supported(pipeline, funcs, [len(dims) for dims in outputs])
    box: dict[str, Interval] = {name: (value, value) for name, value in scalars.items()}
    for name, image in images.items():
        for dimension, (low, high) in enumerate(image.ranges):
            box[f"{name}.min.{dimension}"] = (low, low)
            box[f"{name}.extent.{dimension}"] = (high - low + 1, high - low + 1)
            box[f"{name}.max.{dimension}"] = (high, high)
    regions: Regions = {
        name: [(float(low), float(low + extent) - 1) for low, extent in dims]
        for name, dims in zip(pipeline.outputs, outputs, strict=True)
    }
    builder = _Builder(func_keys(funcs), images, box, regions)
    for func in reversed(funcs):
        builder.spread(func)
    made = tuple(builder.func(func, order[func.name]) for func in funcs)
    used = dict.fromkeys(access.source for func in made for stage in func.stages for access in stage.accesses)
    inputs = tuple(image for image in images.values() if image.key in used)
    return Graph(algorithm_hash(funcs), made, inputs, tuple(builder.keys[name] for name in pipeline.outputs))


def algorithm_hash(funcs: Sequence[RawFunc]) -> str:
    """Return a hash of what a pipeline computes, whatever its Funcs and variables are called by Halide."""
    keys = func_keys(funcs)
    inputs: dict[str, str] = {}
    parts = []
    for func in funcs:
        parts.append(f"{keys[func.name]}:{[(kind.code, kind.bits) for kind in func.types]}")
        for stage in func.stages:
            names = _loop_names(func, stage)
            terms = [
                *stage.args,
                *stage.values,
                stage.predicate,
                *(end for r in stage.rvars for end in r[1:]),
            ]
            parts += [_text(substituted(term, {}), names, keys, inputs) for term in terms]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _text(term: Term, names: Mapping[str, str], keys: Mapping[str, str], inputs: dict[str, str]) -> str:
    name = term.name
    if term.kind == "Call":
        name = keys.get(name, inputs.setdefault(name, f"in{len(inputs)}") if term.value == 0 else name)
    elif term.kind == "Variable" and name in names:
        name = names[name]
    elif term.kind == "Variable":
        head, dot, tail = name.partition(".")
        name = inputs.setdefault(head, f"in{len(inputs)}") + dot + tail
    type_ = f"{term.type.code}.{term.type.bits}" if term.type else ""
    below = ",".join(_text(each, names, keys, inputs) for each in term.operands)
    return f"{term.kind}|{name}|{term.value!r}|{type_}({below})"


def _loop_names(func: RawFunc, stage: RawStage) -> dict[str, str]:
    return loop_keys(func.args, "d") | loop_keys([name for name, _, _ in stage.rvars], "r")


def _require_supported(pipeline: RawPipeline, funcs: Sequence[RawFunc], dimensions: Sequence[int]) -> None:
    problems = [f"Func {func.name} is defined outside Halide" for func in funcs if func.extern]
    problems += [f"Func {func.name} is not defined" for func in funcs if not func.stages and not func.extern]
    if len(pipeline.outputs) != len(dimensions):
        problems.append(f"it has {len(pipeline.outputs)} outputs, but got extents of {len(dimensions)}")
    for name, count in zip(pipeline.outputs, dimensions, strict=False):
        output = pipeline.funcs[name]
        if len(output.args) != count:
            problems.append(f"output {name} has {len(output.args)} dimensions, but got {count} extents")
    if problems:
        raise InputError(f"this pipeline cannot be scheduled: {'; '.join(problems)}")


class _Builder:
    """Finds the regions of Funcs from their consumers', then makes their stages."""

    def __init__(
        self,
        keys: Mapping[str, str],
        images: Mapping[str, Input],
        box: Mapping[str, Interval],
        regions: Regions,
    ) -> None:
        self.keys = keys
        self._images, self._box, self._regions = images, box, regions
        self._outputs = frozenset(regions)  # whose bounds are what they are given

    def spread(self, func: RawFunc) -> None:
        """Extend a Func's region by what its updates write, then its producers' by what it reads."""
        self._regions.setdefault(func.name, [(0.0, 0.0)] * len(func.args))
        self._regions[func.name] = self._checked(func)
        for stage in func.stages[1:]:
            self._extend(func.name, stage.args, self._stage_box(func, stage))
        self._regions[func.name] = self._checked(func)
        for stage in func.stages:
            box = self._stage_box(func, stage)
            for call in self._calls(stage):
                if call.name in self.keys:
                    self._extend(call.name, call.operands, box)
        self._regions[func.name] = self._checked(func)

    def func(self, func: RawFunc, order: int) -> Func:
        """Return a Func with its stages."""
        region = self._regions[func.name]
        names = loop_keys(func.args, "d")
        return Func(
            self.keys[func.name],
            tuple(names.values()),
            sum(kind.size_bytes for kind in func.types),
            all(kind.is_integer for kind in func.types),
            tuple(high - low + 1 for low, high in region),
            tuple(self._stage(func, stage) for stage in func.stages),
            order,
        )

    def _stage(self, func: RawFunc, stage: RawStage) -> Stage:
        names, box = _loop_names(func, stage), self._stage_box(func, stage)
        fixed = _fixed_extents(func, stage)
        loops = tuple(
            Loop(
                names.get(loop.var, loop.var),
                _extent(box.get(loop.var, (0.0, 0.0))),
                loop.purity < 2,
                loop.var in fixed,
            )
            for loop in self._original_loops(func, stage)
        )
        terms = [substituted(term, {}) for term in (*stage.values, *stage.args)]
        rvars = tuple(names[name] for name, _, _ in stage.rvars)
        return Stage(loops, rvars, operations(terms), self._accesses(func, stage, names, box))

    def _original_loops(self, func: RawFunc, stage: RawStage) -> list[RawLoop]:
        """Return a stage's loops before scheduling: reductions innermost, then the free dimensions."""
        impure = {loop.var: loop.purity for loop in stage.loops}
        free = [name for index, name in enumerate(func.args) if _is_variable(stage.args, index, name)]
        found = [RawLoop(name, "serial", impure.get(name, 2)) for name, _, _ in stage.rvars]
        return found + [RawLoop(name, "serial", 0) for name in free]

    def _accesses(
        self, func: RawFunc, stage: RawStage, names: Mapping[str, str], box: Mapping[str, Interval]
    ) -> tuple[Access, ...]:
        loops = frozenset(names)
        merged: dict[tuple[object, ...], Access] = {}
        for call in dict.fromkeys(self._calls(stage)):
            source = self.keys.get(call.name) or self._input(call.name)
            indices = tuple(_renamed(linear(each, box, loops), names) for each in call.operands)
            shape = (source, *(index and index.coefficients for index in indices))
            merged[shape] = _merged(merged.get(shape), Access(source, indices, 1.0))
        return tuple(merged.values())

    def _input(self, name: str) -> str:
        if name not in self._images:
            raise InputError(f"input {name} is read but no example of it is given")
        return self._images[name].key

    def _calls(self, stage: RawStage) -> list[Term]:
        terms = (*stage.values, *stage.args, stage.predicate)
        return [call for term in terms for call in calls(substituted(term, {}))]

    def _stage_box(self, func: RawFunc, stage: RawStage) -> dict[str, Interval]:
        box = dict(self._box)
        box.update(zip(func.args, self._regions[func.name], strict=True))
        for name, low, extent in stage.rvars:
            first, count = interval(low, box), interval(extent, box)
            box[name] = (first[0], max(first[0], first[1] + count[1] - 1))
            if not all(map(math.isfinite, box[name])):
                raise InputError(f"the extent of reduction variable {name} of {func.name} is not known")
        return box

    def _extend(self, name: str, indices: Sequence[Term], box: Mapping[str, Interval]) -> None:
        if name in self._outputs:
            return
        found = [interval(substituted(each, {}), box) for each in indices]
        known = self._regions.get(name)
        if known is None:
            self._regions[name] = found
        else:
            self._regions[name] = [
                (min(a[0], b[0]), max(a[1], b[1])) for a, b in zip(known, found, strict=True)
            ]

    def _checked(self, func: RawFunc) -> list[Interval]:
        """Return a region with what is not bounded taken from the Func's estimates."""
        region = list(self._regions[func.name])
        for index, (name, (low, high)) in enumerate(zip(func.args, region, strict=True)):
            if math.isfinite(low) and math.isfinite(high):
                continue
            if name not in func.estimates:
                raise InputError(
                    f"the bounds of {func.name} in {name} cannot be found: "
                    f"give it set_estimate({name}, min, extent)"
                )
            first, count = (interval(each, self._box)[0] for each in func.estimates[name])
            region[index] = (first, first + count - 1)
        return region


def _fixed_extents(func: RawFunc, stage: RawStage) -> set[str]:
    """Return the loops whose extents the algorithm fixes: reductions over constants, bounded dimensions."""
    extents = {name: extent for name, (_, extent) in func.bounds.items()}
    extents |= {name: extent for name, _, extent in stage.rvars}
    known = {name: interval(extent, {}) for name, extent in extents.items()}
    return {name for name, (low, high) in known.items() if low == high}


def _is_variable(args: Sequence[Term], index: int, name: str) -> bool:
    return index < len(args) and args[index].kind == "Variable" and args[index].name == name


def _renamed(index: Index | None, names: Mapping[str, str]) -> Index | None:
    if index is None:
        return None
    factors = tuple((names[name], factor) for name, factor in index.coefficients)
    return Index(factors, index.low, index.high, index.clamped)


def _merged(known: Access | None, new: Access) -> Access:
    """Return one access that covers two which move alike."""
    if known is None:
        return new
    indices = tuple(
        a and b and Index(a.coefficients, min(a.low, b.low), max(a.high, b.high), a.clamped and b.clamped)
        for a, b in zip(known.indices, new.indices, strict=True)
    )
    return Access(new.source, indices, known.count + 1)


def _extent(found: Interval) -> float:
    return found[1] - found[0] + 1
