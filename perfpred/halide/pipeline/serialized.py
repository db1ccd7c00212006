"""A pipeline and its examples in files, for other processes to build: any pipeline, wherever it was made.

The pipeline is as Halide serializes it: Funcs, their names, what is said of outputs' layouts, and buffers
that are part of it. What is said of inputs' layouts and parameters' ranges is kept beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import halide as hl
import numpy as np
from numpy.lib.stride_tricks import as_strided

from perfpred.errors import InputError
from perfpred.halide.graph.raw import RawPipeline, parse
from perfpred.halide.pipeline import constraints
from perfpred.halide.pipeline.built import BuiltPipeline
from perfpred.halide.pipeline.ref import STORED, PipelineRef

CODES = {"int": hl.TypeCode.Int, "uint": hl.TypeCode.UInt, "float": hl.TypeCode.Float}
SAID = ".said"
Parts = tuple[Any, list[tuple[Any, Any]], list[Any]]


@dataclass(frozen=True)
class SerializedPipeline:
    """An unscheduled pipeline with its examples, in files that any process can build it from.

    Parameters
    ----------
    path : Path
        Of what Halide serialized; examples and constraints lie beside it.
    """

    path: Path

    @property
    def ref(self) -> PipelineRef:
        """Where other processes build it from."""
        return PipelineRef(self.path.stem, str(self.path))

    @classmethod
    def write(cls, built: BuiltPipeline, folder: Path, name: str) -> SerializedPipeline:
        """Write an unscheduled pipeline and its examples to a folder.

        Raises
        ------
        InputError
            If Halide cannot serialize the pipeline.
        """
        path = folder / f"{name}{STORED}"
        try:
            data = hl.serialize_pipeline(built.pipeline)
            said = [constraints.of(parameter.parameter()) for parameter, _ in built.inputs]
            expressions = constraints.dumps([each for one in said for each in one.values()])
        except hl.HalideError as error:
            raise InputError(f"this pipeline cannot be stored: {error}") from None
        path.write_bytes(readable(data, parse(data)))
        path.with_suffix(SAID).write_bytes(expressions)
        arguments, _ = built.documents
        inputs = [
            {"name": parameter.name(), "said": [list(key) for key in mine], **document}
            for (parameter, _), mine, document in zip(built.inputs, said, arguments, strict=True)
        ]
        for argument, (_, example) in zip(inputs, built.inputs, strict=True):
            if argument["kind"] == "image":
                np.save(folder / argument["file"], example)
        outputs = [[[low, extent] for low, extent, _ in buffers[0]] for buffers in built.output_dims]
        document = {"inputs": inputs, "outputs": outputs}
        path.with_suffix(".json").write_text(json.dumps(document), encoding="utf-8")
        return cls(path)

    def read(self) -> Parts:
        """Return the pipeline, its inputs with their examples, and its outputs' extents."""
        document = json.loads(self.path.with_suffix(".json").read_text(encoding="utf-8"))
        inputs = [_restored(self.path.parent, each) for each in document["inputs"]]
        parameters = {parameter.name(): parameter.parameter() for parameter, _ in inputs}
        expressions = iter(constraints.loads(self.path.with_suffix(SAID).read_bytes(), parameters))
        for argument, (parameter, _) in zip(document["inputs"], inputs, strict=True):
            said = {(str(what), int(index)): next(expressions) for what, index in argument["said"]}
            constraints.restrict(parameter.parameter(), said)
        pipeline = hl.deserialize_pipeline(self.path.read_bytes(), parameters)
        return pipeline, inputs, [[tuple(dim) for dim in dims] for dims in document["outputs"]]


def readable(data: bytes, raw: RawPipeline) -> bytes:
    """Return a serialized pipeline with the buffers that are part of it as Halide reads them.

    Halide writes the elements in the order they lie in memory, and reads them as if the first dimension
    came first there.
    """
    changed = bytearray(data)
    for buffer in raw.buffers.values():
        changed[buffer.span.start : buffer.span.stop] = buffer.elements
    return bytes(changed)


def _restored(folder: Path, document: Mapping[str, Any]) -> tuple[Any, Any]:
    kind, name = _type(document["type"]), document["name"]
    if document["kind"] == "scalar":
        return hl.Param(kind, name), document["value"]
    example = np.load(folder / document["file"])
    parameter = hl.ImageParam(kind, example.ndim, name)
    for index in range(example.ndim):  # of which nothing is said until what was said is read
        parameter.parameter().set_stride_constraint(index, hl.Expr())
    return parameter, _buffer(example, document["dims"])


def _buffer(example: Any, dims: list[list[int]]) -> Any:
    """Return an array as an ``hl.Buffer`` with a layout."""
    strides = [stride * example.itemsize for _, _, stride in dims]
    reach = [(extent - 1) * stride for (_, extent, _), stride in zip(dims, strides, strict=True)]
    first = -sum(min(0, each) for each in reach)
    memory = np.zeros(first + sum(max(0, each) for each in reach) + example.itemsize, np.uint8)
    array = as_strided(memory[first:][: example.itemsize].view(example.dtype), example.shape, strides[::-1])
    array[...] = example
    buffer = hl.Buffer(array)
    buffer.set_min([low for low, _, _ in dims])
    return buffer


def _type(text: str) -> Any:
    if text == "bool":
        return hl.Bool()
    name, bits = re.findall(r"[a-z]+|\d+", text)
    return hl.Type(CODES[name], int(bits), 1)
