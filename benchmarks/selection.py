"""How good the selected variant is on sizes never seen: measured time of the choice over the best one's.

Each split trains on some of the sizes of every variant and selects at the others; what is compared are
measured times. Beside it stand always taking the single variant that is best on the training sizes, and
taking any at random. The choice is made within one number of threads and over all of them.

    python benchmarks/selection.py [--repeats 5] [--train-size 250] [--model augmented] [--json]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

import perfpred as pp
from perfpred.profile import random_split

DATASETS = Path(__file__).parent.parent / "datasets"
TIE = 1.02


def measured(profile: pp.Profile) -> pd.DataFrame:
    """Return measured seconds, a row a size and a column a variant and hardware."""
    table = profile.ok.table
    wide = table.pivot_table(
        index=list(profile.parameters), columns=["kernel", "variant", "hardware"], values="time_s"
    )
    return wide.dropna()


def ratios(times: pd.DataFrame, choice: np.ndarray) -> np.ndarray:
    """Return measured time of the chosen column over the best column's, shape (n sizes,)."""
    values = times.to_numpy()
    return values[np.arange(len(values)), choice] / values.min(axis=1)


def one_split(profile: pp.Profile, times: pd.DataFrame, options: argparse.Namespace, seed: int) -> dict:
    """Return the ratios of each way of choosing, for one split of the sizes."""
    train_rows, test_rows = random_split(len(times), options.train_size, seed)
    sizes = times.index.to_frame(index=False)
    keys = profile.table.merge(
        sizes.iloc[train_rows], on=list(profile.parameters), how="left", indicator=True
    )
    bank = pp.train(
        profile.take(np.flatnonzero(keys["_merge"] == "both")), model=options.model, random_state=seed
    )
    test, test_sizes = times.iloc[test_rows], sizes.iloc[test_rows]
    predicted = np.column_stack(
        [bank.predict_table(k, test_sizes, variant=v, hardware=h) for k, v, h in times.columns]
    )
    single = np.log(times.iloc[train_rows]).mean().to_numpy().argmin()
    rng = np.random.default_rng(seed)
    return {
        "selected": ratios(test, predicted.argmin(axis=1)),
        "always the best single": ratios(test, np.full(len(test), single)),
        "random": ratios(test, rng.integers(0, times.shape[1], len(test))),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--train-size", type=int, default=250)
    parser.add_argument("--model", default="augmented")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    profile = pp.read_profile(sorted(DATASETS.glob("*.csv"))).ok
    everything = measured(profile)
    groups = {
        f"among {h}": everything.loc[:, [c for c in everything if c[2] == h]]
        for h in dict.fromkeys(column[2] for column in everything)
    }
    documents = []
    for name, times in {**groups, "among all": everything}.items():
        wanted = {tuple(column) for column in times.columns}
        rows = [
            key in wanted
            for key in profile.table[["kernel", "variant", "hardware"]].itertuples(index=False, name=None)
        ]
        part = profile.take(np.flatnonzero(rows))
        splits = [one_split(part, times, options, seed) for seed in range(options.repeats)]
        for way in splits[0]:
            ratio = np.concatenate([split[way] for split in splits])
            documents.append(
                {
                    "choice": name,
                    "way": way,
                    "mean_regret": float(ratio.mean() - 1),
                    "p90_regret": float(np.quantile(ratio, 0.9) - 1),
                    "share_within_2_percent": float((ratio <= TIE).mean()),
                    "n": len(ratio),
                }
            )
    if options.json:
        print(json.dumps(documents, indent=1))
        return
    table = pd.DataFrame(documents).set_index(["choice", "way"])
    table[["mean_regret", "p90_regret", "share_within_2_percent"]] *= 100
    print(f"{options.train_size} training sizes, {options.repeats} splits; in percent")
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()
