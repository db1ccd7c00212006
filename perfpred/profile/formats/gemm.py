"""CSVs of matrix-product benchmarks: hipblaslt-bench and AITER's tuned kernels, both in microseconds."""

from __future__ import annotations

import re
from collections.abc import Mapping

from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.formats.recognised import Recognised, uses
from perfpred.profile.grid import Grid

_INDEX = re.compile(r"\[[0-9]+\]:\s*")
_HIPBLASLT = {"transA", "transB", "m", "n", "k", "us"}
_AITER = {"M", "N", "K", "us", "kernelName"}
_AITER_RESULTS = ("us", "tflops", "bw", "errRatio")


def read_hipblaslt(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised | None:
    """Return a file of hipblaslt-bench without the ``[0]:`` before its header; None if it is another file."""
    bare = {name: _INDEX.sub("", name) for name in grid.columns}
    if not set(bare.values()) >= _HIPBLASLT or len(set(bare.values())) < len(bare):
        return None
    columns = {bare[name]: cells for name, cells in grid.columns.items()}
    results = {
        name: "a result of hipblaslt-bench"
        for name in columns
        if name.endswith(("Gflops", "GB/s", "us")) or "norm_error" in name or name in {"atol", "rtol"}
    }
    dropped = {**grid.dropped, **{old: f"it is read as '{new}'" for old, new in bare.items() if old != new}}
    grid = Grid(columns, grid.rows, dropped, grid.notes, grid.problems)
    return Recognised(grid, "hipblaslt-bench", ("us",), "us", results, bare)


def read_aiter(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised | None:
    """Return a file of AITER's tuner; None if it is another file.

    Where each problem was timed with several kernels, the kernel's name is the variant. Where each problem
    has one row, the name is what tuning chose for it: a result, and so is its number.
    """
    if not grid.columns.keys() >= _AITER:
        return None
    results = dict.fromkeys(_AITER_RESULTS, "a result of AITER's tuner")
    if uses(mapping, "kernelName") or "variant" in given or "variant" in grid.columns:
        return Recognised(grid, "AITER", ("us",), "us", results)
    chosen = ("kernelName", "kernelId", *_AITER_RESULTS)
    problems = set(zip(*(grid.texts(name) for name in grid.columns if name not in chosen), strict=True))
    if len(grid) >= 2 * len(problems):
        grid = grid.with_columns({"variant": grid.columns["kernelName"]})
        grid = grid.without(["kernelName"], "read as variant").noting(
            "variant is read from column 'kernelName'"
        )
        results["kernelId"] = "it numbers the variants"
    else:
        results |= dict.fromkeys(("kernelName", "kernelId"), "tuning chose it for each problem")
    return Recognised(grid, "AITER", ("us",), "us", results, {"kernelName": "variant"})
