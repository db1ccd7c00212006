"""A schedule as the loop nests that it makes, for reading."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from perfpred.errors import InputError
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, Candidate, Directive
from perfpred.halide.schedule.loop_nest import StageNest

Stages = Mapping[tuple[str, int], Sequence[Directive]]
HOW = {"parallel": "parallel", "vectorize": "vectorized", "unroll": "unrolled"}
MADE_BY = {"split": (1, 2), "fuse": (2,), "rename": (1,)}
"""Which arguments of a directive name loops that it makes."""


@dataclass
class _Func:
    """A Func that has loops of its own: its stages, and where it is computed and stored."""

    stages: dict[int, StageNest] = field(default_factory=dict)
    compute: tuple[str, ...] = ()
    store: tuple[str, ...] = ()


def nest_text(candidate: Candidate) -> str:
    """Return what is computed where, in which loops: a Func within the loop at which it is computed.

    Loops that no directive names are not known here, so they are not shown; Funcs without a directive are
    inlined. Where directives are of no such form, they are listed.

    Examples
    --------
    >>> from perfpred.halide.schedule.candidate import Directive as D
    >>> calls = D("f", 0, "split", ("x", "xo", "xi", 8)), D("f", 0, "reorder", ("xi", "xo", "y"))
    >>> ways = D("f", 0, "vectorize", ("xi",)), D("f", 0, "parallel", ("y",)), D("f", 0, "compute_root", ())
    >>> inner = D("g", 0, "compute_at", ("f", "xo")), D("g", 0, "reorder", ("x", "y"))
    >>> print(nest_text(Candidate((*calls, *ways, *inner))))
    compute f:
      parallel for y:
        for xo:
          compute g:
            for y:
              for x:
          vectorized for xi in 0..7:
    """
    if any(each.method == AUTOSCHEDULE for each in candidate.directives):
        return listed(candidate)
    try:
        funcs = _funcs(candidate.directives)
    except (InputError, IndexError, ValueError, KeyError, TypeError):
        return listed(candidate)
    if any(func.compute[:1] == (name,) for name, func in funcs.items()):
        return listed(candidate)
    roots = [name for name, func in funcs.items() if func.compute[:1] not in {(other,) for other in funcs}]
    lines = [line for name in reversed(roots) for line in _compute(name, funcs, 0, ())]
    shown = sum(line.lstrip().startswith("compute ") for line in lines)
    return "\n".join(lines) if shown == len(funcs) else listed(candidate)


def listed(candidate: Candidate) -> str:
    """Return the directives, a line each."""
    return "\n".join(
        f"{each.func or 'the whole pipeline'}{f', update {each.stage - 1}' if each.stage else ''}: "
        f"{each.method}({', '.join(map(str, each.args))})"
        for each in candidate.directives
    )


def _funcs(directives: Sequence[Directive]) -> dict[str, _Func]:
    stages: dict[tuple[str, int], list[Directive]] = {}
    for each in directives:
        stages.setdefault((each.func, each.stage), []).append(each)
    funcs: dict[str, _Func] = {}
    for (name, stage), mine in stages.items():
        func = funcs.setdefault(name, _Func())
        loops = _loops(mine)
        nest = StageNest(loops, list(loops))
        for each in mine:
            place = tuple(map(str, each.args)) or ("root",)
            if each.method.startswith("compute_"):
                func.compute = place
            elif each.method.startswith("store_") and each.method != "store_in":
                func.store = place
            else:
                nest.apply(each)
        func.stages[stage] = nest
    return funcs


def _loops(directives: Sequence[Directive]) -> tuple[str, ...]:
    """Return the loops that directives name before they make it, innermost first."""
    made: set[str] = set()
    found: dict[str, None] = {}
    for each in directives:
        new = MADE_BY.get(each.method, ())
        named = {"split": each.args[:1], "fuse": each.args[:2], "rename": each.args[:1], "reorder": each.args}
        running = each.args[:1] if each.method in HOW else ()
        for name in map(str, named.get(each.method, running)):
            if name not in made:
                found.setdefault(name)
        made |= {str(each.args[index]) for index in new}
    return tuple(found)


def _compute(name: str, funcs: Mapping[str, _Func], depth: int, above: tuple[str, ...]) -> Iterator[str]:
    func = funcs[name]
    if name in above:
        return
    stored = f" (stored at {' '.join(func.store)})" if func.store and func.store != func.compute else ""
    yield f"{'  ' * depth}compute {name or 'the pipeline'}{stored}:"
    for number, nest in sorted(func.stages.items()):
        start = depth + 1
        if number:
            yield f"{'  ' * start}update {number - 1}:"
            start += 1
        yield from _nested(name, nest, funcs, start, (*above, name), last=number == max(func.stages))


def _nested(
    name: str,
    nest: StageNest,
    funcs: Mapping[str, _Func],
    depth: int,
    above: tuple[str, ...],
    *,
    last: bool,
) -> Iterator[str]:
    factors = {inner: factor for _, _, inner, factor in nest.cuts if inner and factor}
    for loop in reversed(nest.order):
        how = HOW.get(nest.kinds.get(loop, ""), "")
        count = f" in 0..{factors[loop] - 1}" if loop in factors else ""
        yield f"{'  ' * depth}{how + ' ' if how else ''}for {loop}{count}:"
        depth += 1
        for other, func in funcs.items():
            place = func.compute
            if last and len(place) == 2 and place[0] == name and nest.named(place[1]) == loop:
                yield from _compute(other, funcs, depth, above)
