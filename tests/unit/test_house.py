"""Sizes that keep the library readable: of files, of functions, of lists of parameters."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import perfpred

ROOT = Path(perfpred.__file__).parent
MAX_FILE, MAX_MEDIAN, MAX_FUNCTION, MAX_PARAMETERS = 300, 110, 50, 7
LONG = {"learn/evaluation/regret.py", "learn/fitting/terms.py"}
"""Files that are still to be split."""
MANY_PARAMETERS = ("app/commands/", "learn/", "surrogates/", "adaptive/", "search/run.py")
"""Where options of commands, keyword arguments of estimators and those of a search are parameters."""


@cache
def _sources() -> dict[str, str]:
    return {str(path.relative_to(ROOT)): path.read_text() for path in sorted(ROOT.rglob("*.py"))}


def _functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for name, text in _sources().items():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{name}:{node.lineno} {node.name}", node


def _n_parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    arguments = function.args
    names = [each.arg for each in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len([name for name in names if name not in ("self", "cls")])


def test_no_file_is_long():
    lengths = {name: len(text.splitlines()) for name, text in _sources().items()}
    assert {name: n for name, n in lengths.items() if n > MAX_FILE and name not in LONG} == {}


def test_files_are_short_in_the_middle():
    lengths = [len(text.splitlines()) for text in _sources().values()]
    assert statistics.median(lengths) <= MAX_MEDIAN


def test_no_function_is_long():
    lines = {name: (node.end_lineno or 0) - node.body[0].lineno + 1 for name, node in _functions()}
    documented = {name: node for name, node in _functions() if ast.get_docstring(node)}
    for name, node in documented.items():
        lines[name] -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
    assert {name: n for name, n in lines.items() if n > MAX_FUNCTION} == {}


def test_no_function_has_many_parameters():
    many = {
        name: _n_parameters(node)
        for name, node in _functions()
        if _n_parameters(node) > MAX_PARAMETERS and not name.startswith(MANY_PARAMETERS)
    }
    assert many == {}


@pytest.mark.parametrize(
    "folder", sorted(path.name for path in ROOT.iterdir() if (path / "__init__.py").is_file())
)
def test_every_room_says_what_it_is(folder):
    text = _sources()[f"{folder}/__init__.py"]
    assert ast.get_docstring(ast.parse(text))
