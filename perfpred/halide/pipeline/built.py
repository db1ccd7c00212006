"""A pipeline built by Halide: checked, with estimates from its examples, ready to be scheduled."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import halide as hl

from perfpred.errors import InputError
from perfpred.halide.graph.extract import extract
from perfpred.halide.graph.identity import Identity, identity_of
from perfpred.halide.graph.intervals import Interval
from perfpred.halide.graph.model import Graph, Input
from perfpred.halide.graph.names import COUNTER, func_keys, in_order
from perfpred.halide.graph.outline import outline
from perfpred.halide.graph.raw import RawPipeline, parse
from perfpred.halide.pipeline.examples import Pair, input_problems, normalized, set_estimates
from perfpred.halide.pipeline.extents import Range, output_ranges
from perfpred.halide.pipeline.layout import Dims, Shape, laid_out
from perfpred.halide.pipeline.ref import Source
from perfpred.halide.pipeline.sizes import size_text
from perfpred.halide.pipeline.usable import require_usable
from perfpred.user_files import explained

OUTPUTS = "an hl.Func, an hl.Pipeline or a list of hl.Func"


@dataclass(frozen=True)
class Built:
    """A pipeline with its inputs and the layouts of what it reads and writes.

    Parameters
    ----------
    pipeline : hl.Pipeline
        Unscheduled.
    raw : RawPipeline
        The pipeline as Halide serialized it, before it was scheduled.
    inputs : tuple of (hl.ImageParam or hl.Param, example)
        An example is an array, Halide's dimension 0 last, or a number.
    input_dims : tuple
        The layout of each image, None for a number.
    output_dims : tuple of tuple of layouts
        For each output, of its buffer or, if it is a Tuple, of each.
    """

    pipeline: Any
    raw: RawPipeline
    inputs: tuple[Pair, ...] = ()
    input_dims: tuple[Dims | None, ...] = ()
    output_dims: tuple[tuple[Dims, ...], ...] = ()

    @property
    def output_extents(self) -> tuple[int, ...]:
        """The extents of the first output, in Halide's order."""
        return tuple(extent for _, extent, _ in self.output_dims[0][0]) if self.output_dims else ()

    @cached_property
    def funcs(self) -> dict[str, tuple[Any, int]]:
        """Halide's Func and its place in ``get_func`` by our key."""
        found: dict[str, tuple[Any, int]] = {}
        index = 0
        keys = func_keys(in_order(self.raw))
        while True:
            try:
                func = self.pipeline.get_func(index)
            except Exception:  # Halide says so when there is no further one
                return found
            if func.name() in keys:
                found[keys[func.name()]] = (func, index)
            index += 1

    @cached_property
    def graph(self) -> Graph:
        """The pipeline as data, at this size."""
        embedded = self.raw.buffers
        parameters = [parameter.name() for parameter, _ in self.inputs]
        taken = func_keys(in_order(self.raw)).values()
        names = _input_keys([*parameters, *(name for name in embedded if name not in parameters)], taken)
        images, scalars = {}, {}
        for name, (_, example), dims in zip(parameters, self.inputs, self.input_dims, strict=True):
            if dims is not None:
                images[name] = _input(names[name], dims, example.itemsize)
            elif math.isfinite(example):
                scalars[name] = float(example)
        for name, buffer in embedded.items():
            images[name] = _input(names[name], buffer.dims, buffer.type.size_bytes)
        order = {func.name(): index for func, index in self.funcs.values()}
        ranges = [[(low, extent) for low, extent, _ in buffers[0]] for buffers in self.output_dims]
        return extract(self.raw, images, scalars, ranges, order)

    @property
    def outline(self) -> Graph:
        """What its Funcs read of each other: its graph, at made-up sizes where there are no examples."""
        return self.graph if self.output_dims else outline(self.raw)

    @property
    def algorithm(self) -> str:
        """The hash of what it computes, the same as its graph's."""
        return self.identity.algorithm

    @cached_property
    def identity(self) -> Identity:
        """What it computes, as hashes: what files are compared with."""
        return identity_of(self.raw)

    @property
    def arguments(self) -> list[Any]:
        """What is compiled as the function's arguments: the inputs in order."""
        return [hl.Argument(parameter) for parameter, _ in self.inputs]

    @property
    def documents(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """What the compiled function takes and writes, as `Description` has it."""
        arguments: list[dict[str, Any]] = []
        for index, ((parameter, example), dims) in enumerate(zip(self.inputs, self.input_dims, strict=True)):
            document = {"type": str(parameter.type())}
            if dims is None:
                arguments.append({"kind": "scalar", **document, "value": example})
            else:
                layout = {"dims": [list(each) for each in dims], "file": f"input{index}.npy"}
                arguments.append({"kind": "image", **document, **layout})
        outputs = [
            {"type": str(kind), "dims": [list(each) for each in dims]}
            for func, buffers in zip(self.pipeline.outputs(), self.output_dims, strict=True)
            for kind, dims in zip(func.types(), buffers, strict=True)
        ]
        return arguments, outputs


def build(source: Source, size: tuple[int, int]) -> Built:
    """Return a pipeline of the suite or of the user's, built at a size.

    Raises
    ------
    InputError
        If the function fails, or returns something else than the contract says.
    """
    function = source.function()
    path = source.place.rpartition(":")[0]
    with explained(f"{source.place} fails at {size_text(size)}", Path(path) if path else None):
        made = function(*size)
    if not isinstance(made, tuple) or len(made) != 3:
        raise InputError(
            f"{source.place} must return (output, inputs, output_extents), but returned {type(made).__name__}"
        )
    return checked(*made)


def checked(output: Any, inputs: Sequence[Any], output_extents: Sequence[Any]) -> Built:
    """Return a `Built` of these three after setting estimates from the examples.

    Parameters
    ----------
    output : hl.Func, hl.Pipeline, or sequence of hl.Func
        Unscheduled.
    inputs : sequence of (hl.ImageParam or hl.Param, example)
        An example is an array, Halide's dimension 0 last, an ``hl.Buffer``, or a number.
    output_extents : sequence
        As `perfpred.halide.pipeline.extents.output_ranges` reads them.

    Raises
    ------
    InputError
        With every problem of them.
    """
    problems = _output_problems(output) if _is_output(output) else [f"the output must be {OUTPUTS}"]
    if not isinstance(inputs, list | tuple):
        problems.append(f"the inputs must be a list of pairs, but are {type(inputs).__name__}")
    else:
        problems += [problem for index, pair in enumerate(inputs) for problem in input_problems(index, pair)]
        problems += _twice("input", [pair[0].name() for pair in inputs] if not problems else [])
    if problems:
        raise InputError(f"this pipeline cannot be used: {'; '.join(problems)}")
    try:
        pipeline = _pipeline(output)
        ranges = output_ranges(output_extents, [func.dimensions() for func in pipeline.outputs()])
        raw = parse(hl.serialize_pipeline(pipeline))
        require_usable(raw)
        built = _laid_out(pipeline, raw, inputs, ranges)
        set_estimates(built.inputs, built.input_dims)
        for func, buffers in zip(pipeline.outputs(), built.output_dims, strict=True):
            func.set_estimates([(low, extent) for low, extent, _ in buffers[0]])
    except hl.HalideError as error:
        raise InputError(f"this pipeline cannot be used: {error}") from None
    return built


def without_examples(output: Any) -> Built:
    """Return a `Built` of an output alone: directives can be applied to it, but it has no graph.

    Raises
    ------
    InputError
        If it is no output, is not defined, or is scheduled already.
    """
    if not _is_output(output):
        raise InputError(f"the output must be {OUTPUTS}, but is {type(output).__name__}")
    if not all(each.defined() for each in (output if isinstance(output, list | tuple) else [output])):
        raise InputError("the output must be defined before it is scheduled")
    pipeline = _pipeline(output)
    raw = parse(hl.serialize_pipeline(pipeline))
    require_usable(raw)
    return Built(pipeline, raw)


def _is_output(output: Any) -> bool:
    if isinstance(output, list | tuple):
        return bool(output) and all(isinstance(each, hl.Func) for each in output)
    return isinstance(output, hl.Func | hl.Pipeline)


def _pipeline(output: Any) -> Any:
    if isinstance(output, hl.Pipeline):
        return output
    return hl.Pipeline(list(output) if isinstance(output, list | tuple) else output)


def _laid_out(
    pipeline: Any, raw: RawPipeline, inputs: Sequence[Any], ranges: Sequence[Sequence[Range]]
) -> Built:
    """Return a pipeline with its operands laid out as it asks for, or else densely."""
    pairs = tuple((parameter, normalized(parameter, example)) for parameter, example in inputs)
    box: dict[str, Interval] = {}
    shapes: list[Shape | None] = []
    for (parameter, example), (_, given) in zip(pairs, inputs, strict=True):
        name = parameter.name()
        if isinstance(parameter, hl.Param):
            box[name] = (float(example), float(example))
        shapes.append(None if isinstance(parameter, hl.Param) else Shape.of(name, given))
    for shape in shapes:
        box.update({} if shape is None else shape.known)
    outputs = [
        [Shape.of_ranges(each.name(), mine) for each in func.output_buffers()]
        for func, mine in zip(pipeline.outputs(), ranges, strict=True)
    ]
    for shape in (each for func in outputs for each in func):
        box.update(shape.known)
    input_dims = tuple(
        None if shape is None else laid_out(shape, parameter.parameter(), box)
        for (parameter, _), shape in zip(pairs, shapes, strict=True)
    )
    output_dims = tuple(
        tuple(
            laid_out(shape, each.parameter(), box, raw.funcs[func.name()].lows)
            for shape, each in zip(mine, func.output_buffers(), strict=True)
        )
        for func, mine in zip(pipeline.outputs(), outputs, strict=True)
    )
    return Built(pipeline, raw, pairs, input_dims, output_dims)


def _output_problems(output: Any) -> list[str]:
    """Return why an output cannot be used; Halide ends the process on a pipeline without one."""
    parts = list(output) if isinstance(output, list | tuple) else [output]
    undefined = [each for each in parts if not each.defined()]
    if undefined:
        names = [each.name() for each in undefined if isinstance(each, hl.Func)]
        return [f"output {name} is not defined" for name in names] or ["the pipeline has no output"]
    return _twice("output", [func.name() for part in parts for func in _outputs(part)])


def _outputs(part: Any) -> list[Any]:
    return list(part.outputs()) if isinstance(part, hl.Pipeline) else [part]


def _twice(what: str, names: Sequence[str]) -> list[str]:
    return [f"{what} {name} is given twice" for name in dict.fromkeys(names) if names.count(name) > 1]


def _input(key: str, dims: Dims, element_bytes: int) -> Input:
    extents = tuple(float(extent) for _, extent, _ in dims)
    return Input(key, extents, element_bytes, tuple(float(low) for low, _, _ in dims))


def _input_keys(names: Sequence[str], taken: Collection[str]) -> dict[str, str]:
    """Return a key of each input that no Func has."""
    stems = [COUNTER.sub("", name) for name in names]
    return {
        name: (stem if stems.count(stem) == 1 and stem not in taken else f"{stem}.{i}")
        for i, (name, stem) in enumerate(zip(names, stems, strict=True))
    }
