"""The queries that two trees are asked: amid what the shipped datasets measured, at its ends, and beyond."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

NOT_PARAMETERS = {
    "kernel",
    "variant",
    "hardware",
    "time_s",
    "noise",
    "rounds",
    "status",
    "time_ns",
    "time_ms",
}
SHARE_BEYOND = 0.2
SHARE_AT_AN_END = 0.1
MAX_BEYOND = 8.0
"""Times the greatest size measured, or the smallest one over this."""

Query = tuple[str, dict[str, float]]


def ranges_of(datasets: Path) -> dict[str, dict[str, tuple[int, int]]]:
    """Return the least and greatest value of each parameter of each kernel in a folder of datasets."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for path in sorted(datasets.glob("*.csv")):
        table = pd.read_csv(path)
        for kernel, rows in table.groupby("kernel"):
            known = found.setdefault(str(kernel), {})
            for name in sorted(set(table.columns) - NOT_PARAMETERS):
                low, high = int(rows[name].min()), int(rows[name].max())
                if name in known:
                    low, high = min(low, known[name][0]), max(high, known[name][1])
                known[name] = (low, high)
    return found


def queries(datasets: Path, count: int, seed: int = 0) -> list[Query]:
    """Draw queries, about as many of each kernel, of whole sizes evenly spread by their logarithm."""
    rng, ranges = np.random.default_rng(seed), ranges_of(datasets)
    kernels = sorted(ranges)
    found = []
    for index in range(count):
        kernel = kernels[index % len(kernels)]
        found.append((kernel, {name: _size(rng, *ends) for name, ends in ranges[kernel].items()}))
    return found


def _size(rng: np.random.Generator, low: int, high: int) -> float:
    kind = rng.random()
    if kind < SHARE_BEYOND / 4:  # of four sizes or so, one beyond makes a query one beyond
        factor = MAX_BEYOND ** rng.random()
        return float(max(1, round(low / factor))) if rng.random() < 0.5 else float(round(high * factor))
    if kind < SHARE_BEYOND / 4 + SHARE_AT_AN_END:
        return float(low if rng.random() < 0.5 else high)
    return float(round(np.exp(rng.uniform(np.log(max(low, 1)), np.log(max(high, 1))))))
