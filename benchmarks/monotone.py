"""Why a predicted time falls though a size doubles: is it measured so, or is it the net's own doing.

What is left of a size after whole vectors makes larger sizes faster, and models learn it: a fall that is none
if features of remainders stay as they were is of `remainders`. Of the others, rows measured near either size
are compared, without the trend of the kernel's complexities: they are `measured` where those fall as well,
`unmeasured` where they do not, and `unknown` where there are too few rows near.

    python benchmarks/monotone.py [--models models] [--bases 30] [--seed 0] [--json]
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shipped

import perfpred as pp
from perfpred.errors import InputError
from perfpred.kernels import KERNELS
from perfpred.predict.expressions import log_sum_of
from perfpred.predict.nets import PosynomialNet
from perfpred.predict.predictor import Predictor
from perfpred.predict.ranges import Range

NEAR, NEAR_OTHERS = 0.5, 2.5
"""Octaves within which a measured row is near, in the size that is doubled and in the others: small sizes are
rare, and the trend tells what the others do."""
MIN_NEAR = 3
SMALL, LARGE = 0.02, 0.1
"""Log seconds: less than the first is nothing, more than the second is more than noise."""


@dataclass(frozen=True)
class Fall:
    """A size, what doubling one of its parameters does to predicted log time, and to measured ones nearby."""

    combination: str
    parameter: str
    sizes: dict[str, float]
    predicted: float
    smooth: float
    measured: float
    error: float
    in_range: bool

    @property
    def verdict(self) -> str:
        """Return why the time falls."""
        if self.smooth > -SMALL:
            return "remainders"
        if not np.isfinite(self.measured):
            return "unknown"
        return "measured" if self.measured < max(-0.3 * abs(self.predicted), -0.03) else "unmeasured"


def steps(predictor: Predictor, rows: pp.Profile, bases: int, seed: int) -> Iterator[Fall | None]:
    """Yield a fall, or None, for each doubling of a size that stays in the range of single parameters."""
    extents = [n for n in KERNELS[predictor.combination.kernel].extents if n in predictor.ranges]
    rng = np.random.default_rng(seed)
    for _ in range(bases):
        sizes = {name: drawn(seen, rng) for name, seen in predictor.ranges.items()}
        for name in extents:
            doubled = {**sizes, name: 2 * sizes[name]}
            if doubled[name] > predictor.ranges[name].high:
                continue
            try:
                first, second = predictor.predict(sizes), predictor.predict(doubled)
            except InputError:
                continue
            if second.time_s >= first.time_s:
                yield None
                continue
            ratio = float(np.log(second.time_s / first.time_s))
            measured, error = nearby(predictor, rows, sizes, doubled)
            inside = first.in_range and second.in_range
            smooth = without_features(predictor, sizes, doubled)
            yield Fall(str(predictor.combination), name, sizes, ratio, smooth, measured, error, inside)


def drawn(seen: Range, rng: np.random.Generator) -> float:
    """Return a whole number, as likely in each octave of a range."""
    value = np.rint(np.exp(rng.uniform(np.log(max(seen.low, 1)), np.log(seen.high))))
    return float(np.clip(value, seen.low, seen.high))


def without_features(predictor: Predictor, first: dict[str, float], second: dict[str, float]) -> float:
    """Return the change of predicted log time if all inputs but logarithms of sizes stay as they were."""
    formula = predictor.formula
    assert isinstance(formula, PosynomialNet)
    one, other = ({name: np.array([value]) for name, value in sizes.items()} for sizes in (first, second))
    x, y = (np.array([float(each(columns)[0]) for each in formula.inputs]) for columns in (one, other))
    is_log = np.array([each.expression.startswith("log2(") for each in formula.inputs])

    def correction(inputs: np.ndarray) -> float:
        hidden = np.tanh(formula.hidden_weights @ inputs + formula.hidden_biases)
        value = hidden @ formula.output_weights + inputs @ formula.linear
        return float(np.clip(value, formula.low, formula.high))

    trends = [float(log_sum_of(formula.terms, formula.log_coefficients, each)[0]) for each in (one, other)]
    return trends[1] - trends[0] + correction(np.where(is_log, y, x)) - correction(x)


def nearby(
    predictor: Predictor, rows: pp.Profile, first: dict[str, float], second: dict[str, float]
) -> tuple[float, float]:
    """Return by how much log time measured near `first` changes to near `second`, and its standard error.

    The sizes differ in one parameter.
    """
    formula = predictor.formula
    assert isinstance(formula, PosynomialNet)

    def trend(columns: dict[str, np.ndarray]) -> np.ndarray:
        return log_sum_of(formula.terms, formula.log_coefficients, columns)

    names = list(predictor.parameters)
    table = {name: rows.X[name].to_numpy(dtype=np.float64) for name in names}
    residuals = np.log(rows.time_s) - trend(table)
    means, squares = [], 0.0
    for sizes in (first, second):
        gaps = [
            np.abs(np.log2((table[n] + 1) / (sizes[n] + 1)))
            / (NEAR_OTHERS / NEAR if first[n] == second[n] else 1)
            for n in names
        ]
        near = residuals[np.max(gaps, axis=0) <= NEAR]
        if len(near) < MIN_NEAR:
            return np.nan, np.nan
        at = float(trend({n: np.array([sizes[n]]) for n in names})[0])
        means.append(at + float(np.median(near)))
        squares += float(near.var() / len(near))
    return means[1] - means[0], float(np.sqrt(squares))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=shipped.DATASETS.parent / "models")
    parser.add_argument("--bases", type=int, default=30, help="sizes drawn for each model")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    parts = dict(shipped.read().ok.combinations())
    found: list[Fall] = []
    count = 0
    for predictor in pp.load(options.models):
        if predictor.combination not in parts or not isinstance(predictor.formula, PosynomialNet):
            continue
        for each in steps(predictor, parts[predictor.combination], options.bases, options.seed):
            count += 1
            found += [] if each is None else [each]
    if options.json:
        print(json.dumps([{**asdict(each), "verdict": each.verdict} for each in found], indent=1))
        return
    print(f"{count} doublings, {len(found)} falls")
    table = pd.DataFrame([{**asdict(each), "verdict": each.verdict} for each in found])
    table["size of fall"] = np.where(table["predicted"] < -LARGE, "over 10%", "less")
    print(table.groupby(["in_range", "size of fall", "verdict"]).size().to_string())
    bad = table[(table["verdict"] != "remainders") & (table["predicted"] < -LARGE) & table["in_range"]]
    for row in bad.sort_values("predicted").to_dict("records"):
        change = f"{row['predicted']:+.2f}, smooth {row['smooth']:+.2f}"
        near = f"measured {row['measured']:+.2f} ± {row['error']:.2f}"
        print(
            f"{row['verdict']}: {row['combination']}, {row['parameter']} of {row['sizes']}: {change}, {near}"
        )


if __name__ == "__main__":
    main()
