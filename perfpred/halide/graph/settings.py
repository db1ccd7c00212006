"""What is said of a Func beside its definitions: bounds, which belong to the algorithm, and how it is stored.

All that Halide writes is read, but for estimates: they change no code.
"""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.halide.graph.digests import Digests, stage_loops
from perfpred.halide.graph.expressions import union
from perfpred.halide.graph.flatbuffer import Table
from perfpred.halide.graph.names import loop_keys
from perfpred.halide.graph.raw import RawFunc, RawPipeline

ASSERT = 2
"""The member of the union ``Stmt`` in Halide's schema that a requirement is."""
Plain = list[object]


def bounds(func: RawFunc, digests: Digests) -> Plain:
    """Return what dimensions were bounded to, or aligned to, in order."""
    loops = loop_keys(func.args, "d")
    return [
        [loops.get(each.text(0), each.text(0)), *_digests(each, 1, 4, digests, {})]
        for each in _schedule(func).tables(4)
    ]


def settings(func: RawFunc, digests: Digests) -> Plain:
    """Return how a Func is stored and computed, and what else is done with it."""
    table, loops = func.table, loop_keys(func.args, "d")
    storage = [
        [loops.get(each.text(0), each.text(0)), *_digests(each, 1, 3, digests, loops), each.integer(7, "B")]
        for each in _schedule(func).tables(3)
    ]
    schedule = _schedule(func)
    levels = [_level(schedule.table(place), digests) for place in range(3)]
    wrappers = [[_known(each.text(0), digests), each.integer(1, "i")] for each in schedule.tables(6)]
    flags = [schedule.integer(place, "B") for place in (7, 8, 9)]
    rest = _digests(schedule, 10, 2, digests, loops)
    traces = [*(table.integer(place, "B") for place in (17, 18, 19, 21)), *table.texts(20), table.text(9)]
    return [storage, levels, wrappers, flags, rest, traces, _stages(func, digests)]


def requirements(pipeline: RawPipeline, digests: Digests) -> Plain:
    """Return what is checked before a pipeline runs."""
    table = pipeline.table
    if table is None:
        return []
    checks = zip(table.kinds(2), table.tables(3), strict=True)
    return [[kind, *(_digests(each, 0, 2, digests, {}) if kind == ASSERT else ())] for kind, each in checks]


def buffers(pipeline: RawPipeline, digests: Digests) -> Plain:
    """Return what is said of the layout of each Func's own buffers, outputs above all."""
    table = pipeline.table
    found: list[object] = []
    for each in table.tables(5) if table is not None else ():
        dims = [_digests(dim, 0, 3, digests, {}) for dim in each.tables(6)]
        head, dot, tail = each.text(4).partition(".")
        found.append([_known(head, digests), dot + tail, each.integer(5, "i"), each.integer(7, "b"), dims])
    return sorted(found, key=repr)


def _stages(func: RawFunc, digests: Digests) -> Plain:
    initial = func.table.table(7)
    definitions = [*([] if initial is None else [initial]), *func.table.tables(8)]
    found: list[object] = []
    for definition, stage in zip(definitions, func.stages, strict=True):
        schedule, loops = definition.table(7), stage_loops(func, stage)
        assert schedule is not None
        dims = [
            [loops.get(each.text(0), each.text(0)), *(each.integer(place, "b") for place in range(1, 5))]
            for each in schedule.tables(2)
        ]
        splits = [
            [*map(each.text, range(3)), *_digests(each, 3, 1, digests, loops), *_bytes(each, 5, 8)]
            for each in schedule.tables(1)
        ]
        prefetches = [
            [*map(each.text, range(3)), *_digests(each, 3, 1, digests, loops), *_bytes(each, 5, 6)]
            for each in schedule.tables(3)
        ]
        fused = [
            [*map(each.text, (0, 1, 4)), each.integer(2, "i"), each.integer(3, "i")]
            for each in schedule.tables(5)
        ]
        level = schedule.table(4)
        together = [] if level is None else _level(level.table(0), digests)
        specializations = [_digests(each, 0, 1, digests, loops) for each in definition.tables(8)]
        found.append([dims, splits, prefetches, fused, together, specializations, *_bytes(schedule, 7, 10)])
    return found


def _bytes(table: Table, first: int, end: int) -> list[int]:
    return [table.integer(place, "B") for place in range(first, end)]


def _schedule(func: RawFunc) -> Table:
    schedule = func.table.table(6)
    assert schedule is not None
    return schedule


def _digests(table: Table, first: int, count: int, digests: Digests, loops: Mapping[str, str]) -> list[str]:
    return digests.of([union(table, first + 2 * place) for place in range(count)], loops)


def _level(table: Table | None, digests: Digests) -> Plain:
    if table is None:
        return []
    return [_known(table.text(0), digests), table.integer(1, "i"), table.text(2), table.integer(3, "B")]


def _known(name: str, digests: Digests) -> str:
    return digests.keys.get(name, name)
