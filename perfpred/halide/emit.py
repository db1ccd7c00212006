"""A schedule as source code, in Python or C++, that needs nothing of this package."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

from perfpred.halide.candidate import AUTOSCHEDULE, METHODS, PLACING, Directive
from perfpred.halide.schedule import Schedule

Line = Callable[..., str]


def to_python(schedule: Schedule) -> str:
    """Return a module with ``schedule(pipeline, target)``, for an unscheduled ``hl.Pipeline``."""
    lines = [
        f'"""{_about(schedule)}"""',
        "",
        "import halide as hl",
        "",
        "",
        "def schedule(pipeline, target):",
    ]
    lines += [f"    {line}" for line in _Python(schedule).lines()]
    return "\n".join(lines) + "\n"


def to_cpp(schedule: Schedule) -> str:
    """Return a function ``schedule(pipeline, target)`` for an unscheduled ``Halide::Pipeline``."""
    head = [
        '#include "Halide.h"',
        "",
        "inline void schedule(Halide::Pipeline pipeline, const Halide::Target &target) {",
    ]
    body = ["using namespace Halide;", "(void)target;", *_Cpp(schedule).lines()]
    return "\n".join([f"// {_about(schedule)}", *head, *(f"    {line}" for line in body), "}", ""])


def _about(schedule: Schedule) -> str:
    sizes = ", ".join(f"{width}x{height}" for width, height in schedule.sizes)
    expected = "" if schedule.expected_s is None else f", expected to take {1e3 * schedule.expected_s:.3g} ms"
    what = f"Schedule of {schedule.pipeline} (algorithm {schedule.algorithm})"
    return f"{what} for {sizes} on {schedule.target}{expected}."


class _Python:
    """Writes directives in Python; a subclass writes another language."""

    end = ""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self._loops: dict[tuple[str, int], dict[str, str]] = {}
        self._reductions: set[str] = set()

    def lines(self) -> list[str]:
        """Return the statements, one a line."""
        found = []
        for key, func in self._schedule.funcs.items():
            name = _identifier(key)
            found.append(self.func(name, func.index))
            pure = {}
            for position, arg in enumerate(func.args):
                pure[arg] = _identifier(f"{key}_{arg}")
                found.append(self.dimension(pure[arg], name, position))
            self._loops[key, 0] = dict(pure)
            for update, rvars in enumerate(func.rvars):
                mine = self._loops.setdefault((key, update + 1), dict(pure))
                for position, rvar in enumerate(rvars):
                    mine[rvar] = _identifier(f"{key}_u{update}_{rvar}")
                    self._reductions.add(mine[rvar])
                    found.append(self.reduction(mine[rvar], name, update, position))
        for each in sorted(self._schedule.candidate.directives, key=lambda each: each.method in PLACING):
            found += self._directive(each)
        return found or [self.nothing()]

    def _directive(self, directive: Directive) -> list[str]:
        if directive.method == AUTOSCHEDULE:
            return self.autoschedule(str(directive.args[0]), json.loads(str(directive.args[1])))
        spec = METHODS[directive.method]
        kinds = "v" * len(directive.args) if spec == "v*" else spec.replace("?", "")
        lines, args = [], []
        for kind, arg in zip(kinds, directive.args, strict=False):
            if kind == "n":
                lines.append(self._new(directive, str(arg)))
            args.append(self._argument(directive, kind, arg))
        func = _identifier(directive.func)
        target = f"{func}.update({directive.stage - 1})" if directive.stage else func
        return [*lines, f"{target}.{directive.method}({self.listed(directive.method, args)}){self.end}"]

    def _new(self, directive: Directive, name: str) -> str:
        loops = self._loops[directive.func, directive.stage]
        label = _identifier(f"{directive.func}{f'_u{directive.stage - 1}' if directive.stage else ''}_{name}")
        reduction = loops.get(str(directive.args[0])) in self._reductions
        if reduction:
            self._reductions.add(label)
        loops[name] = label
        return self.loop(label, name, reduction)

    def _argument(self, directive: Directive, kind: str, arg: str | int) -> str:
        if kind == "f":
            return _identifier(str(arg))
        if kind == "t":
            return self.constant("TailStrategy", str(arg))
        if kind == "m":
            return self.constant("MemoryType", str(arg))
        if kind not in "vn":
            return str(arg)
        if directive.method in ("compute_at", "store_at"):
            func = str(directive.args[0])
            stages = sorted((stage for key, stage in self._loops if key == func), reverse=True)
            return next(
                self._loops[func, stage][str(arg)] for stage in stages if arg in self._loops[func, stage]
            )
        return self._loops[directive.func, directive.stage][str(arg)]

    def func(self, name: str, index: int) -> str:
        return f"{name} = pipeline.get_func({index})"

    def dimension(self, label: str, func: str, position: int) -> str:
        return f"{label} = {func}.args()[{position}]"

    def reduction(self, label: str, func: str, update: int, position: int) -> str:
        return f"{label} = {func}.rvars({update})[{position}]"

    def loop(self, label: str, name: str, reduction: bool) -> str:
        return f'{label} = hl.{"RVar" if reduction else "Var"}("{name}")'

    def constant(self, kind: str, name: str) -> str:
        return f"hl.{kind}.{name}"

    def listed(self, _method: str, args: list[str]) -> str:
        return ", ".join(args)

    def nothing(self) -> str:
        return "pass"

    def autoschedule(self, name: str, parameters: dict[str, object]) -> list[str]:
        settings = {key: str(value) for key, value in parameters.items()}
        return [
            f"hl.load_plugin('autoschedule_{name.lower()}')",
            f"pipeline.apply_autoscheduler(target, hl.AutoschedulerParams('{name}', {settings!r}))",
        ]


class _Cpp(_Python):
    end = ";"

    def func(self, name: str, index: int) -> str:
        return f"Func {name} = pipeline.get_func({index});"

    def dimension(self, label: str, func: str, position: int) -> str:
        return f"Var {label} = {func}.args()[{position}];"

    def reduction(self, label: str, func: str, update: int, position: int) -> str:
        return f"RVar {label} = {func}.rvars({update})[{position}];"

    def loop(self, label: str, name: str, reduction: bool) -> str:
        return f'{"RVar" if reduction else "Var"} {label}("{name}");'

    def constant(self, kind: str, name: str) -> str:
        return f"{kind}::{name}"

    def listed(self, method: str, args: list[str]) -> str:
        return f"{{{', '.join(args)}}}" if method == "reorder" else ", ".join(args)

    def nothing(self) -> str:
        return "(void)pipeline;"

    def autoschedule(self, name: str, parameters: dict[str, object]) -> list[str]:
        settings = ", ".join(f'{{"{key}", "{value}"}}' for key, value in parameters.items())
        return [
            f'load_plugin("autoschedule_{name.lower()}");',
            f'pipeline.apply_autoscheduler(target, {{"{name}", {{{settings}}}}});',
        ]


def _identifier(text: str) -> str:
    name = re.sub(r"\W", "_", text)
    return name if name[:1].isalpha() else f"f{name}"
