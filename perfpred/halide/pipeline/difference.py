"""Where two algorithms differ, in words: for a pipeline that is another one at each size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from perfpred.halide.graph.digests import Digests, stage_loops, written
from perfpred.halide.graph.names import func_keys, in_order
from perfpred.halide.graph.raw import RawFunc, RawPipeline
from perfpred.halide.graph.settings import bounds
from perfpred.halide.graph.terms import Term
from perfpred.halide.pipeline.sizes import Size, size_text

NUMBERS = ("Int", "UInt", "Float")


def difference(pipelines: Sequence[RawPipeline], sizes: Sequence[Size]) -> str:
    """Return what differs between a pipeline at two sizes, empty if nothing does.

    The first Func that differs is named, producers first, and the number in it that follows the size.
    """
    funcs = [in_order(each) for each in pipelines]
    keys = [list(func_keys(each).values()) for each in funcs]
    if keys[0] != keys[1]:
        names = [_listed(each) for each in keys]
        return (
            f"it has the Funcs {names[0]} at {size_text(sizes[0])}, but {names[1]} at {size_text(sizes[1])}"
        )
    digests = [Digests(pipeline, each) for pipeline, each in zip(pipelines, funcs, strict=True)]
    for key, one, other in zip(keys[0], *funcs, strict=True):
        said = _of_func(key, (one, other), digests, sizes)
        if said:
            return said
    return ""


def _of_func(
    key: str, pair: tuple[RawFunc, RawFunc], digests: Sequence[Digests], sizes: Sequence[Size]
) -> str:
    one, other = pair
    if len(one.stages) != len(other.stages):
        counts = len(one.stages) - 1, len(other.stages) - 1
        first, second = map(size_text, sizes)
        return f"Func {key} has {counts[0]} updates at {first}, but {counts[1]} at {second}"
    for stages in zip(one.stages, other.stages, strict=True):
        terms = [written(stage) for stage in stages]
        found = [
            each.of(listed, stage_loops(func, stage))
            for each, listed, func, stage in zip(digests, terms, pair, stages, strict=True)
        ]
        if found[0] != found[1]:
            return f"Func {key} {_number(terms, sizes)}"
    if bounds(one, digests[0]) != bounds(other, digests[1]):
        return f"Func {key} is bounded otherwise at {size_text(sizes[1])}"
    return "" if one.types == other.types and len(one.args) == len(other.args) else f"Func {key} differs"


def _number(terms: Sequence[Sequence[Term]], sizes: Sequence[Size]) -> str:
    for one, other in _numbers(*terms):
        for place, what in enumerate(("width", "height")):
            if (one, other) == (sizes[0][place], sizes[1][place]):
                return f"holds the {what} as a number ({one:g}, then {other:g})"
        return f"holds the number {one:g} at {size_text(sizes[0])}, but {other:g} at {size_text(sizes[1])}"
    return f"is defined otherwise at {size_text(sizes[1])}"


def _numbers(ones: Sequence[Term], others: Sequence[Term]) -> Iterator[tuple[float, float]]:
    """Yield the numbers that differ where two lists of expressions are written alike."""
    waiting = list(zip(ones, others, strict=False))[::-1]
    seen: set[tuple[Term, Term]] = set()
    while waiting:
        pair = waiting.pop()
        one, other = pair
        if one == other or pair in seen:
            continue
        seen.add(pair)
        if one.kind == other.kind and one.kind in NUMBERS:
            yield one.value, other.value
        elif one.kind == other.kind and len(one.operands) == len(other.operands):
            waiting += list(zip(one.operands, other.operands, strict=True))[::-1]


def _listed(keys: Sequence[str]) -> str:
    return ", ".join(keys[:5]) + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
