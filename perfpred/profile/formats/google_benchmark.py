"""Google Benchmark's CSV: ``"BM_gemm/512/n:64/min_time:0.5",iterations,real_time,cpu_time,time_unit,...``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.formats.recognised import (
    Recognised,
    numbers,
    text_array,
    uses,
    with_names,
    with_parameters,
)
from perfpred.profile.grid import Grid

_COLUMNS = {"name", "iterations", "real_time", "cpu_time", "time_unit"}
_RATE = "a result of Google Benchmark"
_RESULTS = dict.fromkeys(
    ("iterations", "real_time", "cpu_time", "bytes_per_second", "items_per_second"), _RATE
)
_RESULTS |= {"label": "a text that the benchmark set", "error_occurred": "read as status"}
_RESULTS |= {"error_message": "read as status"}
_NAME_IS = {"name": "kernel", "error_occurred": "status"}
_OPTIONS = re.compile(
    r"(?:min_time|min_warmup_time|iterations|repeats):[0-9.e+-]+s?|real_time|process_time|manual_time"
)
_AGGREGATE = re.compile(r"(.+)_(mean|median|stddev|cv|min|max|BigO|RMS)", re.DOTALL)
_NAMED = re.compile(r"([A-Za-z_]\w*):(.+)", re.DOTALL)


def read(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised | None:
    """Return the file with kernel, arguments and status as columns; None if it is another file.

    Rows of statistics over repetitions are left out; where only they were written, the medians are kept.
    """
    if not grid.columns.keys() >= _COLUMNS:
        return None
    grid = _with_status(grid)
    if not uses(mapping, "name"):
        grid = _without_aggregates(grid)
        parts = [_taken_apart(name) for name in grid.texts("name")]
        grid = with_parameters(grid, [arguments for _, arguments in parts], "name")
        grid = with_names(grid, [name for name, _ in parts], given, "name")
    return Recognised(grid, "Google Benchmark", ("real_time", "cpu_time"), None, _RESULTS, _NAME_IS)


def _taken_apart(text: str) -> tuple[str, dict[str, str]]:
    """Return the function's name and its arguments, those without a name as arg0, arg1 and so on.

    Examples
    --------
    >>> _taken_apart("BM_gemm<float>/512/k:64/min_time:0.500/threads:4")
    ('BM_gemm<float>', {'arg0': '512', 'k': '64', 'threads': '4'})
    """
    name, *rest = _split(text)
    arguments: dict[str, str] = {}
    for place, part in enumerate(part for part in rest if not _OPTIONS.fullmatch(part)):
        named = _NAMED.fullmatch(part)
        arguments[named[1] if named else f"arg{place}"] = named[2] if named else part
    return name, arguments


def _split(text: str) -> list[str]:
    """Split at slashes outside of template brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "<") - (character == ">" and depth > 0)
        if character == "/" and not depth:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _with_status(grid: Grid) -> Grid:
    if "error_occurred" not in grid.columns or "status" in grid.columns:
        return grid
    failed = np.array([text.lower() == "true" for text in grid.texts("error_occurred")], dtype=bool)
    if not failed.any():
        return grid
    columns = {name: text_array(grid.texts(name)) for name in ("real_time", "cpu_time")}
    for cells in columns.values():
        cells[failed] = ""
    units = text_array(grid.texts("time_unit"))
    units[failed] = "ns"  # left blank by the tool
    status = np.where(failed, "runtime_error", "ok").astype(object)
    return grid.with_columns({**columns, "time_unit": units, "status": status})


def _without_aggregates(grid: Grid) -> Grid:
    names = grid.texts("name")
    kinds = _aggregates(names)
    if not any(kinds):
        return grid
    plain = np.array([not kind for kind in kinds], dtype=bool)
    if plain.any():
        gone = int((~plain).sum())
        return grid.take(plain).noting(f"{gone} rows of statistics over repetitions are left out")
    for statistic in ("median", "mean"):
        kept = np.array([kind == statistic for kind in kinds], dtype=bool)
        if kept.any():
            return _only(grid, kinds, kept, statistic)
    return grid


def _aggregates(names: Sequence[str]) -> list[str]:
    """Return which statistic each row is, empty for a run of its own.

    A name that merely ends so is told by its stem: that is another row's name, or has several statistics.
    """
    matches = [_AGGREGATE.fullmatch(name) for name in names]
    known = set(names)
    kinds: dict[str, set[str]] = {}
    for match in matches:
        if match:
            kinds.setdefault(match[1], set()).add(match[2])
    return [
        match[2] if match and (match[1] in known or len(kinds[match[1]]) > 1) else "" for match in matches
    ]


def _only(grid: Grid, kinds: Sequence[str], kept: np.ndarray, statistic: str) -> Grid:
    """Keep the rows of one statistic, with the noise that the standard deviations state."""
    names = grid.texts("name")
    stems = [name.rpartition("_")[0] for name in names]
    times = numbers(grid, "real_time")
    spread = {stem: time for stem, kind, time in zip(stems, kinds, times, strict=True) if kind == "stddev"}
    count = numbers(grid, "iterations")
    noise = [
        spread.get(stem, np.nan) / time / np.sqrt(n)
        for stem, time, n in zip(stems, times, count, strict=True)
    ]
    cells = text_array([float(each) if np.isfinite(each) else "" for each in noise])
    columns = {"name": text_array(stems), "noise": cells}
    return (
        grid.with_columns(columns)
        .take(kept)
        .noting(f"of the statistics over repetitions the {statistic} is read")
    )
