"""Which tool wrote a file."""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.formats import gemm, google_benchmark, hyperfine, nsys, pytest_benchmark
from perfpred.profile.formats.recognised import Recognised
from perfpred.profile.grid import Grid

_FORMATS = (
    google_benchmark.read,
    pytest_benchmark.read,
    hyperfine.read,
    nsys.read,
    gemm.read_hipblaslt,
    gemm.read_aiter,
)


def recognise(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised:
    """Return what is known of a file by its header; nothing for one that no known tool wrote."""
    for read in _FORMATS:
        found = read(grid, mapping, given)
        if found is not None:
            return found
    return Recognised(grid)
