"""A schedule as source code, in Python or C++, that needs nothing of this package.

Whatever text a schedule holds goes through `literals`, so it stands in strings and comments only.
"""

from __future__ import annotations

import re

from perfpred.errors import InputError
from perfpred.halide.pipeline.sizes import size_text
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, METHODS, PLACING, Directive
from perfpred.halide.schedule.document import Schedule
from perfpred.halide.schedule.literals import Identifiers, comment_text, cpp_text, python_text, word
from perfpred.halide.schedule.loop_names import FuncNames
from perfpred.halide.schedule.rules import MEMORIES, TAILS, require_integer, require_known, settings, shown

ESTIMATES = (
    "Estimates of all inputs and outputs must be set before, such as "
    "image.set_estimates([(0, width), (0, height)])."
)
CPP_PLUGIN = "LD_LIBRARY_PATH must name the folder of the plugin: lib64 of the pip package, lib of a release."


def to_python(schedule: Schedule) -> str:
    """Return a module with ``schedule(pipeline, target)``, for an unscheduled ``hl.Pipeline``.

    Raises
    ------
    InputError
        If a directive names a Func or a loop that is not there.
    """
    writer = _Python(schedule)
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
    writer = _Cpp(schedule)
    lines = [f"    {line}" for line in ["(void)target;", *writer.lines()]]
    head = "inline void schedule(Halide::Pipeline pipeline, const Halide::Target &target) {"
    return "\n".join([f"// {_about(schedule)}", *writer.imports, "", head, *lines, "}", ""])


def _about(schedule: Schedule) -> str:
    sizes = ", ".join(map(size_text, schedule.sizes))
    expected = "" if schedule.expected_s is None else f", expected to take {1e3 * schedule.expected_s:.3g} ms"
    what = f"Schedule of {schedule.pipeline} (algorithm {schedule.algorithm})"
    return comment_text(f"{what} for {sizes} on {schedule.target}{expected}.")


class _Python:
    """Writes directives in Python; a subclass writes another language."""

    end = ""

    def __init__(self, schedule: Schedule) -> None:
        self.imports = ["import halide as hl"]
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
        for each in sorted(self._schedule.candidate.directives, key=lambda each: each.method in PLACING):
            calls += self._directive(each)
        used = set(re.findall(r"\w+", "\n".join(calls)))
        looked_up: list[str] = []
        for label, line in reversed(self._declared.items()):
            if label in used:
                looked_up.insert(0, line)
                used.update(re.findall(r"\w+", line))
        return [*looked_up, *calls, f"pipeline.invalidate_cache(){self.end}"]

    def _declare(self, key: str, func: FuncNames) -> None:
        name = self._funcs[key] = self._named(key)
        self._declared[name] = self.func(name, int(func.index))
        pure = {}
        for position, arg in enumerate(func.args):
            pure[arg] = self._named(key, arg)
            self._declared[pure[arg]] = self.dimension(pure[arg], name, position)
        self._loops[key, 0] = dict(pure)
        for update, rvars in enumerate(func.rvars):
            mine = self._loops.setdefault((key, update + 1), dict(pure))
            for position, rvar in enumerate(rvars):
                mine[rvar] = self._named(key, f"u{update}", rvar)
                self._reductions.add(mine[rvar])
                self._declared[mine[rvar]] = self.reduction(mine[rvar], name, update, position)

    def _named(self, key: str, *parts: str) -> str:
        """Return a new identifier; it begins with the number of a Func, as no word of a language does."""
        return self._new_name("_".join((f"f{self._numbers[key]}", key, *parts)))

    def _directive(self, directive: Directive) -> list[str]:
        require_known(directive.method, "a method", METHODS)
        if directive.method == AUTOSCHEDULE:
            name, text = directive.args
            return self.autoschedule(str(name), settings(name, text))
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
        return [*lines, f"{target}.{method}({self.listed(method, args)}){self.end}"]

    def _new_loop(self, directive: Directive, name: str) -> str:
        old = self._loop(directive, str(directive.args[0]))
        update = (f"u{int(directive.stage) - 1}",) if directive.stage else ()
        label = self._named(directive.func, *update, name)
        reduction = old in self._reductions
        if reduction:
            self._reductions.add(label)
        self._loops[directive.func, directive.stage][name] = label
        return self.loop(label, name, reduction)

    def _argument(self, directive: Directive, kind: str, arg: str | int) -> str:
        if kind == "f":
            return self._func(str(arg))
        if kind == "t":
            return self.constant("TailStrategy", require_known(arg, "a tail strategy", TAILS))
        if kind == "m":
            return self.constant("MemoryType", require_known(arg, "a memory type", MEMORIES))
        if kind not in "vn":
            return str(require_integer(arg, "a number", 1, 1 << 62))
        if directive.method in ("compute_at", "store_at"):
            return self._loop_of(str(directive.args[0]), str(arg))
        return self._loop(directive, str(arg))

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

    def text(self, text: str) -> str:
        return python_text(text)

    def func(self, name: str, index: int) -> str:
        return f"{name} = pipeline.get_func({index})"

    def dimension(self, label: str, func: str, position: int) -> str:
        return f"{label} = {func}.args()[{position}]"

    def reduction(self, label: str, func: str, update: int, position: int) -> str:
        return f"{label} = {func}.rvars({update})[{position}]"

    def loop(self, label: str, name: str, reduction: bool) -> str:
        return f"{label} = hl.{'RVar' if reduction else 'Var'}({self.text(name)})"

    def constant(self, kind: str, name: str) -> str:
        return f"hl.{kind}.{word(name)}"

    def listed(self, _method: str, args: list[str]) -> str:
        return ", ".join(args)

    def autoschedule(self, name: str, parameters: dict[str, object]) -> list[str]:
        pairs = ", ".join(f"{self.text(key)}: {self.text(str(value))}" for key, value in parameters.items())
        scheduler, plugin = self.text(name), f"autoschedule_{name.lower()}"
        self.imports = ["import pathlib", "", "import halide as hl"]
        return [
            f"# {ESTIMATES}",
            f"plugins = pathlib.Path(hl.install_dir()).glob({self.text(f'lib*/lib{plugin}.so')})",
            f"hl.load_plugin(str(next(plugins, {self.text(plugin)})))",
            f"pipeline.apply_autoscheduler(target, hl.AutoschedulerParams({scheduler}, {{{pairs}}}))",
        ]


class _Cpp(_Python):
    end = ";"

    def __init__(self, schedule: Schedule) -> None:
        super().__init__(schedule)
        self.imports = ['#include "Halide.h"']

    def text(self, text: str) -> str:
        return cpp_text(text)

    def func(self, name: str, index: int) -> str:
        return f"Halide::Func {name} = pipeline.get_func({index});"

    def dimension(self, label: str, func: str, position: int) -> str:
        return f"Halide::Var {label} = {func}.args()[{position}];"

    def reduction(self, label: str, func: str, update: int, position: int) -> str:
        return f"Halide::RVar {label} = {func}.rvars({update})[{position}];"

    def loop(self, label: str, name: str, reduction: bool) -> str:
        return f"Halide::{'RVar' if reduction else 'Var'} {label}({self.text(name)});"

    def constant(self, kind: str, name: str) -> str:
        return f"Halide::{kind}::{word(name)}"

    def listed(self, method: str, args: list[str]) -> str:
        braced = method in ("reorder", "reorder_storage")  # the forms that take one loop as well
        return f"{{{', '.join(args)}}}" if braced else ", ".join(args)

    def autoschedule(self, name: str, parameters: dict[str, object]) -> list[str]:
        pairs = ", ".join(
            f"{{{self.text(key)}, {self.text(str(value))}}}" for key, value in parameters.items()
        )
        return [
            f"// {ESTIMATES}",
            f"// {CPP_PLUGIN}",
            f"Halide::load_plugin({self.text(f'autoschedule_{name.lower()}')});",
            f"pipeline.apply_autoscheduler(target, {{{self.text(name)}, {{{pairs}}}}});",
        ]
