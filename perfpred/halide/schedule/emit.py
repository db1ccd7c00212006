"""A schedule as source code, in Python or C++, that needs nothing of this package.

Whatever text a schedule holds goes through `literals`, so it stands in strings and comments only.
"""

from __future__ import annotations

import re

from perfpred.errors import InputError
from perfpred.halide.pipeline.sizes import size_text
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, METHODS, PLACING, Directive
from perfpred.halide.schedule.document import Schedule
from perfpred.halide.schedule.languages import CPP, PYTHON, Language
from perfpred.halide.schedule.literals import Identifiers, comment_text, word
from perfpred.halide.schedule.loop_names import FuncNames
from perfpred.halide.schedule.rules import MEMORIES, TAILS, require_integer, require_known, settings, shown


def to_python(schedule: Schedule) -> str:
    """Return a module with ``schedule(pipeline, target)``, for an unscheduled ``hl.Pipeline``.

    Raises
    ------
    InputError
        If a directive names a Func or a loop that is not there.
    """
    writer = _Writer(schedule, PYTHON)
    lines = [f"    {line}" for line in writer.lines()]
    head = [f'"""{_about(schedule)}"""', "", *writer.imports, "", "", "def schedule(pipeline, target):"]
    return "\n".join([*head, *lines, ""])


def to_cpp(schedule: Schedule) -> str:
    """Return a function ``schedule(pipeline, target)`` for an unscheduled ``Halide::Pipeline``.

    Raises
    ------
    InputError
        If a directive names a Func or a loop that is not there.
    """
    writer = _Writer(schedule, CPP)
    lines = [f"    {line}" for line in ["(void)target;", *writer.lines()]]
    head = "inline void schedule(Halide::Pipeline pipeline, const Halide::Target &target) {"
    return "\n".join([f"// {_about(schedule)}", *writer.imports, "", head, *lines, "}", ""])


def _about(schedule: Schedule) -> str:
    sizes = ", ".join(map(size_text, schedule.sizes))
    expected = "" if schedule.expected_s is None else f", expected to take {1e3 * schedule.expected_s:.3g} ms"
    what = f"Schedule of {schedule.pipeline} (algorithm {schedule.algorithm})"
    return comment_text(f"{what} for {sizes} on {schedule.target}{expected}.")


class _Writer:
    """Writes directives in a language."""

    def __init__(self, schedule: Schedule, language: Language) -> None:
        self.imports = language.imports
        self._language = language
        self._schedule = schedule
        self._new_name = Identifiers().new
        self._numbers = {key: number for number, key in enumerate(schedule.funcs)}
        self._declared: dict[str, str] = {}
        self._funcs: dict[str, str] = {}
        self._loops: dict[tuple[str, int], dict[str, str]] = {}
        self._reductions: set[str] = set()

    def lines(self) -> list[str]:
        """Return the statements: what is used is looked up and scheduled, then what was compiled is dropped.

        A pipeline keeps what it compiled before: calls on its Funcs do not drop it.
        """
        for key, func in self._schedule.funcs.items():
            self._declare(key, func)
        calls = []
        for directive in sorted(self._schedule.candidate.directives, key=lambda each: each.method in PLACING):
            calls += self._directive(directive)
        used = set(re.findall(r"\w+", "\n".join(calls)))
        looked_up: list[str] = []
        for label, line in reversed(self._declared.items()):
            if label in used:
                looked_up.insert(0, line)
                used.update(re.findall(r"\w+", line))
        return [*looked_up, *calls, f"pipeline.invalidate_cache(){self._language.end}"]

    def _declare(self, key: str, func: FuncNames) -> None:
        name = self._funcs[key] = self._named(key)
        self._declared[name] = self._language.func.format(label=name, index=int(func.index))
        pure = {}
        for position, arg in enumerate(func.args):
            pure[arg] = self._named(key, arg)
            self._declared[pure[arg]] = self._language.dimension.format(
                label=pure[arg], func=name, position=position
            )
        self._loops[key, 0] = dict(pure)
        for update, rvars in enumerate(func.rvars):
            mine = self._loops.setdefault((key, update + 1), dict(pure))
            for position, rvar in enumerate(rvars):
                mine[rvar] = self._named(key, f"u{update}", rvar)
                self._reductions.add(mine[rvar])
                self._declared[mine[rvar]] = self._language.reduction.format(
                    label=mine[rvar], func=name, update=update, position=position
                )

    def _named(self, key: str, *parts: str) -> str:
        """Return a new identifier; it begins with the number of a Func, as no word of a language does."""
        return self._new_name("_".join((f"f{self._numbers[key]}", key, *parts)))

    def _directive(self, directive: Directive) -> list[str]:
        require_known(directive.method, "a method", METHODS)
        if directive.method == AUTOSCHEDULE:
            name, text = directive.args
            self.imports = self._language.autoscheduler_imports
            return self._language.autoschedule(str(name), settings(name, text))
        spec = METHODS[directive.method]
        kinds = "v" * len(directive.args) if spec == "v*" else spec.replace("?", "")
        lines, args = [], []
        for kind, arg in zip(kinds, directive.args, strict=False):
            if kind == "n":
                lines.append(self._new_loop(directive, str(arg)))
            args.append(self._argument(directive, kind, arg))
        func = self._func(directive.func)
        target = f"{func}.update({int(directive.stage) - 1})" if directive.stage else func
        method = word(directive.method)
        listed = ", ".join(args)
        if directive.method in self._language.braced:
            listed = f"{{{listed}}}"
        return [*lines, f"{target}.{method}({listed}){self._language.end}"]

    def _new_loop(self, directive: Directive, name: str) -> str:
        old = self._loop(directive, str(directive.args[0]))
        update = (f"u{int(directive.stage) - 1}",) if directive.stage else ()
        label = self._named(directive.func, *update, name)
        reduction = old in self._reductions
        if reduction:
            self._reductions.add(label)
        self._loops[directive.func, directive.stage][name] = label
        kind = "RVar" if reduction else "Var"
        return self._language.loop.format(label=label, kind=kind, name=self._language.text(name))

    def _argument(self, directive: Directive, kind: str, arg: str | int) -> str:
        if kind == "f":
            return self._func(str(arg))
        if kind == "t":
            return self._constant("TailStrategy", require_known(arg, "a tail strategy", TAILS))
        if kind == "m":
            return self._constant("MemoryType", require_known(arg, "a memory type", MEMORIES))
        if kind not in "vn":
            return str(require_integer(arg, "a number", 1, 1 << 62))
        if directive.method in ("compute_at", "store_at"):
            return self._loop_of(str(directive.args[0]), str(arg))
        return self._loop(directive, str(arg))

    def _constant(self, kind: str, name: str) -> str:
        return self._language.constant.format(kind=kind, name=word(name))

    def _func(self, key: str) -> str:
        if key not in self._funcs:
            raise InputError(f"{shown(key)} is none of the schedule's Funcs: {shown(list(self._funcs))}")
        return self._funcs[key]

    def _loop(self, directive: Directive, name: str) -> str:
        loops = self._loops.get((directive.func, directive.stage), {})
        if name not in loops:
            raise InputError(f"{directive.func} has no loop {shown(name)}, which {directive.method} names")
        return loops[name]

    def _loop_of(self, key: str, name: str) -> str:
        """Return a loop of the last stage that has it."""
        stages = sorted((stage for func, stage in self._loops if func == key), reverse=True)
        for stage in stages:
            if name in self._loops[key, stage]:
                return self._loops[key, stage][name]
        raise InputError(f"{key} has no loop {shown(name)} to compute or store at")
