"""A pipeline built by Halide: checked, with estimates from its examples, ready to be scheduled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import halide as hl
import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError
from perfpred.halide.graph.extract import extract
from perfpred.halide.graph.identity import Identity, identity_of
from perfpred.halide.graph.model import Graph, Input
from perfpred.halide.graph.names import COUNTER, func_keys, in_order
from perfpred.halide.graph.outline import outline
from perfpred.halide.graph.serialized import RawPipeline, parse
from perfpred.halide.graph.terms import Type
from perfpred.halide.source import Source
from perfpred.halide.user_files import explained


@dataclass(frozen=True)
class Built:
    """A pipeline with its inputs and the extents of its output.

    Parameters
    ----------
    pipeline : hl.Pipeline
        Unscheduled.
    inputs : sequence of (hl.ImageParam or hl.Param, example)
        An example is an array, Halide's contiguous dimension last, or a scalar.
    output_extents : tuple of int
        Contiguous dimension first.
    """

    pipeline: Any
    inputs: tuple[tuple[Any, Any], ...]
    output_extents: tuple[int, ...]

    @cached_property
    def raw(self) -> RawPipeline:
        """The pipeline as Halide serializes it, before it is scheduled."""
        return parse(hl.serialize_pipeline(self.pipeline))

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
        images, scalars = {}, {}
        embedded = self.raw.buffers
        names = _input_keys([*(parameter.name() for parameter, _ in self.inputs), *embedded])
        for parameter, example in self.inputs:
            name = parameter.name()
            if isinstance(example, np.ndarray):
                extents = tuple(float(extent) for extent in example.shape[::-1])
                images[name] = Input(names[name], extents, example.itemsize)
            else:
                scalars[name] = float(example)
        for name, buffer in embedded.items():
            lows, extents, _ = zip(*buffer.dims, strict=True) if buffer.dims else ((), (), ())
            images[name] = Input(names[name], extents, buffer.type.size_bytes, lows)
        order = {func.name(): index for func, index in self.funcs.values()}
        return extract(self.raw, images, scalars, [[(0, extent) for extent in self.output_extents]], order)

    @property
    def outline(self) -> Graph:
        """What its Funcs read of each other: its graph, at made-up sizes where there are no examples."""
        return self.graph if self.inputs or self.output_extents else outline(self.raw)

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
    def outputs(self) -> list[dict[str, Any]]:
        """The type, by NumPy's name, and the dimensions of each output buffer."""
        return [
            {"type": dtype_name(kind), "dims": dense(self.output_extents)}
            for name in self.raw.outputs
            for kind in self.raw.funcs[name].types
        ]


def dtype_name(kind: Type) -> str:
    """Return NumPy's name of a type of Halide's."""
    if (kind.code, kind.bits) == (1, 1):
        return "bool"
    return {0: "int", 1: "uint", 2: "float"}[kind.code] + str(kind.bits)


def plain(value: Any) -> Any:
    """Return a scalar as Python's own number, which JSON can hold."""
    return value.item() if isinstance(value, np.generic) else value


def dense(extents: Sequence[int]) -> list[list[int]]:
    """Return the minimum, extent and stride of each dimension of a dense buffer that starts at 0.

    Examples
    --------
    >>> dense([4, 3])
    [[0, 4, 1], [0, 3, 4]]
    """
    return [[0, extent, math.prod(extents[:place])] for place, extent in enumerate(extents)]


def build(source: Source, size: tuple[int, int]) -> Built:
    """Return a pipeline of the suite or of the user's, built at a size.

    Raises
    ------
    InputError
        If the function fails, or returns something else than the contract says.
    """
    function = source.function()
    path = source.place.rpartition(":")[0]
    with explained(f"{source.place} fails at {size[0]}x{size[1]}", Path(path) if path else None):
        made = function(*size)
    if not isinstance(made, tuple) or len(made) != 3:
        raise InputError(
            f"{source.place} must return (output, inputs, output_extents), but returned {type(made).__name__}"
        )
    return checked(*made)


def checked(output: Any, inputs: Sequence[Any], output_extents: Sequence[int]) -> Built:
    """Return a `Built` of these three after setting estimates from the examples.

    Raises
    ------
    InputError
        With every problem of them.
    """
    problems = (
        [] if isinstance(output, hl.Func | hl.Pipeline) else ["the output must be an hl.Func or hl.Pipeline"]
    )
    problems += [problem for index, pair in enumerate(inputs) for problem in _input_problems(index, pair)]
    if any(int(extent) < 1 for extent in output_extents):
        problems.append(f"output extents must be at least 1, but got {tuple(output_extents)}")
    if problems:
        raise InputError(f"this pipeline cannot be used: {'; '.join(problems)}")
    extents = tuple(int(extent) for extent in output_extents)
    try:
        pipeline = output if isinstance(output, hl.Pipeline) else hl.Pipeline(output)
        pairs = tuple((parameter, _contiguous(example)) for parameter, example in inputs)
        built = Built(pipeline, pairs, extents)
        _set_estimates(pipeline, pairs, extents)
        _require_unscheduled(built)
    except hl.HalideError as error:
        raise InputError(f"this pipeline cannot be used: {error}") from None
    return built


def without_examples(output: Any) -> Built:
    """Return a `Built` of an output alone: directives can be applied to it, but it has no graph.

    Raises
    ------
    InputError
        If it is neither an ``hl.Func`` nor an ``hl.Pipeline``, is not defined, or is scheduled already.
    """
    if not isinstance(output, hl.Func | hl.Pipeline):
        raise InputError(f"the output must be an hl.Func or hl.Pipeline, but is {type(output).__name__}")
    if not output.defined():
        raise InputError("the output must be defined before it is scheduled")
    built = Built(output if isinstance(output, hl.Pipeline) else hl.Pipeline(output), (), ())
    _require_unscheduled(built)
    return built


def _require_unscheduled(built: Built) -> None:
    scheduled = [func.name for func in built.raw.funcs.values() if func.is_scheduled]
    if scheduled:
        raise InputError(
            f"the pipeline must not be scheduled yet, but {', '.join(scheduled)} is; a generator schedules "
            "itself only where self.using_autoscheduler() is false"
        )


def _contiguous(example: Any) -> Any:
    return np.ascontiguousarray(example) if isinstance(example, np.ndarray) else example


def _set_estimates(pipeline: Any, inputs: Sequence[tuple[Any, Any]], extents: Sequence[int]) -> None:
    for parameter, example in inputs:
        if isinstance(example, np.ndarray):
            parameter.set_estimates([(0, extent) for extent in example.shape[::-1]])
        else:
            parameter.set_estimate(example)
    (output,) = pipeline.outputs()[:1]
    if output.dimensions() != len(extents):
        raise InputError(f"the output has {output.dimensions()} dimensions, but got extents {tuple(extents)}")
    output.set_estimates([(0, extent) for extent in extents])


def _input_problems(index: int, pair: Any) -> list[str]:
    if not isinstance(pair, tuple) or len(pair) != 2:
        return [f"input {index} must be a pair of a parameter and an example"]
    parameter, example = pair
    if not isinstance(parameter, hl.ImageParam | hl.Param):
        return [f"input {index} must be an hl.ImageParam or hl.Param, but is {type(parameter).__name__}"]
    name, kind = parameter.name(), parameter.type()
    if isinstance(parameter, hl.ImageParam) != isinstance(example, np.ndarray):
        wanted = "an array" if isinstance(parameter, hl.ImageParam) else "a number"
        return [f"the example of {name} must be {wanted}"]
    if not isinstance(example, np.ndarray):
        return []
    problems = []
    if example.ndim != parameter.dimensions():
        problems.append(
            f"the example of {name} must have {parameter.dimensions()} dimensions, has {example.ndim}"
        )
    if hl.Type(_code(example), example.itemsize * 8, 1) != kind:
        problems.append(f"the example of {name} must be {kind}, but is {example.dtype}")
    return problems


def _code(example: NDArray[Any]) -> Any:
    return {"i": hl.TypeCode.Int, "u": hl.TypeCode.UInt, "b": hl.TypeCode.UInt, "f": hl.TypeCode.Float}.get(
        example.dtype.kind, hl.TypeCode.Handle
    )


def _input_keys(names: Sequence[str]) -> dict[str, str]:
    stems = [COUNTER.sub("", name) for name in names]
    return {
        name: (stem if stems.count(stem) == 1 else f"{stem}.{i}")
        for i, (name, stem) in enumerate(zip(names, stems, strict=True))
    }
