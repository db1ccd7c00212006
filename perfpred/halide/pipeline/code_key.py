"""What decides the code of a pipeline, beside its schedule and target: libraries with one key are alike.

Far more than the algorithm: which argument is which, of what type, and what was said of ranges and layouts is
compiled in. Whatever is not known to be without effect counts; a key too many costs a compilation.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perfpred.halide.graph.digests import Digests
from perfpred.halide.graph.identity import algorithm_hash, short
from perfpred.halide.graph.names import in_order
from perfpred.halide.graph.settings import buffers, requirements, settings

if TYPE_CHECKING:
    from perfpred.halide.pipeline.built import BuiltPipeline

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")


def code_key(built: BuiltPipeline) -> str:
    """Return the key of an unscheduled pipeline's code; sizes of one algorithm share it."""
    pipeline = built.raw
    funcs = in_order(pipeline)
    known = {func.name for func in funcs}
    others = [func for name, func in sorted(pipeline.funcs.items()) if name not in known]  # wrappers
    every = [*funcs, *others]
    digests = Digests(pipeline, every, verbatim=True)
    checks = requirements(pipeline, digests)
    return short(
        [
            algorithm_hash(pipeline, every, verbatim=True),
            [settings(func, digests) for func in every],
            checks,
            buffers(pipeline, digests),
            [_argument(parameter, digests.inputs) for parameter, _ in built.inputs],
        ]
    )


def _argument(parameter: Any, numbers: Mapping[str, int]) -> list[object]:
    """Return which input an argument is, its type, and what was said of its values or its layout."""
    said = parameter.parameter()
    number = numbers.get(parameter.name(), -1)
    if not said.is_buffer():
        limits = [_text(each, numbers) for each in (said.min_value(), said.max_value())]
        return [number, str(said.type()), limits]
    layout = [
        [
            _text(rule(dimension), numbers)
            for rule in (said.min_constraint, said.extent_constraint, said.stride_constraint)
        ]
        for dimension in range(said.dimensions())
    ]
    return [number, str(said.type()), layout, said.host_alignment(), str(said.memory_type())]


def _text(expression: Any, numbers: Mapping[str, int]) -> str:
    """Return an expression as Halide writes it, with inputs by their numbers."""
    if not expression.defined():
        return ""
    return NAME.sub(
        lambda found: f"input {numbers[found[0]]}" if found[0] in numbers else found[0], str(expression)
    )
