"""Schedules that Halide is known to compile wrongly: they compile, run, and compute something else.

Where a Func is stored further out than it is computed, Halide has each step of the loops between compute only
what is new in it: it slides. What is new lies along one dimension of the Func: the one along which the steps
overlap, or, if the loop moves nothing that is read, the last, all of which is new in the first step. Halide
21 does so wrongly

- where the first definition's loops along a dimension in which a step moves are split and the last piece is
  shifted inwards, which is the default: values of earlier steps are computed again, which an update had
  changed meanwhile, or of what is there no longer;
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
from dataclasses import dataclass

from perfpred.errors import InputError
from perfpred.halide.graph.model import Graph
from perfpred.halide.graph.moving import mixed, moving
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.loop_nest import ROOT, Nests, StageNest, nests
from perfpred.halide.schedule.rules import TAILS

Place = tuple[str, str]
SHIFTED = ("Auto", "ShiftInwards", "ShiftInwardsAndBlend")
"""What becomes of the last piece of a split that is not whole, if it is shifted inwards."""
SPLITTING = ("split", "vectorize", "unroll", "parallel")
"""Methods that split a loop if they are given a factor, which is the last whole number."""


@dataclass(frozen=True)
class Window:
    """A Func that is stored further out than it is computed.

    Attributes
    ----------
    loops : tuple of (Func, loop)
        Those between, the innermost first.
    slides : tuple of (Func, loop)
        Those of `loops` whose steps overlap.
    still : tuple of (Func, loop)
        Those of `loops` that move nothing.
    along : frozenset of str
        The dimensions along which steps overlap.
    moved : frozenset of str
        The dimensions along which any of `loops` moves what is read, those of `along` among them.
    whole : frozenset of str
        The dimension, if any, that is new as a whole in the first step of a loop that moves nothing.
    around : frozenset of (Func, loop)
        The loops that its storage is in.
    """

    loops: tuple[Place, ...]
    slides: tuple[Place, ...]
    still: tuple[Place, ...]
    along: frozenset[str]
    moved: frozenset[str]
    whole: frozenset[str]
    around: frozenset[Place]


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
    windows = {key: window for key in made.funcs if (window := _window(key, made, graph)) is not None}
    for key, window in windows.items():
        found = (
            _mixed_problem(key, window, made, graph)
            or _unguarded_problem(window, candidate.of(key), made.funcs[key].stages[0])
            or _shift_problem(key, window, candidate, made, graph)
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


def _window(key: str, made: Nests, graph: Graph) -> Window | None:
    """Return how a Func slides, None if it is stored where it is computed."""
    nest, func = made.funcs[key], graph.by_key[key]
    if nest.store is None or nest.store == nest.compute:
        return None
    out = list(_outwards(nest.compute, made))
    between = next((index for index, (place, _) in enumerate(out) if place == nest.store), len(out))
    along: set[str] = set()
    ways: set[str] = set()
    slides: list[Place] = []
    still: list[Place] = []
    for place, stage in out[:between]:
        moved = moving(key, place[0], _origins(stage)[place[1]], graph)
        overlapping = {name for name, overlap in moved.items() if overlap or not _is_exact(place[1], stage)}
        pure = {name for name in overlapping if func.is_pure(name)}
        along |= pure
        ways |= moved.keys()
        slides += [place] * bool(pure)
        still += [place] * (not moved)
    if not between:
        return None
    whole = {name for name in func.args[-1:] if still and func.is_pure(name)}
    loops, around = (place for place, _ in out[:between]), frozenset(place for place, _ in out[between:])
    found = (frozenset(along), frozenset(ways), frozenset(whole))
    return Window(tuple(loops), tuple(slides), tuple(still), *found, around)


def _is_exact(loop: str, stage: StageNest) -> bool:
    """Whether the steps of a loop are known to begin where those before end: its split leaves no rest."""
    extents: dict[str, int] = {}
    for old, outer, inner, factor in stage.cuts:
        if loop in (old, outer) and factor == 0:
            return False
        if outer == loop and inner:
            return extents.get(old, 1) % factor == 0
        if inner == loop and _is_within(outer, loop, stage):
            return False
        extents[inner] = factor
    return True


def _outwards(place: Place, made: Nests) -> Iterator[tuple[Place, StageNest]]:
    """Yield a loop and those around it, up to those of a Func that is computed whole."""
    while place[0] in made.funcs:
        around = made.funcs[place[0]]
        stage = next((each for each in reversed(around.stages) if place[1] in each.order), None)
        if stage is None:
            return
        for loop in stage.order[stage.order.index(place[1]) :]:
            yield (place[0], loop), stage
        place = around.compute


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
    gone = [each for each in _read(key, made, graph) if not _is_kept(each, window, made)]
    return f"{what}, and {gone[0]}, which it reads, is computed within too" if gone else None


def _mixed_problem(key: str, window: Window, made: Nests, graph: Graph) -> str | None:
    """Return the loop that some reads go with, and others do not."""
    stages = dict(_outwards(made.funcs[key].compute, made))
    for place in window.slides:
        both = mixed(key, place[0], _origins(stages[place])[place[1]], graph)
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
                if loop == inner and factor and _is_within(outer, loop, stage):
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


def _is_within(name: str, loop: str, stage: StageNest) -> bool:
    order = stage.order
    return name in order and loop in order and order.index(name) < order.index(loop)


def _shifted(
    directives: Collection[Directive], stage: StageNest, tails: Collection[str] = SHIFTED
) -> set[str]:
    """Return the dimensions of a first definition that are split, with the last piece shifted."""
    origins, found = _origins(stage), set()
    for each in directives:
        if each.stage or each.method not in SPLITTING:
            continue
        tail = str(each.args[4]) if each.method == "split" and len(each.args) > 4 else "Auto"
        if tail in tails and any(isinstance(arg, int) for arg in each.args):
            found |= origins.get(str(each.args[0]), set())
    return found


def _origins(stage: StageNest) -> dict[str, set[str]]:
    """Return the dimensions that each loop was cut from; several for a fusion."""
    found = {name: {name} for name in stage.dims}
    for old, outer, inner, factor in stage.cuts:
        if factor == 0:
            found[old] = found[inner] | found[outer]
            continue
        found[outer] = found[old]
        if inner:
            found[inner] = found[old]
    return found


def _is_kept(key: str, window: Window, made: Nests) -> bool:
    """Whether what a window reads stays as long as the window's own storage."""
    return made.funcs[key].compute == ROOT or made.funcs[key].compute in window.around


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
