"""Changes to a schedule that our space never makes: what Halide takes of them must be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from perfpred.errors import InputError
from perfpred.halide.graph.model import Graph
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.rules import TAILS

Directives = list[Directive]
Change = Callable[[Directives, Graph, np.random.Generator], Directives | None]
SOURCE = "wild"


def changed(candidate: Candidate, graph: Graph, rng: np.random.Generator) -> Candidate | None:
    """Return a schedule with one to three wild changes, None if none could be made."""
    directives: Directives | None = list(candidate.directives)
    for _ in range(int(rng.integers(1, 4))):
        change = CHANGES[int(rng.integers(len(CHANGES)))]
        made = change(directives or [], graph, rng)
        directives = made or directives
    try:
        found = Candidate(tuple(directives or ()), SOURCE)
    except InputError:
        return None
    return None if found == candidate else found


def loops_of(directives: Directives, graph: Graph, key: str, stage: int) -> list[str]:
    """Return the loops of a stage after its splits and fusions."""
    names = [loop.name for loop in graph.by_key[key].stages[stage].loops]
    for each in directives:
        if (each.func, each.stage) != (key, stage):
            continue
        if each.method == "split":
            old, outer, inner = map(str, each.args[:3])
            names = [name for name in names if name != old] + [outer, inner]
        elif each.method == "fuse":
            names = [name for name in names if name not in each.args[:2]] + [str(each.args[2])]
    return names


def _placed(directives: Directives, method: str) -> list[Directive]:
    return [each for each in directives if each.method == method]


def _pick(items: list[Directive] | list[str], rng: np.random.Generator) -> int:
    return int(rng.integers(len(items)))


def _store(directives: Directives, graph: Graph, rng: np.random.Generator) -> Directives | None:
    """Store a Func at any loop of the Func that it is computed in, or outside all loops."""
    placed = _placed(directives, "compute_at")
    if not placed:
        return None
    each = placed[_pick(placed, rng)]
    kept = [
        one for one in directives if one.func != each.func or one.method not in ("store_at", "store_root")
    ]
    if rng.random() < 0.2:
        return [*kept, Directive(each.func, 0, "store_root")]
    root = str(each.args[0])
    names = loops_of(directives, graph, root, len(graph.by_key[root].stages) - 1)
    return [*kept, Directive(each.func, 0, "store_at", (root, names[_pick(names, rng)]))]


def _compute(directives: Directives, graph: Graph, rng: np.random.Generator) -> Directives | None:
    """Compute a Func at any loop of any Func that has some."""
    placed = [each for each in directives if each.method in ("compute_at", "compute_root")]
    movable = [each for each in placed if each.func not in graph.outputs]
    if not movable:
        return None
    each = movable[_pick(movable, rng)]
    readers = [key for key in graph.consumers[each.func] if any(one.func == key for one in directives)]
    hosts = readers or list(graph.outputs)
    host = hosts[_pick(hosts, rng)]
    names = loops_of(directives, graph, host, len(graph.by_key[host].stages) - 1)
    if not names:
        return None
    moved = Directive(each.func, 0, "compute_at", (host, names[_pick(names, rng)]))
    kept = [
        one for one in directives if one.func != each.func or one.method not in ("store_at", "store_root")
    ]
    return [moved if one == each else one for one in kept]


def _tail(directives: Directives, graph: Graph, rng: np.random.Generator) -> Directives | None:
    """Say how a split treats what is left over."""
    splits = _placed(directives, "split")
    if not splits:
        return None
    each = splits[_pick(splits, rng)]
    tail = str(rng.choice([name for name in TAILS if name != "Auto"]))
    made = replace(each, args=(*each.args[:4], tail))
    return [made if one == each else one for one in directives]


def _factor(directives: Directives, graph: Graph, rng: np.random.Generator) -> Directives | None:
    """Give a split a factor that fits nothing."""
    splits = _placed(directives, "split")
    if not splits:
        return None
    each = splits[_pick(splits, rng)]
    made = replace(each, args=(*each.args[:3], int(rng.choice((2, 3, 5, 7, 12, 20))), *each.args[4:]))
    return [made if one == each else one for one in directives]


def _mark(directives: Directives, graph: Graph, rng: np.random.Generator) -> Directives | None:
    """Run a loop in parallel, in a vector, or unrolled; updates atomically now and then."""
    keys = list(dict.fromkeys(each.func for each in directives if each.func))
    key = keys[_pick(keys, rng)]
    stage = int(rng.integers(len(graph.by_key[key].stages)))
    names = loops_of(directives, graph, key, stage)
    if not names:
        return None
    name, method = names[_pick(names, rng)], str(rng.choice(("parallel", "vectorize", "unroll")))
    factor = int(rng.choice((2, 4, 8)))
    marked = Directive(key, stage, method, (name,) if method == "parallel" else (name, factor))
    atomic = [Directive(key, stage, "atomic")] if stage and rng.random() < 0.5 else []
    return [*directives, *atomic, marked]


def _fuse(directives: Directives, graph: Graph, rng: np.random.Generator) -> Directives | None:
    """Fuse two loops of a stage and run the result in parallel."""
    keys = list(dict.fromkeys(each.func for each in directives if each.func))
    key = keys[_pick(keys, rng)]
    stage = int(rng.integers(len(graph.by_key[key].stages)))
    names = loops_of(directives, graph, key, stage)
    if len(names) < 2:
        return None
    one, other = rng.permutation(names)[:2]
    made = [Directive(key, stage, "fuse", (str(one), str(other), "fused"))]
    if rng.random() < 0.5:
        made.append(Directive(key, stage, "parallel", ("fused",)))
    kept = [
        each
        for each in directives
        if (each.func, each.stage) != (key, stage)
        or each.method == "split"
        or not {one, other} & set(each.args)
    ]
    return [*kept, *made]


def _reorder(directives: Directives, graph: Graph, rng: np.random.Generator) -> Directives | None:
    """Nest the loops of a stage in any order."""
    orders = _placed(directives, "reorder")
    if not orders:
        return None
    each = orders[_pick(orders, rng)]
    made = replace(each, args=tuple(str(name) for name in rng.permutation([str(n) for n in each.args])))
    return [made if one == each else one for one in directives]


def _storage(directives: Directives, graph: Graph, rng: np.random.Generator) -> Directives | None:
    """Store a Func in other memory, in another order, folded or aligned."""
    keys = [each.func for each in directives if each.method in ("compute_at", "compute_root")]
    keys = [key for key in keys if graph.by_key[key].args]
    if not keys:
        return None
    key = keys[_pick(keys, rng)]
    args = graph.by_key[key].args
    name = str(rng.choice(args))
    kinds: list[Directive] = [
        Directive(key, 0, "store_in", (str(rng.choice(("Stack", "Register", "Heap"))),)),
        Directive(key, 0, "fold_storage", (name, int(rng.choice((2, 4, 8, 16))))),
        Directive(key, 0, "align_storage", (name, int(rng.choice((4, 8, 32))))),
        Directive(key, 0, "reorder_storage", tuple(str(each) for each in rng.permutation(args))),
    ]
    return [*directives, kinds[int(rng.integers(len(kinds)))]]


CHANGES: tuple[Change, ...] = (
    *(_store, _store, _store, _compute, _compute),
    *(_tail, _tail, _factor, _mark, _fuse, _reorder, _storage),
)
