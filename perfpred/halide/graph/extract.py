"""From a serialized pipeline and example inputs to a `Graph`: bounds inferred, reads made linear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from perfpred.errors import InputError
from perfpred.halide.graph.bounds import Bounds
from perfpred.halide.graph.digests import stage_loops
from perfpred.halide.graph.identity import identity_of
from perfpred.halide.graph.index import Forms, Index, joined
from perfpred.halide.graph.intervals import Interval
from perfpred.halide.graph.model import Access, Func, Graph, Input, Loop, Stage
from perfpred.halide.graph.names import func_keys, in_order, loop_keys
from perfpred.halide.graph.operations import operations
from perfpred.halide.graph.ranges import Ranges
from perfpred.halide.graph.raw import RawFunc, RawLoop, RawPipeline, RawStage
from perfpred.halide.graph.terms import Term


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
    pipeline : RawPipeline
        As Halide serialized it.
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
    regions = {
        name: [(float(low), float(low + extent) - 1) for low, extent in dims]
        for name, dims in zip(pipeline.outputs, outputs, strict=True)
    }
    bounds = Bounds(pipeline.funcs, box, regions)
    bounds.spread(funcs)
    builder = _Builder(func_keys(funcs), images, bounds)
    made = tuple(builder.func(func, order[func.name]) for func in funcs)
    used = dict.fromkeys(access.source for func in made for stage in func.stages for access in stage.accesses)
    inputs = tuple(image for image in images.values() if image.key in used)
    outputs_keys, identity = tuple(builder.keys[name] for name in pipeline.outputs), identity_of(pipeline)
    return Graph(identity.algorithm, made, inputs, outputs_keys, identity.older)


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
    """Makes Funcs with their stages, where bounds are known."""

    def __init__(self, keys: Mapping[str, str], images: Mapping[str, Input], bounds: Bounds) -> None:
        self.keys = keys
        self._images, self._bounds = images, bounds

    def func(self, func: RawFunc, order: int) -> Func:
        """Return a Func with its stages."""
        region = self._bounds.regions[func.name]
        names = loop_keys(func.args, "d")
        return Func(
            self.keys[func.name],
            tuple(names.values()),
            sum(kind.size_bytes for kind in func.types),
            all(kind.is_integer for kind in func.types),
            tuple(high - low + 1 for low, high in region),
            tuple(self._stage(func, stage) for stage in func.stages),
            order,
            bool(self._bounds.unbounded[func.name]),
        )

    def _stage(self, func: RawFunc, stage: RawStage) -> Stage:
        names, box = stage_loops(func, stage), self._bounds.stage_box(func, stage)
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
        rvars = tuple(names[name] for name, _, _ in stage.rvars)
        forms = Forms(box, frozenset(names), self._bounds.values)
        computed = operations((*stage.values, *stage.args))
        return Stage(loops, rvars, computed, self._accesses(stage, names, forms))

    def _original_loops(self, func: RawFunc, stage: RawStage) -> list[RawLoop]:
        """Return a stage's loops before scheduling: reductions innermost, then the free dimensions."""
        impure = {loop.var: loop.purity for loop in stage.loops}
        free = [name for index, name in enumerate(func.args) if _is_variable(stage.args, index, name)]
        found = [RawLoop(name, "serial", impure.get(name, 2)) for name, _, _ in stage.rvars]
        return found + [RawLoop(name, "serial", 0) for name in free]

    def _accesses(self, stage: RawStage, names: Mapping[str, str], forms: Forms) -> tuple[Access, ...]:
        merged: dict[tuple[object, ...], Access] = {}
        for call in stage.reads:
            source = self.keys.get(call.name) or self._input(call.name)
            indices = tuple(_renamed(forms.linear(each), names) for each in call.operands)
            shape = (source, *(index and index.coefficients for index in indices))
            merged[shape] = _merged(merged.get(shape), Access(source, indices, 1.0))
        return tuple(merged.values())

    def _input(self, name: str) -> str:
        if name not in self._images:
            raise InputError(f"input {name} is read but no example of it is given")
        return self._images[name].key


def _fixed_extents(func: RawFunc, stage: RawStage) -> set[str]:
    """Return the loops whose extents the algorithm fixes: reductions over constants, bounded dimensions."""
    extents = {name: extent for name, (_, extent) in func.bounds.items()}
    extents |= {name: extent for name, _, extent in stage.rvars}
    constants = Ranges({})
    known = {name: constants.interval(extent) for name, extent in extents.items()}
    return {name for name, (low, high) in known.items() if low == high}


def _is_variable(args: Sequence[Term], index: int, name: str) -> bool:
    return index < len(args) and args[index].kind == "Variable" and args[index].name == name


def _renamed(index: Index | None, names: Mapping[str, str]) -> Index | None:
    if index is None:
        return None
    factors = tuple((names[name], factor) for name, factor in index.coefficients)
    return replace(index, coefficients=factors)


def _merged(known: Access | None, new: Access) -> Access:
    """Return one access that covers two which move alike."""
    if known is None:
        return new
    indices = tuple(a and b and joined(a, b) for a, b in zip(known.indices, new.indices, strict=True))
    return Access(new.source, indices, known.count + 1)


def _extent(found: Interval) -> float:
    return found[1] - found[0] + 1
