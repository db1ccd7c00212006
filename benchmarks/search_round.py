"""What searching itself takes: a round of a model, and many evaluations of an objective that costs nothing.

The round is of 200 measurements and 20,000 candidates; the evaluations are 100,000, in a space too large to
count.

python benchmarks/search_round.py [--tried 200] [--repeats 10] [--evaluations 100000] [--json]
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from perfpred.search import STRATEGIES, ModelSearch, Outcome, Predicted, Trace, search, strategy
from perfpred.search.candidates import Floats
from perfpred.search.listed import ListedSpace
from perfpred.surrogates.gaussian import GaussianSurrogate
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


class Whole:
    """The whole numbers below 2**40, as a space too large to count."""

    size = None

    def sample(self, n: int, rng: np.random.Generator) -> list[int]:
        """Return up to `n` numbers."""
        return list(dict.fromkeys(rng.integers(1 << 40, size=n).tolist()))

    def neighbours(self, candidate: int, rng: np.random.Generator) -> list[int]:
        """Return two numbers, one far away."""
        near = candidate + int(rng.integers(1, 1 << 20)), candidate - 1
        return [each for each in near if self.is_legal(each)]

    def is_legal(self, candidate: int) -> bool:
        """Say whether a number is one of the space."""
        return 0 <= candidate < 1 << 40

    def encode(self, candidates: Sequence[int]) -> Floats:
        """Return the numbers, shape (n, 1)."""
        return np.array(candidates, dtype=np.float64).reshape(-1, 1)

    def to_json(self, candidate: int) -> int:
        """Return the number."""
        return candidate

    def from_json(self, data: Any) -> int:
        """Return the number."""
        return int(data)


def of_rounds(tried: int, repeats: int) -> dict[str, float]:
    """Return the seconds of the first round of a model, and of a later one."""
    rows = list(itertools.product(*VALUES.values()))[:CANDIDATES]
    columns = {name: np.array(values) for name, values in zip(VALUES, zip(*rows, strict=True), strict=True)}
    inputs = ConfigurationInputs(columns)
    space = ListedSpace(VALUES, rows, inputs.of_configurations)
    rng = np.random.default_rng(0)
    seconds = []
    for _ in range(repeats):
        chosen: ModelSearch[tuple[float | int | str, ...]] = ModelSearch(GaussianSurrogate())
        trace: Trace[tuple[float | int | str, ...]] = Trace()
        for index in rng.choice(len(rows), tried, replace=False):
            trace.add(rows[index], Outcome(float(np.exp(rng.normal() + 0.1 * rows[index][2]))))
        start = time.perf_counter()
        chosen.propose(space, trace, 5, rng)  # the first round: everything is encoded, scales from nothing
        first = time.perf_counter()
        chosen.propose(space, trace, 5, rng)
        seconds.append((first - start, time.perf_counter() - first))
    first_s, later_s = np.median(seconds, axis=0)
    return {"candidates": len(rows), "tried": tried, "first_round_s": first_s, "later_round_s": later_s}


def of_evaluations(budget: int) -> dict[str, float]:
    """Return the processor seconds that each strategy without a model takes for so many evaluations."""
    found = {}
    for name in STRATEGIES:
        if strategy(name).needs_surrogate:
            continue
        objective = Predicted[int](lambda chosen: 1.0 + np.abs(np.array(chosen) - float(1 << 39)))
        start = time.process_time()
        search(Whole(), objective, strategy(name).factory(), budget=budget, rng=np.random.default_rng(0))
        found[name] = time.process_time() - start
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--tried", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=10)
    parser.add_argument("--evaluations", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    found = of_rounds(given.tried, given.repeats)
    evaluations = of_evaluations(given.evaluations)
    if given.json:
        print(json.dumps({**found, "evaluations": given.evaluations, "evaluations_s": evaluations}))
        return
    print(f"{found['candidates']} candidates, {found['tried']} tried")
    print(f"first round {found['first_round_s']:.2f} s, later rounds {found['later_round_s']:.2f} s")
    for name, seconds in evaluations.items():
        print(f"{given.evaluations} evaluations by {name}: {seconds:.2f} s of a processor")


if __name__ == "__main__":
    main()
