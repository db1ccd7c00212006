"""CSVs of Nsight Systems: ``cuda_gpu_trace`` (a row per launch) and ``cuda_gpu_kern_sum`` (per kernel)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.formats.recognised import (
    Recognised,
    uses,
    with_names,
    with_noise,
    with_parameters,
)
from perfpred.profile.grid import Grid

_TRACE = {"Start (ns)", "Duration (ns)", "Name"}
_TRACE_IDS = ("Start (ns)", "CorrId", "Ctx", "GreenCtx", "Strm", "CorrID", "Stream", "Context")
_SUMMARY = {"Total Time (ns)", "Instances", "Avg (ns)", "Name"}
_SUMMARY_TIMES = ("Med (ns)", "Avg (ns)", "Min (ns)", "Max (ns)")
_SUMMARY_RESULTS = ("Time (%)", "Total Time (ns)", "Instances", "StdDev (ns)", *_SUMMARY_TIMES)
_NUMBER = re.compile(r"[0-9]+")


def read(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised | None:
    """Return the file with the kernel's name as kernel; None if it is another file."""
    if grid.columns.keys() >= _TRACE:
        return _read_trace(grid, mapping, given)
    if grid.columns.keys() >= _SUMMARY:
        return _read_summary(grid, mapping, given)
    return None


def _read_trace(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised:
    results = dict.fromkeys(_TRACE_IDS, "it says when and where a launch ran")
    results |= {name: "a result of nsys" for name in grid.columns if name.startswith("Throughput")}
    results["Duration (ns)"] = "a result of nsys"
    if not uses(mapping, "Name"):
        grid = with_names(grid, grid.texts("Name"), given, "Name")
    if "Device" in grid.columns and not uses(mapping, "Device") and "hardware" not in given:
        grid = grid.with_columns({"hardware": grid.columns["Device"]})
        grid = grid.without(["Device"], "read as hardware").noting("hardware is read from column 'Device'")
    else:
        results["Device"] = "the hardware is given"
    grid = _without_blank(grid)
    return Recognised(
        grid, "nsys", ("Duration (ns)",), None, results, {"Name": "kernel", "Device": "hardware"}
    )


def _without_blank(grid: Grid) -> Grid:
    blank = [name for name in grid.columns if not any(grid.texts(name))]
    return grid.without(blank, "it is blank")


def _read_summary(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised:
    results = dict.fromkeys(_SUMMARY_RESULTS, "a result of nsys")
    own = [
        name
        for name in grid.columns
        if name not in results and name not in ("Name", "kernel", "variant", "hardware")
    ]
    grid = with_noise(grid, "StdDev (ns)", "Avg (ns)", "Instances")
    if not uses(mapping, "Name"):
        names = grid.texts("Name")
        if not own:
            names, arguments = numbers_in(names)
            known = np.array([bool(argument) for argument in arguments], dtype=bool)
            if known.any():
                names = [name for name, is_known in zip(names, known, strict=True) if is_known]
                arguments = [argument for argument in arguments if argument]
                grid = _only(grid, known)
                grid = with_parameters(grid, arguments, "Name")
            else:
                grid = grid.failing(
                    "the summary has no parameter: no two names differ in a number; "
                    "add columns such as m and n, or export the trace (nsys stats --report cuda_gpu_trace)"
                )
        grid = with_names(grid, names, given, "Name")
    return Recognised(grid, "nsys", _SUMMARY_TIMES, None, results, {"Name": "kernel"})


def _only(grid: Grid, known: np.ndarray) -> Grid:
    if known.all():
        return grid
    gone = [name for name, kept in zip(grid.texts("Name"), known, strict=True) if not kept]
    more = f" and {len(gone) - 1} more" if len(gone) > 1 else ""
    return grid.take(known).noting(f"left out, as no other name differs in a number alone: '{gone[0]}'{more}")


def numbers_in(names: Sequence[str]) -> tuple[list[str], list[dict[str, str]]]:
    """Return names without the numbers in which they differ from each other, and these as arguments.

    Examples
    --------
    >>> numbers_in(["gemm<128, 64>", "gemm<256, 64>", "copy"])
    (['gemm<{arg0}, 64>', 'gemm<{arg0}, 64>', 'copy'], [{'arg0': '128'}, {'arg0': '256'}, {}])
    """
    found = [_NUMBER.findall(name) for name in names]
    skeletons = [_NUMBER.sub("\0", name) for name in names]
    bare, arguments = [], []
    alike: dict[str, list[list[str]]] = {}
    for skeleton, values in zip(skeletons, found, strict=True):
        alike.setdefault(skeleton, []).append(values)
    for skeleton, values in zip(skeletons, found, strict=True):
        rows = alike[skeleton]
        varying = [len({row[index] for row in rows}) > 1 for index in range(len(values))]
        labels = iter(f"arg{index}" for index in range(sum(varying)))
        row: dict[str, str] = {}
        pieces = skeleton.split("\0")
        text = pieces[0]
        for value, varies, piece in zip(values, varying, pieces[1:], strict=True):
            label = next(labels) if varies else ""
            if varies:
                row[label] = value
            text += (f"{{{label}}}" if varies else value) + piece
        bare.append(text)
        arguments.append(row)
    return bare, arguments
