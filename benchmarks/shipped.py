"""What the benchmarks have in common: the shipped datasets."""

from __future__ import annotations

from pathlib import Path

import perfpred as pp

DATASETS = Path(__file__).parent.parent / "datasets"


def read(kernel: str = "") -> pp.Profile:
    """Return the shipped measurements of a kernel, or of all."""
    return pp.read_profile(sorted(DATASETS.glob(f"{kernel}-*.csv" if kernel else "*.csv")))
