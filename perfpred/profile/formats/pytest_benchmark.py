"""pytest-benchmark's CSV: ``name,param:n,min,max,mean,stddev,...,rounds,iterations``, in seconds."""

from __future__ import annotations

import re
from collections.abc import Mapping

from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.formats.recognised import (
    Recognised,
    free_name,
    uses,
    with_names,
    with_noise,
    with_parameters,
)
from perfpred.profile.grid import Grid

_COLUMNS = {"name", "min", "max", "mean", "stddev", "rounds"}
_RESULT = "a result of pytest-benchmark"
_TIMES = ("median", "mean", "min", "max")
_RESULTS = dict.fromkeys(
    (*_TIMES, "stddev", "iqr", "iqr_outliers", "stddev_outliers", "outliers", "ops", "iterations"), _RESULT
)
_RESULTS |= dict.fromkeys(("q1", "q3", "ld15iqr", "hd15iqr", "total"), _RESULT)
_NAME = re.compile(r"(?:.*::)?(?P<test>[^\[\]:]+)(?:\[(?P<values>.*)\])?(?:\s+\([^()]*\))?", re.DOTALL)


def read(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised | None:
    """Return the file with the test as kernel and its parameters as columns; None if it is another file."""
    if not grid.columns.keys() >= _COLUMNS:
        return None
    grid = with_noise(grid, "stddev", "mean", "rounds")
    renamed = {
        name: free_name(name.removeprefix("param:"), cells, grid)
        for name, cells in grid.columns.items()
        if name.startswith("param:") and name != "param:"
    }
    columns = {new: grid.columns[old] for old, new in renamed.items()}
    grid = grid.without(renamed, "its name was shortened").with_columns(columns)
    if not uses(mapping, "name"):
        parts = [_taken_apart(name) for name in grid.texts("name")]
        if not renamed:
            grid = with_parameters(grid, [values for _, values in parts], "name")
        grid = with_names(grid, [test for test, _ in parts], given, "name")
    return Recognised(grid, "pytest-benchmark", _TIMES, "s", _RESULTS, {"name": "kernel", **renamed})


def _taken_apart(text: str) -> tuple[str, dict[str, str]]:
    """Return the test's name and the values in its brackets.

    Examples
    --------
    >>> _taken_apart("tests/test_mul.py::test_mul[512-nchw]")
    ('test_mul', {'arg0': '512', 'arg1': 'nchw'})
    """
    match = _NAME.fullmatch(text)
    if match is None:
        return text, {}
    values = match["values"].split("-") if match["values"] else []
    return match["test"], {f"arg{index}": value for index, value in enumerate(values)}
