"""How good the selected variant is on sizes never seen: measured time of the choice over the best one's.

Each split trains on some of the sizes of every variant of a kernel and selects at the others; what is
compared are measured times. Beside it stand always taking the single variant that is best on the training
sizes, and taking any at random; and staying with that single one unless another is predicted faster beyond
the 90% intervals. The choice is made among the variants on one hardware, and among all.

    python benchmarks/selection.py [--kernel matmul] [--repeats 5] [--train-size 250] [--json]
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import pandas as pd
import shipped

import perfpred as pp
from perfpred.profile import random_split

KEYS = ["kernel", "variant", "hardware"]
TIE = 1.02


def measured(profile: pp.Profile) -> pd.DataFrame:
    """Return measured seconds of one kernel, a row a size and a column a combination."""
    wide = profile.table.pivot_table(index=list(profile.parameters), columns=KEYS, values="time_s")
    return wide.dropna()


def ratios(times: pd.DataFrame, choice: np.ndarray) -> np.ndarray:
    """Return measured time of the chosen column over the best column's, shape (n sizes,)."""
    values = times.to_numpy()
    return values[np.arange(len(values)), choice] / values.min(axis=1)


def one_split(
    profile: pp.Profile, times: pd.DataFrame, train_size: int, model: str, seed: int
) -> dict[str, dict[str, np.ndarray]]:
    """Return, for each set of combinations and each way of choosing, the ratios of one split of the sizes."""
    train_rows, test_rows = random_split(len(times), train_size, seed)
    sizes = times.index.to_frame(index=False)
    seen = profile.table.merge(
        sizes.iloc[train_rows], on=list(profile.parameters), how="left", indicator=True
    )
    bank = pp.train(profile.take(np.flatnonzero(seen["_merge"] == "both")), model=model, random_state=seed)
    answers = [bank.find(*key)[0].answers(sizes.iloc[test_rows]) for key in times.columns]
    low, high = (np.column_stack([getattr(a, end) for a in answers]) for end in ("low_s", "high_s"))
    inside = np.column_stack([a.in_range for a in answers])
    predicted = np.column_stack([a.time_s for a in answers])
    # What is out of range is chosen only where nothing else is in range, as `select` does.
    predicted = np.where(inside | ~inside.any(axis=1, keepdims=True), predicted, np.inf)
    rng = np.random.default_rng(seed)
    found = {}
    hardware = times.columns.get_level_values("hardware")
    among = {**{each: hardware == each for each in hardware.unique()}, "all": np.ones(len(hardware), bool)}
    for name, columns in among.items():
        test, train = times.iloc[test_rows].loc[:, columns], times.iloc[train_rows].loc[:, columns]
        single = int(np.log(train).mean().to_numpy().argmin())
        best, rows = predicted[:, columns].argmin(axis=1), np.arange(len(test))
        clear = high[:, columns][rows, best] < low[:, columns][:, single]
        found[name] = {
            "selected": ratios(test, best),
            "selected, else the best single": ratios(test, np.where(clear, best, single)),
            "always the best single": ratios(test, np.full(len(test), single)),
            "random": ratios(test, rng.integers(0, test.shape[1], len(test))),
        }
    return found


def judged(profile: pp.Profile, kernel: str, options: argparse.Namespace) -> list[dict[str, object]]:
    """Return a document for each set of combinations of a kernel and each way of choosing."""
    part = profile.take(np.flatnonzero(profile.table["kernel"] == kernel))
    times = measured(part)
    splits = [
        one_split(part, times, options.train_size, options.model, seed) for seed in range(options.repeats)
    ]
    documents = []
    for among, ways in splits[0].items():
        for way in ways:
            ratio = np.concatenate([split[among][way] for split in splits])
            documents.append(
                {
                    "kernel": kernel,
                    "among": among,
                    "way": way,
                    "mean_regret": float(ratio.mean() - 1),
                    "p90_regret": float(np.quantile(ratio, 0.9) - 1),
                    "share_within_2_percent": float((ratio <= TIE).mean()),
                    "n": len(ratio),
                }
            )
    return documents


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", action="append", help="repeatable; all by default")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--train-size", type=int, default=250)
    parser.add_argument("--model", default="augmented")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    profile = shipped.read().ok
    kernels = options.kernel or profile.table["kernel"].unique().tolist()
    documents = [document for kernel in kernels for document in judged(profile, kernel, options)]
    if options.json:
        print(json.dumps(documents, indent=1))
        return
    table = pd.DataFrame(documents).set_index(["kernel", "among", "way"])
    table[["mean_regret", "p90_regret", "share_within_2_percent"]] *= 100
    print(f"{options.train_size} training sizes, {options.repeats} splits; in percent")
    print(table.round(2).to_string())


if __name__ == "__main__":
    main()
