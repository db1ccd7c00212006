"""Draw docs/images/perfpred.png: predictions on sizes never seen, and what chosen Halide schedules gain.

python benchmarks/picture.py [--out docs/images/perfpred.png]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import perfpred as pp

ROOT = Path(__file__).parent.parent
HARDWARE = "intel-xeon-6-207-avx512-1t"
VARIANTS = ("openblas", "ublas")
TRAIN_SIZE = 250
BUDGET = 10


def draw_predictions(axes: Any) -> None:
    """Draw measured against predicted times of matmul at the sizes that training did not see."""
    for variant, colour in zip(VARIANTS, ("tab:orange", "tab:blue"), strict=True):
        profile = pp.read_profile(ROOT / "datasets" / f"matmul-{variant}-{HARDWARE}.csv")
        mine = profile.table.sample(frac=1, random_state=0)
        train, test = mine[:TRAIN_SIZE], mine[TRAIN_SIZE:]
        estimator = pp.AugmentedRegressor(complexity={"work": "m*n*k"})
        estimator.fit(train[["m", "n", "k"]], train["time_s"])
        predicted = estimator.predict(test[["m", "n", "k"]])
        error = np.mean(np.abs(predicted / test["time_s"] - 1))
        label = f"{variant}: {len(test)} new sizes, mean error {error:.1%}"
        axes.scatter(1e6 * test["time_s"], 1e6 * predicted, s=7, color=colour, label=label)
    axes.set(xscale="log", yscale="log", xlabel="measured µs", ylabel="predicted µs")
    axes.axline((1, 1), (10, 10), color="black", linewidth=0.6, zorder=0)
    axes.set_xlim(3, 2e5)
    axes.set_ylim(3, 2e5)
    axes.set_title("matmul on one thread, 250 sizes in training", fontsize=10)
    axes.legend(fontsize=8, loc="upper left", frameon=False)


def draw_halide(axes: Any) -> None:
    """Draw the speedups of Halide schedules chosen with ten runs over the fastest autoscheduler's."""
    documents = json.loads((ROOT / "benchmarks" / "results" / "halide.json").read_text(encoding="utf-8"))
    chosen = {each["pipeline"]: each["speedup"] for each in documents if each["budget"] == BUDGET}
    names = sorted(chosen, key=lambda name: chosen[name])
    mean = float(np.exp(np.mean(np.log(list(chosen.values())))))
    axes.barh(names, [chosen[name] for name in names], color="tab:green")
    axes.axvline(1.0, color="black", linewidth=0.8)
    axes.set(xlabel="speedup over the fastest of Halide's autoschedulers", xscale="log")
    axes.set_xticks([1, 1.5, 2, 3], ["1", "1.5", "2", "3"])
    axes.minorticks_off()
    axes.set_title(f"Halide schedules chosen with {BUDGET} runs: {mean:.2f}x", fontsize=10)
    axes.tick_params(axis="y", labelsize=8)


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
