"""Making a wrong schedule smaller: the fewest directives, the smallest factors, that are still wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from perfpred.errors import InputError
from perfpred.halide.schedule.candidate import Candidate, Directive

SOURCE = "reduced"
FACTORS = (2, 3, 4, 8, 16)
Directives = tuple[Directive, ...]


def reduced(
    candidate: Candidate, is_wrong: Callable[[Candidate], bool], told: Callable[[str], None] = print
) -> Candidate:
    """Return a smaller schedule of which `is_wrong` still holds; it is asked for each attempt."""
    best = candidate
    tried = {best.directives}
    progress = True
    while progress:
        progress = False
        for attempt in _attempts(best.directives):
            if attempt in tried:
                continue
            tried.add(attempt)
            try:
                made = Candidate(attempt, SOURCE)
            except InputError:
                continue
            if is_wrong(made):
                told(f"{len(best.directives)} -> {len(attempt)} directives")
                best, progress = made, True
                break
    return best


def _attempts(directives: Directives) -> Iterator[Directives]:
    """Yield smaller schedules, the boldest first."""
    for func in dict.fromkeys(each.func for each in directives):
        yield tuple(each for each in directives if each.func != func)  # inlined
        others = tuple(each for each in directives if each.func != func)
        if any(each.func == func and each.method == "compute_at" for each in directives):
            yield (*others, Directive(func, 0, "compute_root"))
    for func, stage in dict.fromkeys((each.func, each.stage) for each in directives):
        bare = tuple(
            each
            for each in directives
            if (each.func, each.stage) != (func, stage) or each.method.startswith(("compute", "store"))
        )
        yield bare
    for index, each in enumerate(directives):
        rest = (*directives[:index], *directives[index + 1 :])
        yield _without_split(each, rest) if each.method == "split" else rest
        if each.method == "split":
            for factor in FACTORS:
                if factor < int(each.args[3]):
                    smaller = replace(each, args=(*each.args[:3], factor, *each.args[4:]))
                    yield (*directives[:index], smaller, *directives[index + 1 :])
            if len(each.args) > 4:
                yield (*directives[:index], replace(each, args=each.args[:4]), *directives[index + 1 :])
        if each.method == "reorder" and len(each.args) > 2:
            for place in range(len(each.args)):
                fewer = replace(each, args=(*each.args[:place], *each.args[place + 1 :]))
                yield (*directives[:index], fewer, *directives[index + 1 :])


def _without_split(split: Directive, rest: Directives) -> Directives:
    """Return what is left where a dimension is not split: its outer loop is the whole dimension."""
    old, outer, inner = split.args[:3]
    found = []
    for each in rest:
        if (each.func, each.stage) == (split.func, split.stage):
            args = tuple(old if arg == outer else arg for arg in each.args)
            if each.method == "reorder":
                args = tuple(arg for arg in args if arg != inner)
            elif inner in args:
                continue
            if args:
                found.append(replace(each, args=args))
        elif each.method in ("compute_at", "store_at") and each.args[0] == split.func:
            loop = old if each.args[1] in (outer, inner) else each.args[1]
            found.append(replace(each, args=(each.args[0], loop)))
        else:
            found.append(each)
    return tuple(found)
