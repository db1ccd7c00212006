"""Names that do not change from one build of a pipeline to the next.

Halide makes names unique a process at a time (``blur_x$3``, ``v12``, ``hist$1_intm`` of an rfactor, ``p0_im``
of an image without a name); what is stored must not hold such counters, wherever they stand. Funcs are
visited from the output in the order they are called, and named by what is left, numbered where that is not
unique; characters other than letters, digits, ``_``, ``$`` and ``.`` become ``_``, and so does a ``$`` of a
Func's, as Halide writes ``a$b`` as ``a_b$1`` where it is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from perfpred.halide.graph.raw import RawFunc, RawPipeline
from perfpred.halide.graph.terms import calls

COUNTER = re.compile(r"\$\d+(?![^_$.])")
"""A counter ends a name, or what a name was made from: ``hist$1_intm``, ``k$1$x``."""
ANONYMOUS = re.compile(r"^(?:v|f|r)\d+$")
UNWRITTEN = re.compile(r"[^A-Za-z0-9_$.]")
LONGEST = 120
"""Characters of a name, before a number that makes it unique."""
COUNTED = re.compile(r"\$\d+$")
FACTORED = "_intm"
DERIVED = re.compile(r"^([fp])\d+(?=_(?:im|intm|in|clone_in|global_wrapper)(?:_|$))")
"""The name of a Func or an image without one, in that of a Func which Halide made of it."""
LAMBDA = re.compile(r"^(lambda|sum|product|maximum|minimum|argmax|argmin)_?\d*$")


def in_order(pipeline: RawPipeline) -> list[RawFunc]:
    """Return the Funcs, producers first, in an order that only the algorithm decides."""
    done: dict[str, RawFunc] = {}
    begun: set[str] = set()
    for output in pipeline.outputs:
        waiting = [(output, _read(pipeline, output))]
        while waiting:
            name, producers = waiting[-1]
            begun.add(name)
            below = next((each for each in producers if each not in begun), None)
            if below is not None:
                waiting.append((below, _read(pipeline, below)))
                continue
            waiting.pop()
            done.setdefault(name, pipeline.funcs[name])
    return list(done.values())


def _read(pipeline: RawPipeline, name: str) -> Iterator[str]:
    """Yield the Funcs that a Func reads, in the order in which their first calls are written."""
    func = pipeline.funcs[name]
    terms = [term for stage in func.stages for term in (*stage.args, *stage.values, stage.predicate)]
    return (call.name for call in calls(terms) if call.name in pipeline.funcs)


def func_keys(funcs: Sequence[RawFunc]) -> dict[str, str]:
    """Return the key of each Func by Halide's name of it.

    Examples
    --------
    >>> _unique(["blur", "blur", "out"])
    ['blur', 'blur.1', 'out']
    >>> [_stem(name, {}) for name in ("blur$2", "p3_im", "f7", "f7_intm$1", "sum$4", "a$b")]
    ['blur', 'p_im', 'f', 'f_intm', 'sum', 'a_b']
    """
    factored = _factored(funcs)
    stems = [_stem(func.name, factored) for func in funcs]
    return dict(zip([func.name for func in funcs], _unique(stems), strict=True))


def loop_keys(names: Sequence[str], anonymous: str) -> dict[str, str]:
    """Return the key of each of a Func's dimensions, or of a stage's reduction variables."""
    stems = []
    for position, name in enumerate(names):
        head, dollar, tail = COUNTER.sub("", name).partition("$")
        stem = f"{anonymous}{'' if dollar else position}" if ANONYMOUS.match(head) else head
        stems.append(_plain(f"{stem}.{tail}" if tail else stem))
    return dict(zip(names, _unique(stems), strict=True))


def _factored(funcs: Sequence[RawFunc]) -> dict[str, str]:
    """Return the Funcs that ``rfactor`` made, and of which Func.

    Where ``hist$5_intm`` is taken already, Halide calls the next one ``hist_5_intm$1``.
    """
    found = {}
    for func in funcs:
        made = {f"{func.name}{FACTORED}", f"{func.name.replace('$', '_')}{FACTORED}"}
        for call in (call for stage in func.stages for call in stage.reads):
            if COUNTED.sub("", call.name) in made:
                found[call.name] = func.name
    return found


def _stem(name: str, factored: Mapping[str, str]) -> str:
    if name in factored:
        return _stem(factored[name], factored) + FACTORED
    bare = COUNTER.sub("", name)
    known = LAMBDA.match(bare)
    if known:
        return known.group(1)
    return "f" if ANONYMOUS.match(bare) else _plain(DERIVED.sub(r"\1", bare)).replace("$", "_")


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
