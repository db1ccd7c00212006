"""Names that do not change from one build of a pipeline to the next.

Halide makes names unique a process at a time (``blur_x$3``, ``v12``); what is stored must not hold such
counters. Funcs are visited from the output in the order they are called, and named by what stands before
the counter, numbered where that is not unique; characters other than letters, digits, ``_``, ``$`` and ``.``
become ``_``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from perfpred.halide.graph.serialized import RawFunc, RawPipeline
from perfpred.halide.graph.terms import FUNC, Term

COUNTER = re.compile(r"\$\d+$")
ANONYMOUS = re.compile(r"^(?:v|f|r)\d+$")
UNWRITTEN = re.compile(r"[^A-Za-z0-9_$.]")
LONGEST = 120
"""Characters of a name, before a number that makes it unique."""
LAMBDA = re.compile(r"^(lambda|sum|product|maximum|minimum|argmax|argmin)_?\d*$")


def calls(term: Term) -> Iterable[Term]:
    """Yield the calls of Funcs and inputs in an expression, in the order they are written."""
    if term.kind == "Call" and term.value in (0, FUNC):
        yield term
    for operand in term.operands:
        yield from calls(operand)


def in_order(pipeline: RawPipeline) -> list[RawFunc]:
    """Return the Funcs, producers first, in an order that only the algorithm decides."""
    done: dict[str, RawFunc] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in done or name in above:
            return
        func = pipeline.funcs[name]
        for stage in func.stages:
            for term in (*stage.args, *stage.values, stage.predicate):
                for call in calls(term):
                    if call.name in pipeline.funcs:
                        visit(call.name, (*above, name))
        done[name] = func

    for output in pipeline.outputs:
        visit(output, ())
    return list(done.values())


def func_keys(funcs: Sequence[RawFunc]) -> dict[str, str]:
    """Return the key of each Func by Halide's name of it.

    Examples
    --------
    >>> _unique(["blur", "blur", "out"])
    ['blur', 'blur.1', 'out']
    """
    stems = [_stem(func.name) for func in funcs]
    return dict(zip([func.name for func in funcs], _unique(stems), strict=True))


def loop_keys(names: Sequence[str], anonymous: str) -> dict[str, str]:
    """Return the key of each of a Func's dimensions, or of a stage's reduction variables."""
    stems = []
    for position, name in enumerate(names):
        head, dollar, tail = COUNTER.sub("", name).partition("$")
        stem = f"{anonymous}{'' if dollar else position}" if ANONYMOUS.match(head) else head
        stems.append(_plain(f"{stem}.{tail}" if tail else stem))
    return dict(zip(names, _unique(stems), strict=True))


def _stem(name: str) -> str:
    bare = COUNTER.sub("", name)
    known = LAMBDA.match(bare)
    if known:
        return known.group(1)
    return "f" if ANONYMOUS.match(bare) else _plain(bare)


def _plain(name: str) -> str:
    """Return a name as schedules can hold it: Halide allows any character, and any length."""
    return UNWRITTEN.sub("_", name)[:LONGEST] or "_"


def _unique(stems: Sequence[str]) -> list[str]:
    seen: dict[str, int] = {}
    found = []
    for stem in stems:
        count = seen.get(stem, 0)
        seen[stem] = count + 1
        found.append(f"{stem}.{count}" if count else stem)
    return found
