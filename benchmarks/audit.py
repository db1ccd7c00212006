"""How often `perfpred compare` is wrong here: false alarms on equal programs, real slowdowns found.

    python benchmarks/audit.py --data DIR [--runs 48] [--per-side 12] [--comparisons 1000] [--json]

A program of three kernels is measured in fresh processes, by turns with itself doing 5% more work; each run
is a CSV in DIR, and a measurement that was interrupted goes on where it was. Comparisons draw runs at random:
equal programs (A/A) must pass, the slower one must fail. They are drawn from all runs, as when a CI job
alternates the programs, and from two halves of the time (A/A), as when one is measured after the other.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.audit.comparison import Comparison, compare
from perfpred.hardware import this_cpu
from perfpred.profile import Profile, read_profile

LIMIT, SLOWER = 0.02, 1.05
SIZES = (400, 560, 800, 1120)
ROUNDS = 7
"""A row's time is the least of so many, in shuffled order within its run."""


def main() -> int:
    """Measure what is not measured yet, compare, print; returns 1 if either rate misses its mark."""
    if len(sys.argv) == 3 and sys.argv[1] == "--measure":
        _measure(Path(sys.argv[2]))
        return 0
    given = _arguments()
    given.data.mkdir(parents=True, exist_ok=True)
    pools = {name: _runs(given, name) for name in ("same", "slower")}
    rng = random.Random(given.seed)
    rates = {
        "equal programs, by turns": _rate(given, lambda: _two(rng, pools["same"], given.per_side)),
        "equal programs, one after the other": _rate(
            given, lambda: _halves(rng, pools["same"], given.per_side)
        ),
        "5% more work, by turns": _rate(
            given,
            lambda: (rng.sample(pools["same"], given.per_side), rng.sample(pools["slower"], given.per_side)),
        ),
    }
    document = {
        "machine": this_cpu(),
        "limit": LIMIT,
        "runs_per_side": given.per_side,
        "comparisons": given.comparisons,
        "scatter_between_runs": _scatter(pools["same"]),
        "measured_slowdown": _slowdown(pools),
        "failed": rates,
    }
    if given.json:
        print(json.dumps(document, indent=1))
    else:
        _show(document)
    return int(rates["equal programs, by turns"] > 0.01 or rates["5% more work, by turns"] < 0.95)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="where the runs are kept")
    parser.add_argument("--runs", type=int, default=48, help="of each program")
    parser.add_argument("--per-side", type=int, default=12, help="runs per side of a comparison")
    parser.add_argument("--comparisons", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def _runs(given: argparse.Namespace, name: str) -> list[Profile]:
    """Return the runs of a program; both are measured by turns, so that neither has the better hour."""
    for number in range(given.runs):
        for each in ("same", "slower"):
            path = given.data / f"{each}-{number:03}.csv"
            if not path.exists():
                subprocess.run([sys.executable, __file__, "--measure", str(path)], check=True, timeout=120)
    return [read_profile(path) for path in sorted(given.data.glob(f"{name}-*.csv"))[: given.runs]]


def _measure(path: Path) -> None:
    """Write one run: rows of all kernels and sizes, timed in shuffled rounds."""
    factor = SLOWER if path.name.startswith("slower") else 1.0
    calls = {(kernel, n): make(n, factor) for kernel, make in KERNELS.items() for n in SIZES}
    best = dict.fromkeys(calls, float("inf"))
    order = list(calls)
    for _ in range(ROUNDS):
        random.shuffle(order)
        for key in order:
            start = time.perf_counter()
            calls[key]()
            best[key] = min(best[key], time.perf_counter() - start)
    lines = [f"{kernel},numpy,{this_cpu()},{n},{time_s!r}" for (kernel, n), time_s in best.items()]
    written = path.with_suffix(".part")
    written.write_text("\n".join(["kernel,variant,hardware,n,time_s", *lines]) + "\n", encoding="utf-8")
    written.rename(path)


def _matvec(n: int, factor: float) -> Callable[[], object]:
    rng = np.random.default_rng(0)
    a, x = rng.standard_normal((round(factor * n), n)), rng.standard_normal(n)
    return lambda: [a @ x for _ in range(10)]


def _softmax(n: int, factor: float) -> Callable[[], object]:
    x = np.random.default_rng(0).standard_normal((round(factor * n), n))

    def run() -> object:
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    return run


def _sort(n: int, factor: float) -> Callable[[], object]:
    x = np.random.default_rng(0).standard_normal((round(factor * n), 300))
    return lambda: np.sort(x, axis=1)


KERNELS = {"matvec": _matvec, "softmax": _softmax, "sort": _sort}


def _two(rng: random.Random, pool: list[Profile], size: int) -> tuple[list[Profile], list[Profile]]:
    drawn = rng.sample(pool, 2 * size)
    return drawn[:size], drawn[size:]


def _halves(rng: random.Random, pool: list[Profile], size: int) -> tuple[list[Profile], list[Profile]]:
    middle = len(pool) // 2
    return rng.sample(pool[:middle], size), rng.sample(pool[middle:], size)


def _rate(given: argparse.Namespace, draw: Callable[[], tuple[list[Profile], list[Profile]]]) -> float:
    """Return the share of comparisons that fail."""
    return float(np.mean([_compared(*draw()).failed for _ in range(given.comparisons)]))


def _compared(first: list[Profile], second: list[Profile]) -> Comparison:
    return compare(first, second, LIMIT)


def _scatter(runs: list[Profile]) -> float:
    """Return the standard deviation of log times between runs, the mean over rows."""
    logs = np.log([run.table.sort_values(["kernel", "n"])["time_s"].to_numpy() for run in runs])
    return float(logs.std(axis=0, ddof=1).mean())


def _slowdown(pools: dict[str, list[Profile]]) -> float:
    """Return what 5% more work costs, by all runs together."""
    verdicts = compare(pools["same"], pools["slower"], LIMIT).verdicts
    return float(np.mean([verdict.ratio for verdict in verdicts])) - 1


def _show(found: dict[str, Any]) -> None:
    scatter = found["scatter_between_runs"]
    print(
        f"{found['machine']}: {found['runs_per_side']} runs per side, {found['comparisons']} comparisons each"
    )
    print(f"a slowdown of {LIMIT:.0%} is tolerated; rows scatter by {scatter:.1%} between runs")
    print(f"5% more work takes {found['measured_slowdown']:.1%} longer, by all runs together\n")
    for name, rate in found["failed"].items():
        print(f"{name:<38}{rate:>8.1%} fail")


if __name__ == "__main__":
    sys.exit(main())
