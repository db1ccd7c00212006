"""How many measurements adaptive sampling saves: errors on recorded data beside those of random sampling.

Each split keeps 125 rows of a combination for testing; the rest is the pool that both sides choose from.
Both fit the same model. Test rows are never seen in choosing. `--plot` needs matplotlib.

    python benchmarks/adaptive.py [FILE.csv ...] [--repeats 5] [--seed 0] [--jobs 1] [--json] [--plot F.png]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shipped
from joblib import Parallel, delayed

import perfpred as pp
from perfpred.combination import Combination
from perfpred.kernels import KERNELS
from perfpred.learn import registry
from perfpred.learn.augmented import AugmentedRegressor
from perfpred.learn.base import TimeRegressor
from perfpred.learn.committee import Committee
from perfpred.learn.evaluation import SLOWEST
from perfpred.learn.sampling import expected_error, first_batch, next_batch
from perfpred.learn.stopping import CurvePoint, StoppingRule
from perfpred.learn.training import complexity_of, features_of

TEST_ROWS = 125
FIRST, BATCH = 30, 20
ADAPTIVE_ROWS = (50, 100, 150)
RANDOM_ROWS = (50, 100, 150, 250)
STOP_AT_MOST = 250
KEYS = ["kernel", "variant", "hardware"]
Document = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """One split of one combination, the model that both ways of choosing fit, and that of the committee."""

    pool: pp.Profile
    test: pp.Profile
    make: Callable[[], TimeRegressor]
    make_member: Callable[[], TimeRegressor]

    def document(self, way: str, rows: Sequence[int]) -> Document:
        """Return the errors, as fractions, of the model fitted to these rows of the pool."""
        train, test = self.pool.take(np.asarray(rows)), self.test
        ape = np.abs(self.make().fit(train.X, train.time_s).predict(test.X) / test.time_s - 1)
        slow = test.time_s >= np.quantile(test.time_s, 1 - SLOWEST)
        return {
            "way": way,
            "rows": len(rows),
            "mape": float(ape.mean()),
            "mape_slowest70": float(ape[slow].mean()),
        }

    def random(self) -> list[Document]:
        """Return the errors of random rows: the pool is in random order."""
        return [self.document("random", range(n)) for n in RANDOM_ROWS]

    def adaptive(self) -> list[Document]:
        """Return the errors of adaptive rows at each size, and where the stopping rule would have ended."""
        chosen, curve, stopped = first_batch(self.pool.X, FIRST), [], None
        rule = StoppingRule(max_rows=min(STOP_AT_MOST, len(self.pool)))
        while stopped is None or len(chosen) < max(ADAPTIVE_ROWS):
            measured = self.pool.take(chosen)
            committee = Committee.fit(self.make_member(), self.pool.X, np.asarray(chosen), measured.time_s)
            if stopped is None:
                expected = expected_error(self.pool.X, committee)
                curve.append(CurvePoint(len(chosen), expected, measured.noise_floor))
                if (reason := rule.reason(curve)) is not None:
                    stopped = {"expected_error": expected, "reason": reason, "rows": len(chosen)}
            chosen = chosen + next_batch(self.pool.X, [committee], chosen, BATCH)
        documents = [self.document("adaptive", chosen[:n]) for n in ADAPTIVE_ROWS]
        return [*documents, {**self.document("stopped", chosen[: stopped["rows"]]), **stopped}]


def judged(part: pp.Profile, combination: Combination, model: str, seed: int) -> list[Document]:
    """Return the errors of both ways of choosing in one split, a document a way and number of rows."""
    order = np.random.default_rng(seed).permutation(len(part))
    complexity = complexity_of(combination.kernel, part, None)
    chosen = registry.model(model)
    features = features_of(combination.kernel, part, chosen)
    trial = Trial(
        part.take(order[TEST_ROWS:]),
        part.take(order[:TEST_ROWS]),
        lambda: chosen.make(complexity, features, seed),
        lambda: AugmentedRegressor(
            complexity,
            dict(KERNELS[combination.kernel].features),
            independent_folds=True,
            random_state=seed,
        ),
    )
    names = {"kernel": combination.kernel, "variant": combination.variant, "hardware": combination.hardware}
    common = {**names, "seed": seed, "noise": part.noise_floor}
    return [{**common, **each} for each in (*trial.random(), *trial.adaptive())]


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a way and number of rows: means over combinations, and their spread over splits."""
    table = table.assign(rows=table["rows"].where(table["way"] != "stopped", 0))
    groups = table.groupby(["way", "rows"])
    found = groups[["mape", "mape_slowest70"]].mean() * 100
    by_seed = table.groupby(["way", "rows", "seed"])["mape"].mean() * 100
    found.insert(1, "mape_low", by_seed.groupby(["way", "rows"]).min())
    found.insert(2, "mape_high", by_seed.groupby(["way", "rows"]).max())
    reference = table[(table["way"] == "random") & (table["rows"] == RANDOM_ROWS[-1])]
    keys = [*KEYS, "seed"]
    ratio = table.merge(reference[[*keys, "mape"]], on=keys, suffixes=("", "_reference"))
    log_ratio = np.log(ratio["mape"] / ratio["mape_reference"]).groupby([ratio["way"], ratio["rows"]])
    return found.assign(**{f"ratio_to_random_{RANDOM_ROWS[-1]}": np.exp(log_ratio.mean())})


def plot(table: pd.DataFrame, path: Path) -> None:
    """Draw the learning curves of both ways, with the spread over splits as bands."""
    try:
        import matplotlib as mpl
    except ImportError:
        sys.exit("--plot needs matplotlib: pip install matplotlib")
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(10, 4), sharex=True)
    titles = {"mape": "all test rows", "mape_slowest70": "slowest 70%"}
    for axis, (error, title) in zip(axes, titles.items(), strict=True):
        for way in ("random", "adaptive"):
            by_seed = table[table["way"] == way].groupby(["rows", "seed"])[error].mean().unstack() * 100
            axis.plot(by_seed.index, by_seed.mean(axis=1), marker="o", label=way)
            axis.fill_between(by_seed.index, by_seed.min(axis=1), by_seed.max(axis=1), alpha=0.25)
        axis.axhline(100 * table["noise"].mean(), color="grey", linestyle=":", label="noise")
        axis.set(title=title, xlabel="measured rows", ylabel="mean absolute percentage error")
        axis.set_ylim(bottom=0)
        axis.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="profile CSVs; the shipped datasets by default")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the first split")
    parser.add_argument("--model", default="augmented")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="F.png")
    options = parser.parse_args()
    profile = pp.read_profile(options.files) if options.files else shipped.read()
    parts = list(profile.ok.combinations())
    needed = TEST_ROWS + RANDOM_ROWS[-1]
    for combination, part in parts:
        if len(part) < needed:
            sys.exit(f"{combination} has {len(part)} rows, but {needed} are needed")
    seeds = range(options.seed, options.seed + options.repeats)
    jobs = (delayed(judged)(part, name, options.model, seed) for seed in seeds for name, part in parts)
    documents = [each for found in Parallel(n_jobs=options.jobs)(jobs) for each in found]
    table = pd.DataFrame(documents)
    if options.plot:
        plot(table, options.plot)
    if options.json:
        print(json.dumps(documents, indent=1))
        return
    print(f"{len(parts)} combinations, {options.repeats} splits; errors in percent, mean noise ", end="")
    print(f"{100 * table['noise'].mean():.2f}; low and high are over splits; rows 0: as the rule stopped")
    print(summary(table).round(3).to_string())
    stopped = table[table["way"] == "stopped"]
    print(f"\nthe rule stops at {stopped['rows'].mean():.0f} rows (mean), quartiles ", end="")
    print(", ".join(f"{value:.0f}" for value in stopped["rows"].quantile([0.25, 0.5, 0.75])))
    wide = table.assign(side=table["way"] + " " + table["rows"].astype(str))[table["way"] != "stopped"]
    means = wide.pivot_table(index=KEYS, columns="side", values="mape", sort=False)
    print("\nMAPE over all test rows, by combination")
    print((means.assign(noise=table.groupby(KEYS)["noise"].mean()) * 100).round(2).to_string())


if __name__ == "__main__":
    main()
