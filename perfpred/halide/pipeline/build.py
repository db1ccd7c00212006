"""Building pipelines: what a function returns is checked, laid out, and given estimates from its examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import halide as hl

from perfpred.errors import InputError
from perfpred.halide.graph.intervals import Interval
from perfpred.halide.graph.raw import RawPipeline, parse
from perfpred.halide.pipeline.built import BuiltPipeline
from perfpred.halide.pipeline.examples import input_problems, normalized, set_estimates
from perfpred.halide.pipeline.extents import Range, output_ranges
from perfpred.halide.pipeline.layout import Shape, laid_out
from perfpred.halide.pipeline.loading import function_of
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import size_text
from perfpred.halide.pipeline.usable import require_usable
from perfpred.user_files import explained

OUTPUTS = "an hl.Func, an hl.Pipeline or a list of hl.Func"


def build(ref: PipelineRef, size: tuple[int, int]) -> BuiltPipeline:
    """Return a pipeline of the suite or of the user's, built at a size.

    Raises
    ------
    InputError
        If the function fails, or returns something else than the contract says.
    """
    function = function_of(ref)
    path = ref.location.rpartition(":")[0]
    with explained(f"{ref.location} fails at {size_text(size)}", Path(path) if path else None):
        made = function(*size)
    if not isinstance(made, tuple) or len(made) != 3:
        raise InputError(
            f"{ref.location} must return (output, inputs, output_extents), but returned {type(made).__name__}"
        )
    return checked(*made)


def checked(output: Any, inputs: Sequence[Any], output_extents: Sequence[Any]) -> BuiltPipeline:
    """Return a `BuiltPipeline` of these three after setting estimates from the examples.

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


def without_examples(output: Any) -> BuiltPipeline:
    """Return a `BuiltPipeline` of an output alone: directives can be applied to it, but it has no graph.

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
    return BuiltPipeline(pipeline, raw)


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
) -> BuiltPipeline:
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
    return BuiltPipeline(pipeline, raw, pairs, input_dims, output_dims)


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
