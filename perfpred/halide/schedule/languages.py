"""How Python and C++ write what schedules are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from perfpred.halide.schedule.literals import cpp_text, python_text

ESTIMATES = (
    "Estimates of all inputs and outputs must be set before, such as "
    "image.set_estimates([(0, width), (0, height)])."
)
CPP_PLUGIN = "LD_LIBRARY_PATH must name the folder of the plugin: lib64 of the pip package, lib of a release."


@dataclass(frozen=True)
class Language:
    """How a language writes what a schedule is made of.

    Parameters
    ----------
    imports : tuple of str
        The lines that a schedule of directives needs at the top.
    autoscheduler_imports : tuple of str
        Those that a schedule of an autoscheduler needs.
    end : str
        The end of a statement.
    text : callable
        From a text to its literal.
    func : str
        Statement that looks up a Func by its index; this and the following are templates of `str.format`.
    dimension : str
        Statement that looks up a pure loop of a Func.
    reduction : str
        Statement that looks up a reduction loop of an update.
    loop : str
        Statement that declares a loop, a ``Var`` or ``RVar``.
    constant : str
        A constant of an enumeration.
    braced : tuple of str
        Methods whose arguments stand in braces: their forms that take one loop as well.
    autoschedule : callable
        From an autoscheduler and its parameters, both as literals, to the statements that run it.
    """

    imports: tuple[str, ...]
    autoscheduler_imports: tuple[str, ...]
    end: str
    text: Callable[[str], str]
    func: str
    dimension: str
    reduction: str
    loop: str
    constant: str
    braced: tuple[str, ...]
    autoschedule: Callable[[str, Mapping[str, object]], list[str]]


def _python_autoschedule(name: str, parameters: Mapping[str, object]) -> list[str]:
    pairs = ", ".join(f"{python_text(key)}: {python_text(str(value))}" for key, value in parameters.items())
    scheduler, plugin = python_text(name), f"autoschedule_{name.lower()}"
    return [
        f"# {ESTIMATES}",
        f"plugins = pathlib.Path(hl.install_dir()).glob({python_text(f'lib*/lib{plugin}.so')})",
        f"hl.load_plugin(str(next(plugins, {python_text(plugin)})))",
        f"pipeline.apply_autoscheduler(target, hl.AutoschedulerParams({scheduler}, {{{pairs}}}))",
    ]


def _cpp_autoschedule(name: str, parameters: Mapping[str, object]) -> list[str]:
    pairs = ", ".join(f"{{{cpp_text(key)}, {cpp_text(str(value))}}}" for key, value in parameters.items())
    return [
        f"// {ESTIMATES}",
        f"// {CPP_PLUGIN}",
        f"Halide::load_plugin({cpp_text(f'autoschedule_{name.lower()}')});",
        f"pipeline.apply_autoscheduler(target, {{{cpp_text(name)}, {{{pairs}}}}});",
    ]


PYTHON = Language(
    imports=("import halide as hl",),
    autoscheduler_imports=("import pathlib", "", "import halide as hl"),
    end="",
    text=python_text,
    func="{label} = pipeline.get_func({index})",
    dimension="{label} = {func}.args()[{position}]",
    reduction="{label} = {func}.rvars({update})[{position}]",
    loop="{label} = hl.{kind}({name})",
    constant="hl.{kind}.{name}",
    braced=(),
    autoschedule=_python_autoschedule,
)
CPP = Language(
    imports=('#include "Halide.h"',),
    autoscheduler_imports=('#include "Halide.h"',),
    end=";",
    text=cpp_text,
    func="Halide::Func {label} = pipeline.get_func({index});",
    dimension="Halide::Var {label} = {func}.args()[{position}];",
    reduction="Halide::RVar {label} = {func}.rvars({update})[{position}];",
    loop="Halide::{kind} {label}({name});",
    constant="Halide::{kind}::{name}",
    braced=("reorder", "reorder_storage"),
    autoschedule=_cpp_autoschedule,
)
