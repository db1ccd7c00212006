"""Docstrings hold what signatures say: parameters by name and order, and the errors that are raised."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import pkgutil
import textwrap
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

import perfpred
from perfpred import errors

docstring_parser = pytest.importorskip("docstring_parser")
pytest.importorskip("halide")

MIN_PARAMETERS = 4
"""A function with so many parameters says what each of them is."""
ERRORS = {name: kind for name, kind in vars(errors).items() if inspect.isclass(kind)}
ELSEWHERE = ("perfpred.app.commands", "perfpred.schemas")
"""What an option means is said by its help; the fields of the schemas are keys of JSON documents."""


@cache
def _modules() -> list[Any]:
    names = [info.name for info in pkgutil.walk_packages(perfpred.__path__, "perfpred.")]
    return [importlib.import_module(name) for name in names if not name.endswith("__main__")]


def _public() -> Iterator[tuple[str, Any, type | None]]:
    """Yield functions, classes and methods by name, with the class that a method belongs to."""
    for module in _modules():
        for name, thing in vars(module).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
                continue
            if inspect.isfunction(thing) or inspect.isclass(thing):
                yield f"{module.__name__}.{name}", thing, None
            if inspect.isclass(thing):
                for method, function in vars(thing).items():
                    bare = getattr(function, "__func__", function)
                    if not method.startswith("_") and inspect.isfunction(bare):
                        yield f"{module.__name__}.{name}.{method}", bare, thing


def _names(thing: Any) -> list[str]:
    """Return the parameters of a function, or those that a class is made with."""
    if inspect.isclass(thing):
        if issubclass(thing, BaseException) and "__init__" not in vars(thing):
            return []
        if thing.__init__ is object.__init__:
            return []
        if dataclasses.is_dataclass(thing):
            return [field.name for field in dataclasses.fields(thing) if field.init]
    try:
        parameters = inspect.signature(thing.__init__ if inspect.isclass(thing) else thing).parameters
    except (TypeError, ValueError):
        return []
    return [name for name in parameters if name not in ("self", "cls")]


def _documented(thing: Any, sections: tuple[str, ...] = ("param",)) -> list[str]:
    parsed = docstring_parser.parse(inspect.cleandoc(thing.__doc__ or ""), docstring_parser.Style.NUMPYDOC)
    names = [parameter.arg_name for parameter in parsed.params if parameter.args[0] in sections]
    return [name.strip().lstrip("*") for several in names for name in several.split(",")]


def _is_documented_elsewhere(name: str, thing: Any, owner: type | None) -> bool:
    """Whether a base class or a protocol documents a method, or help documents the options of a command."""
    if name.startswith(ELSEWHERE):
        return True
    bases = owner.__mro__[1:] if owner else ()
    is_overriding = any(thing.__name__ in vars(base) for base in bases)
    return is_overriding or (owner is not None and (thing.__name__, tuple(_names(thing))) in _of_protocols())


@cache
def _of_protocols() -> set[tuple[str, tuple[str, ...]]]:
    """Return the methods of protocols, by name and parameters."""
    return {
        (thing.__name__, tuple(_names(thing)))
        for _, thing, owner in _public()
        if owner is not None and getattr(owner, "_is_protocol", False) and _documented(thing)
    }


def _is_bare(name: str, thing: Any, owner: type | None) -> bool:
    """Whether something takes many parameters and does not say what they are."""
    names = {name for name in _names(thing) if not name.startswith("_")}
    if len(names) < MIN_PARAMETERS or _is_documented_elsewhere(name, thing, owner):
        return False
    classes = thing.__mro__ if inspect.isclass(thing) else (thing,)
    return not any(names <= set(_documented(each, ("param", "attribute"))) for each in classes)


def _own_errors(function: Callable[..., Any]) -> set[str]:
    """Return the errors of perfpred that a function itself raises, by name."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    names = set()
    for node in _own_nodes(tree):
        raised = node.exc if isinstance(node, ast.Raise) else None
        called = raised.func if isinstance(raised, ast.Call) else raised
        if isinstance(called, ast.Name) and called.id in ERRORS:
            names.add(called.id)
    return names


def _own_nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """Walk a function without the functions defined in it."""
    for child in ast.iter_child_nodes(tree):
        if not isinstance(child, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            yield child
            yield from _own_nodes(child)


def _says_error(text: str, name: str) -> bool:
    """Whether a docstring names an error, or a class that it is one of."""
    return any(base.__name__ in text for base in ERRORS[name].__mro__ if base.__name__ in ERRORS)


def test_documented_parameters_are_those_of_the_signature():
    wrong = {}
    for name, thing, _owner in _public():
        documented = set(_documented(thing))
        expected = {parameter for parameter in _names(thing) if not parameter.startswith("_")}
        if documented and documented != expected:
            wrong[name] = f"documented {sorted(documented)}, but there are {sorted(expected)}"
    assert wrong == {}


def test_what_takes_many_parameters_documents_them():
    assert [name for name, thing, owner in _public() if _is_bare(name, thing, owner)] == []


def test_functions_say_which_errors_they_raise():
    silent = {}
    for name, thing, owner in _public():
        if inspect.isclass(thing) or _is_documented_elsewhere(name, thing, owner):
            continue
        unsaid = {error for error in _own_errors(thing) if not _says_error(thing.__doc__ or "", error)}
        if unsaid:
            silent[name] = unsaid
    assert silent == {}
