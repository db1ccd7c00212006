"""Accuracy of the models on the shipped datasets: mean over combinations and random splits.

Test rows are never seen in fitting. Every error stands beside the noise floor of the data, below which no
predictor can be judged.

    python benchmarks/accuracy.py [--kernel matmul] [--model augmented]... [--repeats 5] [--json]
"""

from __future__ import annotations

import argparse
import json

import pandas as pd
import shipped

import perfpred as pp

MODELS = ("augmented", "paper-nnc", "nn", "linear-c", "forest-c", "lightgbm-c", "gp-c")
COLUMNS = ("mape", "mape_slowest70", "median_ape", "p90_ape", "coverage90", "noise")


def summary(results: pd.DataFrame) -> pd.DataFrame:
    """Return a row a model: means over combinations and splits, and the spread over splits."""
    groups = results.groupby("model", sort=False)
    table = groups[list(COLUMNS)].mean() * 100
    by_split = results.groupby(["model", "repeat"], sort=False)["mape"].mean() * 100
    for error in ("mape", "mape_slowest70"):
        table[f"{error}/noise"] = table[error] / table["noise"]
    table.insert(1, "mape_std_over_splits", by_split.groupby("model").std(ddof=0))
    return table.assign(
        spearman=groups["spearman"].mean(),
        n_parameters_max=groups["n_parameters"].max(),
        fit_s=groups["fit_s"].mean(),
        within_3x=groups["within_3x"].mean() * 100,
        worst_factor_in_range=groups["worst_factor_in_range"].max(),
        intervals_right=intervals_right(results) * 100,
    )


def intervals_right(results: pd.DataFrame) -> pd.Series:
    """Return, for each model, the share of combinations whose 90% intervals hold 87% to 93% of test rows."""
    coverage = results.groupby(["model", "kernel", "variant", "hardware"], sort=False)["coverage90"].mean()
    return coverage.between(0.87, 0.93).groupby("model", sort=False).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--train-size", type=int, default=250)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kernel", default="", help="only this kernel's datasets")
    parser.add_argument("--model", action="append", help="repeatable; all by default")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results = pp.evaluate(
        shipped.read(options.kernel),
        models=options.model or MODELS,
        train_size=options.train_size,
        repeats=options.repeats,
        random_state=options.seed,
    )
    if options.json:
        print(json.dumps(results.to_dict(orient="records"), indent=1))
        return
    n = results.groupby(["kernel", "variant", "hardware"]).ngroups
    print(
        f"{n} combinations, {options.train_size} training rows, {options.repeats} splits; errors in percent"
    )
    print(summary(results).round(2).to_string())
    for title, keys in (("kernel", ["kernel"]), ("combination", ["kernel", "variant", "hardware"])):
        print(f"\nMAPE over all test rows, by {title}")
        means = results.pivot_table(index=keys, columns="model", values="mape", sort=False)
        floor = results.groupby(keys)["noise"].mean()
        print((means.assign(noise=floor) * 100).round(2).to_string())


if __name__ == "__main__":
    main()
