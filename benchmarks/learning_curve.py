"""Errors by number of training rows: how many measurements a model needs.

Mean over the shipped combinations, for each of several random splits; the band is the spread over splits.
A model that cannot be fitted to so few rows has no point there, and the reason is said.

    python benchmarks/learning_curve.py [--kernel matmul] [--repeats 5] [--train-size 25]... [--model NAME]...
        [--json] [--plot F.png]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import shipped

import perfpred as pp

MODELS = ("augmented", "paper-nnc", "forest-c", "lightgbm-c", "gp-c")
TRAIN_SIZES = (25, 50, 100, 250)
MEASURES = {"mape": "all test rows", "mape_slowest70": "slowest 70% of test rows"}


def learning_curve(
    profile: pp.Profile, models: Sequence[str], train_sizes: Sequence[int], **options: Any
) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the rows of `perfpred.evaluate` for each model and number of rows, and what was left out.

    Something left out is a dict of model, train_size and reason. `options` go to `perfpred.evaluate`.
    """
    found, left_out = [], []
    for train_size in train_sizes:
        for model in models:
            try:
                found.append(pp.evaluate(profile, models=[model], train_size=train_size, **options))
            except pp.InputError as error:
                left_out.append({"model": model, "train_size": train_size, "reason": str(error)})
    return pd.concat(found) if found else pd.DataFrame(), left_out


def curves(results: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return mean and deviation over splits, in percent, of means over combinations; a row a point."""
    by_split = results.groupby(["model", "train_size", "repeat"], sort=False)[measure].mean() * 100
    groups = by_split.groupby(["model", "train_size"], sort=False)
    return pd.DataFrame({"mean": groups.mean(), "std": groups.std(ddof=0)})


def print_tables(results: pd.DataFrame) -> None:
    """Print a table a measure: a row a model, a column a number of training rows."""
    for measure, title in MEASURES.items():
        points = curves(results, measure)
        cells = points.apply(lambda point: f"{point['mean']:.1f} ± {point['std']:.1f}", axis=1)
        print(f"\nMAPE over {title}, by training rows; percent, ± deviation over splits")
        print(
            cells.unstack("train_size", fill_value="-").loc[list(dict.fromkeys(results["model"]))].to_string()
        )
    print(f"\nnoise floor: {noise_floor(results):.1f}%")


def noise_floor(results: pd.DataFrame) -> float:
    """Return the mean over combinations of how well measurements repeat, in percent."""
    return float(results.groupby(["kernel", "variant", "hardware"])["noise"].first().mean() * 100)


def plot(results: pd.DataFrame, path: Path) -> None:
    """Write a PNG: a panel per measure, a line per model with its band, and the noise floor."""
    from matplotlib.figure import Figure

    from perfpred.report.figures import learning_curve as draw

    figure = Figure(figsize=(10, 4.5), layout="constrained")
    for axes, (measure, title) in zip(figure.subplots(1, 2, sharey=True), MEASURES.items(), strict=True):
        by_repeat = results.groupby(["model", "train_size", "repeat"], sort=False)[measure].mean()
        draw(axes, by_repeat.reset_index(name="mape"), noise_floor(results) / 100)
        axes.set_title(title)
    figure.savefig(path, format="png", dpi=150)


def require_matplotlib() -> None:
    """End with what to install where matplotlib is missing, before hours of fitting."""
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError:
        raise SystemExit("--plot needs matplotlib: pip install 'perfpred[plot]'") from None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument(
        "--train-size", type=int, action="append", help="repeatable; 25, 50, 100, 250 by default"
    )
    parser.add_argument("--model", action="append", help="repeatable")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kernel", default="", help="only this kernel's datasets")
    parser.add_argument("--plot", type=Path, metavar="F.png")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.plot:
        require_matplotlib()
    results, left_out = learning_curve(
        shipped.read(options.kernel),
        options.model or MODELS,
        options.train_size or TRAIN_SIZES,
        repeats=options.repeats,
        random_state=options.seed,
    )
    for each in left_out:
        print(f"left out: {each['model']} at {each['train_size']} rows: {each['reason']}", file=sys.stderr)
    if options.json:
        print(json.dumps({"results": results.to_dict(orient="records"), "left_out": left_out}, indent=1))
    if results.empty:
        raise SystemExit("nothing could be fitted")
    if not options.json:
        print_tables(results)
    if options.plot:
        plot(results, options.plot)


if __name__ == "__main__":
    main()
