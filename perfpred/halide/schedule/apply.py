"""Applying a candidate's directives to a pipeline that Halide holds: data, read by one interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import halide as hl

from perfpred.errors import InputError, UnknownNameError
from perfpred.halide.graph.names import loop_keys
from perfpred.halide.pipeline.built import BuiltPipeline
from perfpred.halide.schedule.autoschedulers import run_autoscheduler
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, METHODS, PLACING, Candidate, Directive
from perfpred.halide.schedule.loop_names import FuncNames
from perfpred.halide.schedule.miscompiled import has_windows, require_right
from perfpred.halide.schedule.rules import require, require_target, settings, shown

TAILS = {name: tail for name, tail in vars(hl.TailStrategy).items() if name[0].isupper()}
MEMORIES = {name: memory for name, memory in vars(hl.MemoryType).items() if name[0].isupper()}


def target_of(text: str) -> Any:
    """Return Halide's target; raises `InputError` if it knows no such one, or cannot compile for it."""
    try:
        target = hl.Target(require_target(text))
    except hl.HalideError as error:
        raise InputError(f"target '{text}' is none that this Halide knows: {_first_line(error)}") from None
    if not target.supported():
        raise InputError(f"target '{text}' must be one that this Halide can compile for")
    return target


def apply(candidate: Candidate, built: BuiltPipeline, target: Any) -> None:
    """Schedule a pipeline. It must not have been scheduled before.

    Raises
    ------
    InputError
        If a directive names a Func or a loop that is not there, or Halide refuses it.
    """
    stages = _Stages(built)
    # Loops first: a place inside another Func's loops can be named once they are there.
    for directive in sorted(candidate.directives, key=lambda each: each.method in PLACING):
        try:
            if directive.method == AUTOSCHEDULE:
                name, parameters = map(str, directive.args)
                run_autoscheduler(built.pipeline, target, name, settings(name, parameters))
            else:
                stages.apply(directive)
        except InputError:
            raise
        except Exception as error:  # Halide's errors are of several types
            raise InputError(f"{directive}: {_first_line(error)}") from None


def apply_to(output: Any, candidate: Candidate, built: BuiltPipeline, target: Any) -> None:
    """Schedule a pipeline by the handles its user holds: their next ``realize`` compiles it anew.

    Halide keeps compiled code with the handle, and only calls on that very handle drop it.

    Parameters
    ----------
    output : hl.Func, hl.Pipeline, or sequence of hl.Func
        What `built` was made of.
    candidate : Candidate
        The schedule.
    built : BuiltPipeline
        The pipeline, built.
    target : object
        Halide's target.

    Raises
    ------
    InputError
        As of `apply`, and if Halide would compile the schedule wrongly.
    """
    if has_windows(candidate):
        require_right(candidate, built.outline)
    try:
        apply(candidate, built, target)
    finally:
        for handle in output if isinstance(output, list | tuple) else [output]:
            if isinstance(handle, hl.Pipeline):
                handle.invalidate_cache()
            elif candidate.directives:
                handle.reorder()  # of no loops: it changes nothing, and drops what was compiled


def require_fitting(funcs: Mapping[str, FuncNames], built: BuiltPipeline) -> None:
    """Raise unless what a document says of Funcs is so of a pipeline: emitted source has it from there.

    Raises
    ------
    InputError
        If a Func is not there, or its place, dimensions or reductions are others.
    """
    for key, names in funcs.items():
        func, index = _known(built.funcs, "Func", key)
        rvars = [func.rvars(update) for update in range(func.num_update_definitions())]
        args = tuple(loop_keys([var.name() for var in func.args()], "d").values())
        reductions = tuple(tuple(loop_keys([var.name() for var in each], "r").values()) for each in rvars)
        for field, found in (("index", index), ("args", args), ("rvars", reductions)):
            said = getattr(names, field)
            require(said == found, f"funcs.{key}.{field}", f"{shown(found)} on this pipeline", said)


class _Stages:
    """The loops of every stage by our names of them."""

    def __init__(self, built: BuiltPipeline) -> None:
        self._funcs = {key: func for key, (func, _) in built.funcs.items()}
        self._loops: dict[tuple[str, int], dict[str, Any]] = {}
        for key, func in self._funcs.items():
            names = loop_keys([var.name() for var in func.args()], "d")
            pure = {names[var.name()]: var for var in func.args()}
            self._loops[key, 0] = dict(pure)
            for update in range(func.num_update_definitions()):
                rvars = func.rvars(update)
                keys = loop_keys([var.name() for var in rvars], "r")
                self._loops[key, update + 1] = pure | {keys[var.name()]: var for var in rvars}

    def apply(self, directive: Directive) -> None:
        """Make one scheduling call."""
        func = self._func(directive.func)
        if (directive.func, directive.stage) not in self._loops:
            raise InputError(f"{directive}: {directive.func} has no update {directive.stage - 1}")
        spec = METHODS[directive.method]
        kinds = "v" * len(directive.args) if spec == "v*" else spec.replace("?", "")
        args = [
            self._argument(directive, kind, arg) for kind, arg in zip(kinds, directive.args, strict=False)
        ]
        target = func if directive.stage == 0 else func.update(directive.stage - 1)
        getattr(target, directive.method)(*args)

    def _argument(self, directive: Directive, kind: str, arg: Any) -> Any:
        loops = self._loops[directive.func, directive.stage]
        if kind == "f":
            return self._func(str(arg))
        if kind == "t":
            return _known(TAILS, "tail strategy", str(arg))
        if kind == "m":
            return _known(MEMORIES, "memory type", str(arg))
        if kind == "n":
            like = loops.get(str(directive.args[0]))
            loops[str(arg)] = hl.RVar(arg) if isinstance(like, hl.RVar) else hl.Var(arg)
            return loops[str(arg)]
        if kind != "v":
            return arg
        if directive.method in ("compute_at", "store_at"):
            return self._loop_of(str(directive.args[0]), str(arg))
        return _known(loops, f"loop of {directive.func}", str(arg))

    def _func(self, key: str) -> Any:
        return _known(self._funcs, "Func", key)

    def _loop_of(self, key: str, name: str) -> Any:
        """Return a loop of the last stage that has it."""
        stages = sorted((stage for func, stage in self._loops if func == key), reverse=True)
        for stage in stages:
            if name in self._loops[key, stage]:
                return self._loops[key, stage][name]
        raise UnknownNameError(f"loop of {key}", name, self._loops[key, 0])


def _known(names: dict[str, Any], what: str, name: str) -> Any:
    if name not in names:
        raise UnknownNameError(what, name, names)
    return names[name]


def _first_line(error: Exception) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"
