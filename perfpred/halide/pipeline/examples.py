"""The examples of a pipeline's inputs: checked against the parameters they are of, and given as estimates."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any

import halide as hl
import numpy as np

from perfpred.halide.pipeline.layout import Dims, as_array

Pair = tuple[Any, Any]
"""A parameter and its example: an array, Halide's dimension 0 last, or a number of Python's own."""


def input_problems(index: int, pair: Any) -> list[str]:
    """Return what is wrong with an input and its example."""
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        return [f"input {index} must be a pair of a parameter and an example"]
    parameter, example = pair
    if isinstance(parameter, hl.Buffer):
        return [
            f"input {index} must be an hl.ImageParam or hl.Param, but is an hl.Buffer, whose contents are "
            "part of the pipeline: leave it out, or make it an hl.ImageParam"
        ]
    if not isinstance(parameter, hl.ImageParam | hl.Param):
        return [f"input {index} must be an hl.ImageParam or hl.Param, but is {type(parameter).__name__}"]
    if isinstance(parameter, hl.Param):
        return _scalar_problems(parameter, example)
    name, kind = parameter.name(), str(parameter.type())
    if not isinstance(example, np.ndarray | hl.Buffer):
        return [f"the example of {name} must be an array"]
    if isinstance(example, np.ndarray):
        rank, given = example.ndim, example.dtype.name
    else:
        rank, given = example.dimensions(), str(example.type())
    problems = []
    if rank != parameter.dimensions():
        problems.append(f"the example of {name} must have {parameter.dimensions()} dimensions, has {rank}")
    if isinstance(example, np.ndarray) and 0 in example.shape:
        problems.append(f"the example of {name} must not be empty, but has shape {example.shape}")
    if kind == "bfloat16":
        problems.append(f"{name} is of bfloat16, which NumPy does not have: make it float16 or float32")
    elif given != kind:
        problems.append(f"the example of {name} must be {kind}, but is {given}")
    return problems


def _scalar_problems(parameter: Any, example: Any) -> list[str]:
    """Return why a value is none of a parameter's type."""
    name, kind = parameter.name(), str(parameter.type())
    if isinstance(example, np.ndarray | hl.Buffer) or not isinstance(
        example, bool | int | float | np.generic
    ):
        return [f"the example of {name} must be a number"]
    if kind in ("bfloat16", "handle64"):
        return [f"parameter {name} is of {kind}, of which no value can be given"]
    if kind.startswith("float"):
        return [] if _is_real(example) else [f"the example of {name} must be {kind}, but is {example!r:.60}"]
    low, high = (0, 1) if kind == "bool" else _range(kind)
    try:
        value = _whole(example)
    except TypeError:
        return [f"the example of {name} must be {kind}, but is {example!r:.60}"]
    if low <= value <= high:
        return []
    return [f"the example of {name} must be {kind}, in {low}..{high}, but is {example!r:.60}"]


def _whole(value: Any) -> int:
    """Return a whole number; raises `TypeError` if it is none."""
    return int(value) if isinstance(value, np.bool_) else operator.index(value)


def _is_real(value: Any) -> bool:
    """Whether a value is a number that a float can hold."""
    if isinstance(value, complex | np.complexfloating | np.str_ | np.bytes_ | np.void):
        return False
    try:
        float(value)
    except (OverflowError, ValueError, TypeError):
        return False
    return True


def _range(kind: str) -> tuple[int, int]:
    limits = np.iinfo(kind)
    return int(limits.min), int(limits.max)


def normalized(parameter: Any, example: Any) -> Any:
    """Return an example as an array in the machine's byte order, or as a number of Python's own."""
    if isinstance(example, hl.Buffer):
        return as_array(example)
    if isinstance(example, np.ndarray):
        return np.asarray(example, dtype=example.dtype.newbyteorder("="))
    kind = str(parameter.type())
    if kind == "bool":
        return bool(example)
    return float(example) if kind.startswith("float") else _whole(example)


def set_estimates(pairs: Sequence[Pair], dims: Sequence[Dims | None]) -> None:
    """Set the estimates of inputs, which autoschedulers need, from their examples."""
    for (parameter, example), layout in zip(pairs, dims, strict=True):
        if layout is not None:
            parameter.set_estimates([(low, extent) for low, extent, _ in layout])
        else:
            _estimate(parameter, example)


def _estimate(parameter: Any, value: Any) -> None:
    """Set a number's estimate: through an expression where Halide would read another type."""
    kind = str(parameter.type())
    if kind == "bool":
        parameter.parameter().set_estimate(hl.cast(hl.Bool(), int(value)))
    elif not kind.startswith("float"):
        parameter.set_estimate(value)
    elif math.isfinite(value):
        parameter.parameter().set_estimate(hl.cast(parameter.type(), hl.f64(value)))
