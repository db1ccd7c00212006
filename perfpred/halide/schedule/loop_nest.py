"""The loop nests that directives make: which loops there are, how they run, and what each covers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from perfpred.errors import InputError, UnknownNameError
from perfpred.halide.graph.model import Graph, Stage
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, Candidate, Directive

Extents = dict[str, float]
RUNNING = ("vectorize", "unroll", "parallel")


@dataclass
class StageNest:
    """The loops of one stage.

    Attributes
    ----------
    order : list of str
        Loops, innermost first.
    kinds : dict of str to str
        How loops run that do not run one step after the other.
    cuts : list of (str, str, str, int)
        Splits (old, outer, inner, factor) and fusions (fused, outer, inner, 0), in order.
    dims : tuple of str
        The loops before scheduling.
    names : dict of str to str
        Loops that Halide calls by the name of what they were cut from.
    """

    dims: tuple[str, ...]
    order: list[str]
    kinds: dict[str, str] = field(default_factory=dict)
    cuts: list[tuple[str, str, str, int]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def apply(self, directive: Directive) -> None:
        """Take in one scheduling call.

        Raises
        ------
        InputError
            If it names a loop that is not there.
        """
        method, args = directive.method, directive.args
        if method == "split":
            self._split(self.named(args[0]), str(args[1]), str(args[2]), int(args[3]))
        elif method == "fuse":
            self._fuse(self.named(args[0]), self.named(args[1]), str(args[2]))
        elif method == "rename":
            self._split(self.named(args[0]), str(args[1]), "", 1)
        elif method == "reorder":
            loops = list(map(self.named, args))
            places = sorted(set(map(self._place, loops)))
            if len(places) != len(args):
                raise InputError(f"the loops {', '.join(map(str, args))} must be distinct to be reordered")
            for place, name in zip(places, loops, strict=True):
                self.order[place] = name
        elif method in RUNNING:
            self._run(method, str(args[0]), int(args[1]) if len(args) > 1 else 0)

    def named(self, name: str | int) -> str:
        """Return a loop's own name: the outer piece of ``vectorize(x, 8)`` is called x as well."""
        return self.names.get(str(name), str(name))

    def _run(self, method: str, called: str, factor: int) -> None:
        name = self.named(called)
        if factor:
            outer, inner = (name + "'", name + '"')
            self._split(name, outer, inner, factor)
            self.names[called] = outer
            name = outer if method == "parallel" else inner
        else:
            self._place(name)
        self.kinds[name] = method

    def _place(self, name: str) -> int:
        if name not in self.order:
            raise UnknownNameError("loop", name, self.order)
        return self.order.index(name)

    def _split(self, old: str, outer: str, inner: str, factor: int) -> None:
        place = self._place(old)
        self.order[place : place + 1] = [inner, outer] if inner else [outer]
        for name in (inner, outer):
            self.names.pop(name, None)
        self.cuts.append((old, outer, inner, factor))

    def _fuse(self, inner: str, outer: str, fused: str) -> None:
        self._place(inner)
        if inner == outer:
            raise InputError(f"loop {inner} cannot be fused with itself")
        self.order[self._place(outer)] = fused
        self.order.remove(inner)
        self.cuts.append((fused, outer, inner, 0))

    def extents(self, dims: Mapping[str, float]) -> Extents:
        """Return how often each loop runs, and those it was cut from, for these extents of the dimensions."""
        found: Extents = {name: dims.get(name, 1.0) for name in self.dims}
        for old, outer, inner, factor in self.cuts:
            if factor == 0:
                found[old] = found[inner] * found[outer]
            elif inner:
                found[inner] = float(factor)
                found[outer] = -(-found[old] // factor)
            else:
                found[outer] = found[old]
        return found

    def covered(self, inside: Iterable[str], extents: Extents) -> Extents:
        """Return the extents of the dimensions that the loops `inside` run through together."""
        found = dict.fromkeys(extents, 1.0)
        for name in inside:
            found[name] = extents[name]
        for old, outer, inner, factor in reversed(self.cuts):
            if factor == 0:
                found[inner] = min(extents[inner], found[old])
                found[outer] = -(-found[old] // extents[inner])
            elif not inner:
                found[old] = found[outer]
            else:
                whole = found[inner] if found[outer] <= 1 else found[outer] * factor
                found[old] = min(extents[old], whole)
        return {name: found[name] for name in self.dims}


@dataclass
class FuncNest:
    """Where a Func is computed and stored, and its stages; `place` is (root or "", loop).

    Attributes
    ----------
    stages : list of StageNest
        Loop nests of the definition and updates.
    compute : tuple of str, str
        The level it is computed at.
    store : tuple of str, str, optional
        The level it is stored at.
    stacked : bool
        Whether it lies on the stack.
    """

    stages: list[StageNest]
    compute: tuple[str, str]
    store: tuple[str, str] | None = None
    stacked: bool = False


@dataclass
class Nests:
    """The nests of all Funcs that are not inlined, by key."""

    funcs: dict[str, FuncNest]


def nests(candidate: Candidate, graph: Graph) -> Nests:
    """Return the loop nests that a candidate's directives make of a pipeline.

    Raises
    ------
    InputError
        If a directive does not fit the pipeline.
    """
    stages: dict[str, list[StageNest]] = {}
    places: dict[str, dict[str, Directive]] = {}
    for directive in candidate.directives:
        if directive.method == AUTOSCHEDULE:
            raise InputError("an autoscheduler's run has no directives to be looked at")
        if directive.func not in graph.by_key:
            raise UnknownNameError("Func", directive.func, graph.by_key)
        func = graph.by_key[directive.func]
        mine = stages.setdefault(func.key, [_start(stage) for stage in func.stages])
        if directive.stage >= len(mine):
            raise InputError(f"{directive}: {func.key} has no update {directive.stage - 1}")
        mine[directive.stage].apply(directive)
        said = places.setdefault(func.key, {})
        said.pop(directive.method, None)  # the last said holds
        said[directive.method] = directive
    found = {key: _placed(key, mine, places[key]) for key, mine in stages.items()}
    for key in graph.outputs:  # which are computed whole, whether it is said or not
        each = found.setdefault(key, FuncNest([_start(stage) for stage in graph.by_key[key].stages], ROOT))
        each.compute = ROOT if each.compute == INLINED else each.compute
    found = {key: each for key, each in found.items() if each.compute != INLINED}
    for func in graph.funcs:  # a Func with updates is computed in its reader's innermost loop at the least
        if func.key not in found and not func.inlinable:
            found[func.key] = FuncNest([_start(stage) for stage in func.stages], INNERMOST)
    for each in found.values():
        each.compute = _called(each.compute, found)
        each.store = each.store and _called(each.store, found)
    _check_places(found)
    return Nests({func.key: found[func.key] for func in graph.funcs if func.key in found})


ROOT = ("", "root")
INLINED = ("", "")
INNERMOST = ("", "innermost")


def _called(place: tuple[str, str], found: Mapping[str, FuncNest]) -> tuple[str, str]:
    """Return a place by its loop's own name, in the last stage that has it."""
    stages = found[place[0]].stages if place[0] in found else []
    names = (stage.named(place[1]) for stage in reversed(stages) if stage.named(place[1]) in stage.order)
    return place[0], next(names, place[1])


def _start(stage: Stage) -> StageNest:
    names = tuple(loop.name for loop in stage.loops)
    return StageNest(names, list(names))


def _placed(key: str, stages: list[StageNest], said: Mapping[str, Directive]) -> FuncNest:
    compute, store = INLINED, None
    for method, directive in said.items():
        if method.startswith("compute_"):
            compute = _place(directive)
        elif method in ("store_root", "store_at"):
            store = _place(directive)
    memory = said.get("store_in")
    return FuncNest(stages, compute, store, memory is not None and memory.args[0] in ("Stack", "Register"))


def _place(directive: Directive) -> tuple[str, str]:
    if directive.method.endswith("_root"):
        return ROOT
    return (str(directive.args[0]), str(directive.args[1])) if directive.args else INLINED


def _check_places(found: Mapping[str, FuncNest]) -> None:
    for key, each in found.items():
        for place in (each.compute, each.store):
            if place is None or not place[0]:
                continue
            if place[0] not in found:
                raise InputError(f"{key} is computed in the loops of {place[0]}, which has none")
            if not any(place[1] in stage.order for stage in found[place[0]].stages):
                raise UnknownNameError(f"loop of {place[0]}", place[1], found[place[0]].stages[-1].order)
