"""Schedules that Halide is known to compile wrongly: they compile, run, and compute something else.

Where a Func is stored further out than it is computed, Halide has each step of the loops between compute only
what is new in it: it slides. What is new lies along one dimension of the Func: the one along which the steps
overlap, or, if the loop moves nothing that is read, the last, all of which is new in the first step. Halide
21 does so wrongly

- where the first definition's loops along a dimension in which a step moves are split and the last piece is
  shifted inwards, which is the default: values of earlier steps are computed again, which an update had
  changed meanwhile, or of what is there no longer;
- where its first definition fuses such a dimension with another and it has updates: each step begins anew;
- where a reader in the same loops computes whole pieces of a split, so that steps reach beyond what it needs,
  and what is read is computed anew in a loop further out along which both slide;
- where a Func that is read is stored further in than its reader, and both slide along a loop: it is not
  there in the steps that warm the reader up;
- where a loop moves nothing of one Func and another slides along it: the first step is one that warms the
  other up, in which what does not read the other is left out;
- where some reads of the Func go with a loop and others stay within bounds or where other loops choose: the
  steps that warm it up are worked out as if all went;
- where its first definition is split with loads alone guarded: what is stored past the end is not computed,
  and may have been there of an earlier step;
- along two dimensions, where a loop is the inner piece of a split whose outer piece runs within it;
- in registers, whose values are moved by one place a step, where a step is another, or is computed in pieces.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping

from perfpred.errors import InputError
from perfpred.halide.graph.model import Graph
from perfpred.halide.graph.moving import mixed, moving
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.loop_nest import Nests, StageNest, nests
from perfpred.halide.schedule.rules import TAILS
from perfpred.halide.schedule.windows import Window, is_kept, is_within, origins, outwards, window_of

AUTO = "Auto"
SHIFTED = (AUTO, "ShiftInwards", "ShiftInwardsAndBlend")
"""What becomes of the last piece of a split that is not whole, if it is shifted inwards."""
ROUNDED = ("RoundUp", "RoundUpAndBlend")
"""The same, if the piece is computed whole."""
SPLITTING = ("split", "vectorize", "unroll", "parallel")
"""Methods that split a loop if they are given a factor, which is the last whole number."""


def miscompiled(candidate: Candidate, graph: Graph) -> str | None:
    """Return why Halide would compile a schedule to what computes wrong values, None if nothing is known.

    A schedule that does not fit the pipeline is not looked at: Halide refuses it.

    Parameters
    ----------
    candidate : Candidate
        From any source.
    graph : Graph
        The pipeline at any size: only what its Funcs read of each other matters.
    """
    if not has_windows(candidate):
        return None
    try:
        made = nests(candidate, graph)
    except InputError:
        return None
    windows = {key: each for key in made.funcs if (each := window_of(key, made, graph)) is not None}
    for key, window in windows.items():
        found = (
            _mixed_problem(key, window, made, graph)
            or _unguarded_problem(window, candidate.of(key), made.funcs[key].stages[0])
            or _shift_problem(key, window, candidate, made, graph)
            or _fused_problem(key, window, made, graph)
            or _rounded_problem(key, window, candidate, made, graph)
            or _order_problem(key, windows, graph)
            or _strided_problem(window, made)
            or _register_problem(window, candidate.of(key), made.funcs[key].stages[0], made)
        )
        if found is not None:
            where = f"outside loop {window.loops[-1][1]} of {window.loops[-1][0]}"
            return f"{key} is stored {where} and computed within, {found}; Halide compiles that wrongly"
    return None


def has_windows(candidate: Candidate) -> bool:
    """Say whether a schedule stores a Func elsewhere than it computes it, which is what can go wrong."""
    methods = {each.method for each in candidate.directives}
    return not candidate.runs_autoscheduler and not methods.isdisjoint(("store_at", "store_root"))


def require_right(candidate: Candidate, graph: Graph) -> None:
    """Raise `InputError` if Halide would compile a schedule to what computes wrong values."""
    reason = miscompiled(candidate, graph)
    if reason is not None:
        raise InputError(f"the schedule {candidate.id} would compute wrong values: {reason}")


def _shift_problem(key: str, window: Window, candidate: Candidate, made: Nests, graph: Graph) -> str | None:
    """Return how a step computes values of earlier ones again, if it has not what it takes."""
    shifted = _shifted(candidate.of(key), made.funcs[key].stages[0])
    has_updates = not graph.by_key[key].inlinable
    kept = window.along | window.whole if has_updates else window.along
    if not kept or not shifted & (window.moved | kept):
        return None
    what = (
        f"its dimension {min(shifted & (window.moved | kept))}, along which steps follow each other, is split"
    )
    if has_updates:
        return f"has updates, and {what}"
    gone = [each for each in _read(key, made, graph) if not is_kept(each, window, made)]
    return f"{what}, and {gone[0]}, which it reads, is computed within too" if gone else None


def _fused_problem(key: str, window: Window, made: Nests, graph: Graph) -> str | None:
    """Return which dimension of a Func with updates is fused, so that steps begin where the first did."""
    first, found = made.funcs[key].stages[0], set[str]()
    for loop, _, _, factor in first.cuts:
        found |= origins(first)[loop] & (window.moved | window.whole) if factor == 0 else set()
    has_updates = not graph.by_key[key].inlinable
    return (
        f"has updates, and its dimension {min(found)} is fused with another"
        if has_updates and found
        else None
    )


def _rounded_problem(key: str, window: Window, candidate: Candidate, made: Nests, graph: Graph) -> str | None:
    """Return which reader's steps reach beyond what it needs, in a loop along which the window slides too.

    What a Func reads must be there for all of them: as long as the window, or computed in the same loops.
    """
    (host, loop), stages = window.loops[0], dict(outwards(made.funcs[key].compute, made))
    if made.funcs[host].compute not in window.loops:
        return None
    stage = stages[host, loop]
    number = next(index for index, each in enumerate(made.funcs[host].stages) if each is stage)
    rounded = _cut_dimensions(candidate.of(host), stage, number, ROUNDED) & origins(stage)[loop]
    moved = moving(key, host, rounded, graph).keys() if rounded else set()
    for index, place in enumerate(window.loops):
        if place[0] == host or place not in window.slides:
            continue
        both = moved & moving(key, place[0], origins(stages[place])[place[1]], graph).keys()
        inside = {each for each in window.loops[: index + 1] if each[0] != host}
        gone = [each for each in _read(key, made, graph) if made.funcs[each].compute in inside]
        if both and gone:
            return (
                f"its dimension {min(both)} is computed in whole pieces of a split of {host}, and {gone[0]}, "
                "which it reads, is computed within too"
            )
    return None


def _mixed_problem(key: str, window: Window, made: Nests, graph: Graph) -> str | None:
    """Return the loop that some reads go with, and others do not."""
    stages = dict(outwards(made.funcs[key].compute, made))
    for place in window.slides:
        both = mixed(key, place[0], origins(stages[place])[place[1]], graph)
        if both:
            return f"and along its dimension {min(both)} some reads go with loop {place[1]} and others do not"
    return None


def _unguarded_problem(window: Window, directives: Collection[Directive], stage: StageNest) -> str | None:
    """Return which dimension is split so that values past the end are stored without being computed."""
    found = _shifted(directives, stage, ("PredicateLoads",)) if window.slides else set()
    return f"its dimension {min(found)} is split with loads alone guarded" if found else None


def _order_problem(key: str, windows: dict[str, Window], graph: Graph) -> str | None:
    """Return which Func slides along the same loop in an order that Halide gets wrong."""
    mine, readers = windows[key], set(_readers(key, graph))
    for name, other in windows.items():
        together = set(mine.loops) & set(other.slides)
        if name in readers and together and mine.around & set(other.loops):
            return f"and {name}, which reads it in the same loops, is stored further out"
        if name not in readers and mine.around == other.around and set(mine.still) & set(other.slides):
            return f"and {name} slides along a loop that moves nothing of {key}"
    return None


def _strided_problem(window: Window, made: Nests) -> str | None:
    """Return which loop is the inner piece of a split whose outer piece runs within it."""
    for root, loop in window.slides if len(window.along) > 1 else ():
        for stage in made.funcs[root].stages:
            for _, outer, inner, factor in stage.cuts:
                if loop == inner and factor and is_within(outer, loop, stage):
                    return f"while {outer}, which {loop} was split from, runs within"
    return None


def _register_problem(
    window: Window, directives: Collection[Directive], first: StageNest, made: Nests
) -> str | None:
    """Return why values in registers cannot be moved along by one place a step."""
    if not any(each.method == "store_in" and each.args[0] == "Register" for each in directives):
        return None
    root, loop = window.loops[0]
    steps = [outer for stage in made.funcs[root].stages for _, outer, inner, _ in stage.cuts if inner]
    if window.slides != window.loops or len(window.loops) > 1 or loop in steps:
        return "in registers, where a step moves by another than one place"
    cut = _shifted(directives, first, TAILS) & window.along
    return f"in registers, where its dimension {min(cut)} is computed in pieces" if cut else None


def _shifted(
    directives: Collection[Directive], stage: StageNest, tails: Collection[str] = SHIFTED
) -> set[str]:
    """Return the dimensions of a first definition that are split, with the last piece shifted."""
    return _cut_dimensions(directives, stage, 0, tails)


def _cut_dimensions(
    directives: Collection[Directive], stage: StageNest, number: int, tails: Collection[str]
) -> set[str]:
    """Return the dimensions of a definition that are split with one of some tails.

    Without one, the last piece is shifted inwards in a first definition, and rounded up in others.
    """
    cut_from, found = origins(stage), set[str]()
    for each in directives:
        if each.stage != number or each.method not in SPLITTING:
            continue
        tail = str(each.args[4]) if each.method == "split" and len(each.args) > 4 else AUTO
        if tail == AUTO and number:
            tail = "RoundUp"
        if tail in tails and any(isinstance(arg, int) for arg in each.args):
            found |= cut_from.get(str(each.args[0]), set())
    return found


def _read(key: str, made: Nests, graph: Graph) -> Iterator[str]:
    """Yield the Funcs with loops of their own that a Func reads, directly or through inlined ones."""
    return (each for each in _reached(key, graph.producers, made.funcs) if each in made.funcs)


def _readers(key: str, graph: Graph) -> Iterator[str]:
    """Yield the Funcs that read a Func, directly or through any others."""
    return _reached(key, graph.consumers, ())


def _reached(key: str, edges: Mapping[str, Iterable[str]], ends: Container[str]) -> Iterator[str]:
    """Yield what edges lead to from a Func, each once; they are not followed beyond `ends`."""
    todo, seen = list(edges[key]), set()
    while todo:
        each = todo.pop()
        if each not in seen:
            seen.add(each)
            yield each
            todo += () if each in ends else edges[each]
