"""Draw docs/images/perfpred.png: predictions on sizes never seen, and what chosen Halide schedules gain.

python benchmarks/picture.py [--out docs/images/perfpred.png]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

import perfpred as pp
from perfpred.report.figures import predicted_against_measured, speedups
from perfpred.report.judged import judged_all

ROOT = Path(__file__).parent.parent
HARDWARE = "intel-xeon-6-207-avx512-1t"
VARIANTS = ("openblas", "ublas")
TRAIN_SIZE = 250
BUDGET = 10


def draw_predictions(axes: Any) -> None:
    """Draw measured against predicted times of matmul at the sizes that training did not see."""
    paths = [ROOT / "datasets" / f"matmul-{variant}-{HARDWARE}.csv" for variant in VARIANTS]
    profile = pp.read_profile(paths)
    parts = [part.table.sample(frac=1, random_state=0) for _, part in profile.combinations()]
    train, test = (
        pp.Profile(pd.concat([part[rows] for part in parts], ignore_index=True), profile.parameters)
        for rows in (slice(None, TRAIN_SIZE), slice(TRAIN_SIZE, None))
    )
    bank = pp.train(train, complexity={"work": "m*n*k"}, random_state=0)
    judged = judged_all(test, bank)
    predicted_against_measured(axes, judged)
    errors = ", ".join(f"{each.combination.variant} {each.mape:.1%}" for each in judged)
    axes.set_title(f"matmul, {TRAIN_SIZE} sizes in training\nmean error on new sizes: {errors}", fontsize=9)


def draw_halide(axes: Any) -> None:
    """Draw the speedups of Halide schedules chosen with ten runs over the fastest autoscheduler's."""
    documents = json.loads((ROOT / "benchmarks" / "results" / "halide.json").read_text(encoding="utf-8"))
    chosen = sorted(
        (each for each in documents if each["budget"] == BUDGET), key=lambda each: -each["speedup"]
    )
    mean = float(np.exp(np.mean(np.log([each["speedup"] for each in chosen]))))
    speedups(axes, chosen)
    axes.set_title(f"Halide schedules chosen with {BUDGET} runs: {mean:.2f}x", fontsize=9)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "perfpred.png")
    given = parser.parse_args()
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    left, right = figure.subplots(1, 2)
    draw_predictions(left)
    draw_halide(right)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(given.out, dpi=110)


if __name__ == "__main__":
    main()
