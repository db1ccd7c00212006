"""A pipeline as Halide holds it, ready to be scheduled: what it reads and writes, its Funcs and its graph."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import halide as hl

from perfpred.halide.graph.extract import extract
from perfpred.halide.graph.identity import Identity, identity_of
from perfpred.halide.graph.model import Graph, Input
from perfpred.halide.graph.names import COUNTER, func_keys, in_order
from perfpred.halide.graph.outline import outline
from perfpred.halide.graph.raw import RawPipeline
from perfpred.halide.pipeline.examples import Pair
from perfpred.halide.pipeline.layout import Dims


@dataclass(frozen=True)
class BuiltPipeline:
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
