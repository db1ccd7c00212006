"""Unrolled loops of which it is not plain that they run a constant number of times, which Halide requires.

An autoscheduler takes parameters for the constants that they are estimated to be, and unrolls loops that run
so often; and a schedule whose factors are varied may no longer have the constants that it had.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from perfpred.halide.graph.index import Index
from perfpred.halide.graph.model import Func, Graph, Stage
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.halide.schedule.loop_nest import ROOT, FuncNest, StageNest, nests

UNROLL = "unroll"
Form = dict[tuple[str, str], float]
"""How an index moves with a root's dimensions: the root, a dimension, and by how much."""


def doubtful(candidate: Candidate, graph: Graph) -> list[Directive]:
    """Return the directives that unroll loops whose extents Halide might not find to be constants.

    Constants are the inner loops of splits, and loops whose extents the algorithm fixes. As good are those of
    a Func of which others read places at fixed distances from theirs: they run as often as the others' do, of
    which a split says how often. Where windows slide, loops begin earlier in the first step.

    Raises
    ------
    InputError
        If the schedule does not fit the pipeline.
    """
    unrolled = [each for each in candidate.directives if each.method == UNROLL and len(each.args) == 1]
    if not unrolled:
        return []
    funcs = nests(candidate, graph).funcs
    windows = [nest for nest in funcs.values() if nest.store not in (None, nest.compute)]
    slid = {loop for nest in windows for loop in _slid(nest, funcs)}
    constant = _constant_dimensions(funcs, graph)
    found = []
    for each in unrolled:
        if each.func not in funcs:
            continue
        nest, stage = funcs[each.func].stages[each.stage], graph.by_key[each.func].stages[each.stage]
        loop = nest.named(each.args[0])
        if (each.func, loop) in slid or loop not in _constants(nest, _fixed(stage) | constant[each.func]):
            found.append(each)
    return found


def without_doubtful(candidate: Candidate, graph: Graph) -> Candidate:
    """Return a schedule that unrolls no loop of `doubtful`.

    Raises
    ------
    InputError
        If the schedule does not fit the pipeline.
    """
    dropped = set(doubtful(candidate, graph))
    kept = tuple(each for each in candidate.directives if each not in dropped)
    return replace(candidate, directives=kept) if dropped else candidate


def _slid(nest: FuncNest, funcs: Mapping[str, FuncNest]) -> Iterator[tuple[str, str]]:
    """Yield the loops that a window slides along: from where it is computed out to where it is stored."""
    place = nest.compute
    while place[0] in funcs and place != nest.store:
        stages = [stage for stage in funcs[place[0]].stages if place[1] in stage.order]
        if not stages:
            return
        order = stages[-1].order
        for loop in order[order.index(place[1]) :]:
            if (place[0], loop) == nest.store:
                return
            yield place[0], loop
        place = funcs[place[0]].compute


def _constant_dimensions(funcs: Mapping[str, FuncNest], graph: Graph) -> dict[str, set[str]]:
    """Return the dimensions of each Func that are as long as constants say whenever it is computed.

    All that is read of them goes with loops of a root, and of those, none runs within the loop at which the
    Func is computed that is not constant itself.
    """
    plain = _plain_dimensions({key for key, nest in funcs.items() if nest.compute == ROOT}, graph)
    found: dict[str, set[str]] = {}
    for func in reversed(graph.funcs):  # what a Func is computed in comes before it
        if func.key in funcs and funcs[func.key].compute != ROOT:
            moving = _moving(funcs[func.key].compute, funcs, graph, plain, found)
            found[func.key] = {name for name, form in plain[func.key].items() if not moving & form.keys()}
        else:
            found[func.key] = set()
    return found


def _moving(
    place: tuple[str, str],
    funcs: Mapping[str, FuncNest],
    graph: Graph,
    plain: Mapping[str, Mapping[str, Form]],
    constant: Mapping[str, set[str]],
) -> set[tuple[str, str]]:
    """Return the dimensions of roots along which loops run, inside a place, that are not constant."""
    host, loop = place
    found: set[tuple[str, str]] = set()
    if host not in funcs:
        return found
    for nest, stage in zip(funcs[host].stages, graph.by_key[host].stages, strict=True):
        inside = nest.order[: nest.order.index(loop)] if loop in nest.order else ()
        known = _constants(nest, _fixed(stage) | constant[host])
        for name in set(inside) - known:
            for dimension in _cut_from(nest)[name]:
                found |= plain[host].get(dimension, {}).keys()
    return found


def _fixed(stage: Stage) -> set[str]:
    """Return the loops whose extents the algorithm fixes."""
    return {loop.name for loop in stage.loops if loop.constant}


def _plain_dimensions(roots: Collection[str], graph: Graph) -> dict[str, dict[str, Form]]:
    """Return the dimensions of each Func of which all places that are read go with the same loops of a root.

    Parameters
    ----------
    roots : collection of str
        Funcs that are computed whole.
    """
    forms: dict[str, dict[str, Form | None]] = {}
    for func in reversed(graph.funcs):
        own: dict[str, Form | None] = {name: {(func.key, name): 1.0} for name in func.args}
        found = own if func.key in roots else _forms(func, forms, graph)
        forms[func.key] = {name: found.get(name) for name in func.args}
    return {
        key: {name: form for name, form in each.items() if form is not None} for key, each in forms.items()
    }


def _forms(
    func: Func, forms: Mapping[str, Mapping[str, Form | None]], graph: Graph
) -> dict[str, Form | None]:
    """Return what each dimension of a Func is in a root's, by those of its readers; None if not one form."""
    found: dict[str, Form | None] = {}
    for reader in graph.consumers[func.key]:
        for stage in graph.by_key[reader].stages:
            known: dict[str, Form | None] = {loop.name: {} for loop in stage.loops if loop.constant}
            known.update(forms[reader])
            for access in stage.accesses:
                if access.source == func.key:
                    for name, index in zip(func.args, access.indices, strict=True):
                        form = _through(index, known)
                        found[name] = form if found.get(name, form) == form else None
    return found


def _through(index: Index | None, known: Mapping[str, Form | None]) -> Form | None:
    if index is None or index.clamped or index.turns or index.partly:
        return None
    found: Form = {}
    for name, factor in index.coefficients:
        form = known.get(name)
        if form is None or not factor.is_integer():
            return None
        for loop, much in form.items():
            found[loop] = found.get(loop, 0.0) + factor * much
    return found


def _constants(nest: StageNest, dimensions: Iterable[str]) -> set[str]:
    """Return the loops whose extents are constants if those of some of the dimensions are."""
    found = set(dimensions)
    for old, outer, inner, factor in nest.cuts:
        if factor == 0:
            found |= {old} if {outer, inner} <= found else set()
        else:
            found |= ({inner} if inner else set()) | ({outer} if old in found else set())
    return found


def _cut_from(nest: StageNest) -> dict[str, set[str]]:
    """Return the dimensions that each loop, or what it was cut from, runs along."""
    found = {name: {name} for name in nest.dims}
    for old, outer, inner, factor in nest.cuts:
        if factor == 0:
            found[old] = found[outer] | found[inner]
        else:
            found[outer] = found[inner] = found[old]
    return found
