"""How long one round of proposals takes: a model of 200 measurements, 20,000 candidates.

python benchmarks/search_round.py [--tried 200] [--repeats 10] [--json]
"""

from __future__ import annotations

import argparse
import itertools
import json
import time

import numpy as np

from perfpred.learn.surrogate import GaussianSurrogate
from perfpred.search import ModelSearch, Outcome, Trace
from perfpred.search.listed import ListedSpace
from perfpred.tuning.inputs import ConfigurationInputs

VALUES = {
    "block_x": (16, 32, 48, 64, 96, 128, 256),
    "block_y": (1, 2, 4, 8, 16),
    "tile_x": (1, 2, 3, 4, 6, 8),
    "tile_y": (1, 2, 3, 4, 6, 8),
    "vector": (1, 2, 4, 8),
    "shared": (0, 1),
    "cached": (0, 1),
}
CANDIDATES = 20_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tried", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rows = list(itertools.product(*VALUES.values()))[:CANDIDATES]
    columns = {name: np.array(values) for name, values in zip(VALUES, zip(*rows, strict=True), strict=True)}
    inputs = ConfigurationInputs(columns)
    space = ListedSpace(VALUES, rows, inputs.of_configurations)
    rng = np.random.default_rng(0)
    seconds = []
    for _ in range(given.repeats):
        strategy: ModelSearch[tuple[float | int | str, ...]] = ModelSearch(GaussianSurrogate())
        trace: Trace[tuple[float | int | str, ...]] = Trace()
        for place in rng.choice(len(rows), given.tried, replace=False):
            trace.add(rows[place], Outcome(float(np.exp(rng.normal() + 0.1 * rows[place][2]))))
        start = time.perf_counter()
        strategy.propose(space, trace, 5, rng)  # the first round: everything is encoded, scales from nothing
        first = time.perf_counter()
        strategy.propose(space, trace, 5, rng)
        seconds.append((first - start, time.perf_counter() - first))
    first_s, later_s = np.median(seconds, axis=0)
    found = {
        "candidates": len(rows),
        "tried": given.tried,
        "first_round_s": first_s,
        "later_round_s": later_s,
    }
    if given.json:
        print(json.dumps(found))
        return
    print(f"{len(rows)} candidates, {given.tried} tried")
    print(f"first round {first_s:.2f} s, later rounds {later_s:.2f} s")


if __name__ == "__main__":
    main()
