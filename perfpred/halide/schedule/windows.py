"""Windows: Funcs that are stored further out than they are computed, and how the loops between move them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from perfpred.halide.graph.model import Graph
from perfpred.halide.graph.moving import moving
from perfpred.halide.schedule.loop_nest import ROOT, Nests, StageNest

Place = tuple[str, str]


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


def window_of(key: str, made: Nests, graph: Graph) -> Window | None:
    """Return how a Func slides, None if it is stored where it is computed."""
    nest, func = made.funcs[key], graph.by_key[key]
    if nest.store is None or nest.store == nest.compute:
        return None
    out = list(outwards(nest.compute, made))
    between = next((index for index, (place, _) in enumerate(out) if place == nest.store), len(out))
    along: set[str] = set()
    ways: set[str] = set()
    slides: list[Place] = []
    still: list[Place] = []
    for place, stage in out[:between]:
        moved = moving(key, place[0], origins(stage)[place[1]], graph)
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
        if inner == loop and is_within(outer, loop, stage):
            return False
        extents[inner] = factor
    return True


def outwards(place: Place, made: Nests) -> Iterator[tuple[Place, StageNest]]:
    """Yield a loop and those around it, up to those of a Func that is computed whole."""
    while place[0] in made.funcs:
        around = made.funcs[place[0]]
        stage = next((each for each in reversed(around.stages) if place[1] in each.order), None)
        if stage is None:
            return
        for loop in stage.order[stage.order.index(place[1]) :]:
            yield (place[0], loop), stage
        place = around.compute


def is_within(name: str, loop: str, stage: StageNest) -> bool:
    """Whether a loop runs within another of its stage."""
    order = stage.order
    return name in order and loop in order and order.index(name) < order.index(loop)


def origins(stage: StageNest) -> dict[str, set[str]]:
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


def is_kept(key: str, window: Window, made: Nests) -> bool:
    """Whether what a window reads stays as long as the window's own storage."""
    return made.funcs[key].compute == ROOT or made.funcs[key].compute in window.around
