"""Errors on tuning spaces, and what products of the parameters are worth.

Splits a space at random into 250 rows to train on and the rest to test on. Without products, the ensemble
sees the parameters alone. FILES are written by `perfpred import --estimate recorded`.

    python benchmarks/tuning.py FILES [--train-size 250] [--repeats 5] [--jobs -1] [--json]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

import perfpred as pp
from perfpred.learn.estimators.ensemble import EnsembleRegressor
from perfpred.learn.estimators.forest import ForestRegressor
from perfpred.learn.evaluation.scores import scores
from perfpred.learn.intervals.calibration import Errors, calibrated
from perfpred.predict.predictor import Answers
from perfpred.profile import random_split

MODELS = {
    "ensemble": lambda seed: EnsembleRegressor(random_state=seed),
    "without products": lambda seed: EnsembleRegressor(use_products=False, random_state=seed),
    "forest": lambda seed: ForestRegressor(random_state=seed),
}


def judged(path: Path, model: str, train_size: int, seed: int) -> dict[str, object]:
    """Return the scores of one split."""
    profile = pp.read_profile(path).ok
    train, test = (profile.take(rows) for rows in random_split(len(profile), train_size, seed))
    fitted = MODELS[model](seed).fit_with_residuals(train.X, train.time_s)
    predicted_s = fitted.predict(test.X)
    residuals = fitted.oof_log_residuals_
    errors = Errors(residuals, np.log(train.time_s) - residuals, np.arange(len(residuals)))
    nowhere, nothing = np.zeros(len(test)), np.ones(len(test))
    low, high = calibrated(errors).all_logs(predicted_s, nowhere, nothing)
    inside = np.ones(len(test), dtype=bool)
    answers = Answers(predicted_s, predicted_s * np.exp(low), predicted_s * np.exp(high), inside)
    found = scores(test.time_s, answers)
    best_s = profile.time_s.min()
    return {
        "file": path.name.split(".")[0],
        "model": model,
        "mape": found.mape,
        "spearman": found.spearman,
        "coverage90": found.coverage90,
        "top1": float(test.time_s[np.argmin(predicted_s)] / best_s),
        "best_of_train": float(train.time_s.min() / best_s),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--train-size", type=int, default=250)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    jobs = [
        delayed(judged)(path, model, given.train_size, seed)
        for path in given.files
        for model in MODELS
        for seed in range(given.repeats)
    ]
    table = pd.DataFrame(Parallel(n_jobs=given.jobs)(jobs))
    by_file = table.groupby(["model", "file"], sort=False).mean(numeric_only=True)
    overall = by_file.groupby("model", sort=False).mean()
    if given.json:
        print(
            json.dumps(
                {"by_file": by_file.reset_index().to_dict("records"), "mean": overall.to_dict("index")}
            )
        )
        return
    print(by_file.loc["ensemble"].round(3).to_string())
    print(overall.round(4).to_string())


if __name__ == "__main__":
    main()
