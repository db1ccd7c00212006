"""The schedule that a pipeline already has, read from its serialized form as directives.

Whatever made it, an autoscheduler or a hand, Halide has reduced it to splits, an order of loops, how each
runs, and where each Func is computed and stored.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from perfpred.errors import InputError
from perfpred.halide.graph.names import ANONYMOUS, LONGEST, in_order, loop_keys
from perfpred.halide.graph.raw import RawFunc, RawPipeline, RawStage
from perfpred.halide.schedule.candidate import Candidate, Directive

ROOT = "__root"
UNWRITTEN = re.compile(r"\W+", re.ASCII)


def recorded(pipeline: RawPipeline, source: str, keys: Mapping[str, str]) -> Candidate:
    """Return the schedule of a pipeline as a candidate.

    Parameters
    ----------
    pipeline : RawPipeline
        The pipeline, scheduled.
    source : str
        The pipeline before it was scheduled.
    keys : mapping of str to str
        Our names of the Funcs by Halide's, from before it was scheduled: an autoscheduler may put the
        definitions of trivial Funcs into their readers, which changes nothing but our names.

    Raises
    ------
    InputError
        If it uses what directives do not have: specializations, or loops made by ``rfactor``.
    """
    funcs = in_order(pipeline)
    unknown = [func.name for func in funcs if func.name not in keys]
    if unknown:
        raise InputError(f"scheduling added the Funcs {', '.join(unknown)}")
    tokens = {func.name: [_tokens(func, stage) for stage in func.stages] for func in funcs}
    directives: list[Directive] = []
    for func in reversed(funcs):
        key = keys[func.name]
        if func.compute == ("", ""):
            continue
        for number, (stage, names) in enumerate(zip(func.stages, tokens[func.name], strict=True)):
            directives += _stage(key, number, stage, names)
        directives += _placed(key, func, pipeline, keys, tokens)
        plain = list(loop_keys(func.args, "d").values())
        storage = [loop_keys(func.args, "d").get(name, name) for name in func.storage]
        if storage != plain:
            directives.append(Directive(key, 0, "reorder_storage", tuple(storage)))
    return Candidate(tuple(directives), source)


def _stage(key: str, number: int, stage: RawStage, names: Mapping[str, str]) -> list[Directive]:
    if stage.specialized:
        raise InputError(f"{key} is specialized, which a list of directives cannot say")
    found = []
    for split in stage.splits:
        old, outer, inner = (names.get(each, each) for each in (split.old, split.outer, split.inner))
        if split.kind == "split":
            args: tuple[str | int, ...] = (old, outer, inner, int(split.factor.value), split.tail)
        elif split.kind == "fuse":
            args = (inner, outer, old)
        elif split.kind == "rename":
            args = (old, outer)
        else:
            raise InputError(f"{key} has a {split.kind} loop, which a list of directives cannot say")
        found.append(Directive(key, number, split.kind, args))
    order = tuple(names.get(loop.var, loop.var) for loop in stage.loops)
    if len(order) > 1:
        found.append(Directive(key, number, "reorder", order))
    if stage.atomic:
        found.append(Directive(key, number, "atomic"))
    for loop in stage.loops:
        if loop.kind not in ("serial", "parallel", "vectorize", "unroll"):
            raise InputError(f"{key} has a loop of another kind than a CPU's")
        if loop.kind != "serial":
            found.append(Directive(key, number, loop.kind, (names.get(loop.var, loop.var),)))
    return found


def _placed(
    key: str,
    func: RawFunc,
    pipeline: RawPipeline,
    keys: Mapping[str, str],
    tokens: Mapping[str, list[dict[str, str]]],
) -> list[Directive]:
    found = []
    for method, level in (("compute", func.compute), ("store", func.store)):
        if level == ("", "") or (method == "store" and level == func.compute):
            continue
        if level[1] == ROOT:
            found.append(Directive(key, 0, f"{method}_root"))
            continue
        place = _loop(pipeline.funcs[level[0]], level[1], tokens[level[0]])
        found.append(Directive(key, 0, f"{method}_at", (keys[level[0]], place)))
    if func.memory not in ("Auto", "other"):
        found.append(Directive(key, 0, "store_in", (func.memory,)))
    return found


def _loop(func: RawFunc, name: str, tokens: list[dict[str, str]]) -> str:
    """Return our name of the loop that Halide finds by the end of its name."""
    for stage, names in zip(reversed(func.stages), reversed(tokens), strict=True):
        for loop in stage.loops:
            if loop.var == name or loop.var.endswith("." + name):
                return names[loop.var]
    raise InputError(f"{func.name} has no loop {name}")


def _tokens(func: RawFunc, stage: RawStage) -> dict[str, str]:
    """Return a name of our own for each loop a stage has or had, each used once."""
    names = loop_keys(func.args, "d") | loop_keys([name for name, _, _ in stage.rvars], "r")
    used = set(names.values())
    for split in stage.splits:
        made = (split.old,) if split.kind == "fuse" else (split.outer, split.inner)
        for full in made:
            if full and full not in names:
                names[full] = _fresh(full.rsplit(".", 1)[-1], used)
    return names


def _fresh(stem: str, used: set[str]) -> str:
    stem = "t" if ANONYMOUS.match(stem) else UNWRITTEN.sub("_", stem)[:LONGEST]
    name, number = stem, 1
    while name in used:
        name, number = f"{stem}_{number}", number + 1
    used.add(name)
    return name
