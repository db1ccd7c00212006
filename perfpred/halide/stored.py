"""A pipeline and its examples in files, for other processes to build: any pipeline, wherever it was made.

The pipeline is as Halide serializes it, which keeps Funcs and their names but not what was said of a
buffer's layout or a parameter's range. Layouts other than the examples' own, dense with the contiguous
dimension first, are therefore refused; ranges and fixed extents do not change what is computed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import halide as hl
import numpy as np

from perfpred.errors import InputError
from perfpred.halide.source import STORED, Source

if TYPE_CHECKING:
    from perfpred.halide.built import Built

CODES = {"int": hl.TypeCode.Int, "uint": hl.TypeCode.UInt, "float": hl.TypeCode.Float}
Made = tuple[Any, list[tuple[Any, Any]], list[int]]


def store(built: Built, folder: Path, name: str) -> Source:
    """Write an unscheduled pipeline and its examples to a folder; returns where it is built from.

    Raises
    ------
    InputError
        If an operand's layout is not that of a dense array, or Halide cannot serialize the pipeline.
    """
    _require_dense(built)
    path = folder / f"{name}{STORED}"
    try:
        path.write_bytes(hl.serialize_pipeline(built.pipeline))
    except hl.HalideError as error:
        raise InputError(f"this pipeline cannot be stored: {error}") from None
    inputs = [_stored(folder, index, *pair) for index, pair in enumerate(built.inputs)]
    document = {"inputs": inputs, "output_extents": list(built.output_extents)}
    path.with_suffix(".json").write_text(json.dumps(document), encoding="utf-8")
    return Source(name, str(path))


def read(path: Path) -> Made:
    """Return the pipeline that `store` wrote, its inputs with their examples, and its output's extents."""
    document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    inputs = [_restored(path.parent, each) for each in document["inputs"]]
    parameters = {
        each["name"]: parameter.parameter()
        for each, (parameter, _) in zip(document["inputs"], inputs, strict=True)
    }
    pipeline = hl.deserialize_pipeline(path.read_bytes(), parameters)
    return pipeline, inputs, document["output_extents"]


def _stored(folder: Path, index: int, parameter: Any, example: Any) -> dict[str, Any]:
    document = {"name": parameter.name(), "type": str(parameter.type())}
    if isinstance(example, np.ndarray):
        file = f"example{index}.npy"
        np.save(folder / file, example)
        return {**document, "file": file}
    return {**document, "value": example.item() if isinstance(example, np.generic) else example}


def _restored(folder: Path, document: Mapping[str, Any]) -> tuple[Any, Any]:
    kind, name = _type(document["type"]), document["name"]
    if "file" not in document:
        return hl.Param(kind, name), document["value"]
    example = np.load(folder / document["file"])
    return hl.ImageParam(kind, example.ndim, name), example


def _type(text: str) -> Any:
    if text == "bool":
        return hl.Bool()
    name, bits = re.findall(r"[a-z]+|\d+", text)
    return hl.Type(CODES[name], int(bits), 1)


def _require_dense(built: Built) -> None:
    images = [parameter for parameter, example in built.inputs if isinstance(example, np.ndarray)]
    output = built.pipeline.outputs()[0].output_buffer()
    for each in [*images, *([output] if built.output_extents else [])]:
        stride = each.parameter().stride_constraint(0)
        if stride.defined() and _value(stride) != "1":
            raise InputError(
                f"dimension 0 of {each.name()} must have stride 1 for schedules to be run, as the examples "
                f"have, but it is set to {_value(stride)}: give budget=0"
            )


def _value(expression: Any) -> str:
    return str(expression).rpartition(": ")[2].rstrip(">")
