"""How well models rank schedules of a pipeline that they have not seen: trained on 60%, ranking 40%.

    python benchmarks/halide_ranking.py [datasets/halide/*.csv] [--splits 5] [--json]

Rank correlations are of the schedules of a size, means over sizes and splits; all sizes of a schedule are
either trained on or ranked. `top5` is the fastest of the five ranked first, over the fastest of all, in time.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from perfpred.halide.cost.features import FEATURES
from perfpred.learn.estimators.ensemble import EnsembleRegressor
from perfpred.learn.estimators.forest import ForestRegressor
from perfpred.profile import read_profile

ESTIMATE = "log_estimate"
TRAINED, TOP = 0.6, 5


def log_s(model: str, train: pd.DataFrame, test: pd.DataFrame) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return what a model says of schedules, up to a constant for `estimate`, which learns nothing."""
    if model == "estimate":
        return test[ESTIMATE].to_numpy()
    estimator = EnsembleRegressor(use_products=False) if model == "ensemble" else ForestRegressor()
    x = list(FEATURES)
    fitted = estimator.fit(train[x].astype(float), train["time_s"] / np.exp(train[ESTIMATE]))
    return np.log(fitted.predict(test[x].astype(float))) + test[ESTIMATE].to_numpy()


def judged(rows: pd.DataFrame, models: list[str], splits: int) -> list[dict[str, Any]]:
    """Return a document a model: means over splits and sizes."""
    schedules = rows["schedule"].unique()
    found: dict[str, list[tuple[float, float]]] = {model: [] for model in models}
    for seed in range(splits):
        order = np.random.default_rng(seed).permutation(schedules)
        is_train = rows["schedule"].isin(order[: round(TRAINED * len(order))])
        train, test = rows[is_train], rows[~is_train]
        for model in models:
            expected = pd.Series(log_s(model, train, test), index=test.index)
            for _, part in test.groupby(["width", "height"]):
                first = expected[part.index].nsmallest(TOP).index
                regret = part.loc[first, "time_s"].min() / part["time_s"].min()
                found[model].append((spearmanr(expected[part.index], part["time_s"]).statistic, regret))
    return [
        {
            "pipeline": rows["kernel"].iloc[0],
            "hardware": rows["hardware"].iloc[0],
            "schedules": len(schedules),
            "model": model,
            "spearman": float(np.mean([rho for rho, _ in found[model]])),
            "top5": float(np.exp(np.mean(np.log([regret for _, regret in found[model]])))),
        }
        for model in models
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    files = given.files or sorted((Path(__file__).parent.parent / "datasets" / "halide").rglob("*.csv"))
    models = ["ensemble", "forest", "estimate"]
    documents = []
    for path in files:
        rows = read_profile(path).ok.table
        rows = rows[rows[list(FEATURES)].notna().all(axis=1)]
        documents += [
            {"file": f"{path.parent.name}/{path.name}", **each} for each in judged(rows, models, given.splits)
        ]
    if given.json:
        print(json.dumps(documents, indent=1))
        return
    table = pd.DataFrame(documents).pivot(index="file", columns="model", values=["spearman", "top5"])
    table.loc["median"] = table.median()
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()
