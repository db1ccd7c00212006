"""Drawing loop nests as an expert would: whole vectors along what is contiguous, strips for the threads."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfpred.halide.graph.model import Func, Loop, Stage
from perfpred.halide.schedule.plan import LoopPlan
from perfpred.halide.space.style import Style

SMALL = 4
"""Dimensions this short, such as colours, are unrolled or left as they are."""
SHORT_REDUCTION = 9
MIN_PARALLEL_POINTS = 8192.0
CHUNKS = (16, 32, 64, 128, 256)
HEIGHTS = (1, 1, 2, 2, 3, 4, 4, 5, 6, 8)
WIDTHS = (1, 1, 2, 2, 3, 4)


def lanes_of(func: Func, style: Style) -> int:
    """Return the values a vector of a Func's elements."""
    return max(4, style.vector_bytes // max(1, func.element_bytes))


def root_loops(func: Func, stage: Stage, style: Style, rng: np.random.Generator) -> LoopPlan:
    """Return loops for a pure stage of a Func that is computed whole: tiles, blocks, vectors, tasks.

    Parameters
    ----------
    func : Func
        It is computed whole.
    stage : Stage
        A pure one of `func`.
    style : Style
    rng : numpy.random.Generator
    """
    loops = [loop for loop in stage.loops if loop.pure]
    lanes = lanes_of(func, style)
    vector = vector_loop(loops, lanes, rng)
    if len(loops) > 2 and style.turn:  # rows outside channels, or channels outside rows
        loops = [*loops[:1], *loops[:0:-1]]
    small = [loop for loop in loops if loop.extent <= SMALL and loop is not vector]
    large = [loop for loop in loops if loop.extent > SMALL or loop is vector]
    blocks = _blocks(large, vector, lanes, style, rng)
    tiles = _tiles(large, vector, blocks, style, rng)
    inner = [loop.name for loop in large if loop.name in tiles]
    outer = [loop.name for loop in large if loop.name in tiles]
    for loop in large:
        if loop.name not in tiles:
            # what is not cut is inside the tiles if it is contiguous or nothing is cut, else anywhere
            inside = not tiles or loop is vector or rng.random() < 0.3
            (inner if inside else outer).append(loop.name)
    inner = [loop.name for loop in large if loop.name in inner]
    if style.across and vector and len(inner) > 1:  # blocks of all rows or channels before the next column
        inner = [*(name for name in inner if name != vector.name), vector.name]
    for loop in small:
        _place_small(loop, inner, outer, blocks, rng)
    if len(outer) > 1 and rng.random() < 0.15:
        outer = [str(name) for name in rng.permutation(outer)]
    points = float(np.prod([loop.extent for loop in loops]))
    return LoopPlan(
        inner=tuple(inner),
        outer=tuple(outer),
        tiles=tuple(tiles.items()),
        blocks=tuple(blocks.items()),
        vector=vector.name if vector else "",
        lanes=lanes if vector else 1,
        parallel=style.threads > 1 and points >= MIN_PARALLEL_POINTS,
    )


def member_loops(func: Func, stage: Stage, style: Style, rng: np.random.Generator) -> LoopPlan:
    """Return loops for a pure stage that is computed in the loops of another Func: a vector, some copies.

    Parameters
    ----------
    func : Func
    stage : Stage
    style : Style
    rng : numpy.random.Generator
    """
    loops = [loop for loop in stage.loops if loop.pure]
    lanes = lanes_of(func, style)
    vector = vector_loop(loops, lanes, rng)
    blocks: dict[str, int] = {}
    inner = [loop.name for loop in loops if loop.extent > SMALL or loop is vector]
    outer: list[str] = []
    for loop in loops:
        if loop.extent <= SMALL and loop is not vector:
            _place_small(loop, inner, outer, blocks, rng)
    if rng.random() < 0.5 * style.block:
        for loop in loops[1:2]:
            if loop.extent > SMALL:
                blocks[loop.name] = int(rng.choice((2, 4)))
    return LoopPlan(
        inner=(*inner, *outer),
        blocks=tuple(blocks.items()),
        vector=vector.name if vector else "",
        lanes=lanes if vector else 1,
    )


def update_loops(
    func: Func, stage: Stage, pure: LoopPlan, style: Style, rng: np.random.Generator, *, root: bool
) -> LoopPlan:
    """Return loops for an update, like those of the pure stage, with the reduction somewhere between them.

    Parameters
    ----------
    func : Func
    stage : Stage
    pure : LoopPlan
    style : Style
    rng : numpy.random.Generator
    root : bool
    """
    loops = {loop.name: loop for loop in stage.loops}
    reduction = [name for name in stage.rvars if name in loops]
    free = [loop for loop in stage.loops if loop.name not in reduction]
    lanes = lanes_of(func, style)
    names = [loop.name for loop in free]
    vector = pure.vector if pure.vector in names else ""
    if not vector and free and free[0].extent >= lanes:
        vector = free[0].name
    blocks = {name: size for name, size in pure.blocks if name in names}
    tiles = {name: size for name, size in pure.tiles if name in names} if root else {}
    short = [name for name in reduction if loops[name].constant and loops[name].extent <= SHORT_REDUCTION]
    unrolled = tuple(short) if rng.random() < 0.6 else tuple(short[:1]) if rng.random() < 0.3 else ()
    copies = LoopPlan(tuple(names), blocks=tuple(blocks.items()), vector=vector, lanes=max(2, pure.lanes))
    total = copies.unrolling * float(np.prod([loops[name].extent for name in unrolled]))
    if total > 48:
        unrolled = ()
    rest = [name for name in reduction if name not in unrolled]
    inner = _around(rest, [name for name in pure.inner if name in names], rng)
    outer = [name for name in pure.outer if name in names]
    missing = [name for name in names if name not in inner and name not in outer]
    if root and outer and rest and rest[-1] == reduction[-1]:
        chunk = _chunk(loops[rest[-1]], rng)
        if chunk:  # a piece of all sums at a time, so that what they read stays in a cache
            tiles[rest[-1]] = chunk
            outer = [rest[-1], *outer]
    return LoopPlan(
        inner=(*unrolled, *inner, *missing),
        outer=tuple(outer),
        tiles=tuple(tiles.items()),
        blocks=tuple(blocks.items()),
        vector=vector,
        lanes=pure.lanes if vector and pure.lanes > 1 else (lanes if vector else 1),
        unrolled=unrolled,
        parallel=pure.parallel and (bool(outer) or bool(missing) or (bool(inner) and inner[-1] not in rest)),
    )


def fused_reduction_loops(func: Func, stage: Stage, consumer: LoopPlan, style: Style) -> LoopPlan | None:
    """Return loops for a stage that is computed a block of its consumer's at a time, all of it unrolled.

    None if the consumer has no blocks that this stage could fill.

    Parameters
    ----------
    func : Func
    stage : Stage
    consumer : LoopPlan
    style : Style
    """
    names = [loop.name for loop in stage.loops if loop.pure]
    if not consumer.vector or consumer.vector not in names:
        return None
    blocks = tuple((name, size) for name, size in consumer.blocks if name in names)
    return LoopPlan(tuple(names), blocks=blocks, vector=consumer.vector, lanes=consumer.lanes)


def vector_loop(loops: Sequence[Loop], lanes: int, rng: np.random.Generator) -> Loop | None:
    """Return the loop to vectorize: nearly always the contiguous one."""
    long = [loop for loop in loops if loop.extent >= lanes]
    if not long:
        long = [loop for loop in loops if loop.extent >= 4]
        return None if not long or lanes > long[0].extent else long[0]
    return long[0] if len(long) == 1 or rng.random() < 0.995 else long[1]


def fit(tile: int, block: int) -> int:
    """Return a tile that is whole blocks."""
    return max(block, tile // block * block)


def _blocks(
    large: Sequence[Loop], vector: Loop | None, lanes: int, style: Style, rng: np.random.Generator
) -> dict[str, int]:
    """Return a block that fills some of the registers."""
    blocks: dict[str, int] = {}
    if rng.random() >= style.block:
        return blocks
    width = int(rng.choice(WIDTHS)) if vector else 1
    others = [loop for loop in large if loop is not vector]
    height = int(rng.choice(HEIGHTS)) if others else 1
    while width * height > style.registers:
        height = max(1, height - 1)
        width = max(1, width - 1) if height == 1 else width
    if vector and width > 1 and vector.extent >= width * lanes:
        blocks[vector.name] = width * lanes
    if others and height > 1:
        loop = others[0] if len(others) == 1 or rng.random() < 0.5 else others[-1]
        if loop.extent >= height:
            blocks[loop.name] = height
            spare = style.registers // (width * height)
            if len(others) > 1 and spare >= 2 and rng.random() < 0.3:
                other = next(each for each in others if each is not loop)
                if other.extent >= 2:
                    blocks[other.name] = 2
    return blocks


def _tiles(
    large: Sequence[Loop],
    vector: Loop | None,
    blocks: dict[str, int],
    style: Style,
    rng: np.random.Generator,
) -> dict[str, int]:
    """Return tiles: strips of the outermost loop for the threads, and columns of the contiguous one."""
    tiles: dict[str, int] = {}
    rows = [loop for loop in large if loop is not vector]
    if rows:
        strip = rows[-1] if len(rows) == 1 or rng.random() < 0.6 else rows[0]
        size = fit(min(style.strip, int(strip.extent)), blocks.get(strip.name, 1))
        if size < strip.extent:
            tiles[strip.name] = size
        for loop in rows:
            if loop is not strip and rng.random() < 0.3:
                size = fit(int(rng.choice((4, 8, 16, 32))), blocks.get(loop.name, 1))
                if size < loop.extent:
                    tiles[loop.name] = size
    if vector is not None and style.column:
        size = fit(style.column, max(blocks.get(vector.name, 1), 16))
        if 2 * size <= vector.extent:
            tiles[vector.name] = size
    return tiles


def _place_small(
    loop: Loop, inner: list[str], outer: list[str], blocks: dict[str, int], rng: np.random.Generator
) -> None:
    """Put a short dimension innermost, unrolled; or just around the vector's loop; or outermost."""
    draw = rng.random()
    if draw < 0.45 and loop.extent > 1:
        blocks[loop.name] = int(loop.extent)
        inner.insert(0, loop.name)
    elif draw < 0.75:
        inner.insert(int(rng.integers(0, len(inner) + 1)), loop.name)
    else:
        (outer if outer and rng.random() < 0.5 else inner).append(loop.name)


def _chunk(loop: Loop, rng: np.random.Generator) -> int:
    """Return how many terms of a long reduction are added before those of other sums, 0 for all."""
    size = int(rng.choice(CHUNKS))
    return size if 2 * size <= loop.extent and rng.random() < 0.4 else 0


def _around(reduction: list[str], inner: list[str], rng: np.random.Generator) -> list[str]:
    """Return the order of reduction and free loops: sums in registers, along rows, or over whole tiles."""
    draw = rng.random()
    if draw < 0.55:
        return [*reduction, *inner]
    if draw < 0.9:
        return [*inner[:1], *reduction, *inner[1:]]
    return [*inner, *reduction]
