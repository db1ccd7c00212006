"""What is claimed beside what is found: errors and 90% coverage on new sizes, new inputs and larger sizes.

For each combination of the shipped datasets, of a folder of further data if it is there, and of the small
files that are hard to be honest about (tests/data/cases):

- new sizes, or new inputs where rows have groups: `claimed` is what `evaluate` says of training rows alone,
  `found` is the error of a predictor of these rows on the others, which nothing before has seen;
- larger sizes: fitted to the smallest 60% of sizes, asked for the largest 20%. There, the error that
  is claimed is that which the 90% intervals imply: half of half their width, as of errors that are normal.

    python benchmarks/honesty.py [--kernel matmul] [--every 1] [--without-complexity] [--data DIR] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import shipped
from joblib import Parallel, delayed

import perfpred as pp
from perfpred.errors import DataWarning
from perfpred.learn.evaluation.splitting import kept_together, unseen_split

CASES = Path(__file__).parent.parent / "tests" / "data" / "cases"
FURTHER = Path(__file__).parent.parent.parent / "shared" / "data"
TRAIN, SMALL, LARGE = 250, 0.6, 0.8
MEAN_OF_HALF_WIDTH = 0.485
"""The mean absolute error of a normal distribution over half the width of its 90% interval."""
MAX_TEST = 500


@dataclass(frozen=True)
class Task:
    """Rows of one combination, and how they are judged; `test` are rows of a file of its own."""

    source: str
    rows: pp.Profile
    complexity: dict[str, str] | None = None
    test: pp.Profile | None = None


@dataclass(frozen=True)
class Line:
    """What is claimed and found; errors are fractions."""

    source: str
    combination: str
    kind: str
    claimed: float
    found: float
    coverage: float
    in_range: float

    @property
    def is_honest(self) -> bool:
        """Claimed is not under half of what is found, and 90% is at least 80%."""
        return self.claimed >= 0.5 * self.found and self.coverage >= 0.8


def tasks(options: argparse.Namespace) -> Iterator[Task]:
    """Yield the shipped combinations, those of further data, and the cases."""
    parts = list(shipped.read(options.kernel).ok.combinations())[:: options.every]
    yield from (Task("shipped", unknown(part) if options.without_complexity else part) for _, part in parts)
    if options.kernel:
        return
    for file in sorted(options.data.glob("cpu-*/*.csv")):
        for _, part in list(pp.read_profile(file).ok.combinations())[:: options.every]:
            yield Task(file.parent.name, unknown(part) if options.without_complexity else part)
    for file in sorted(options.data.glob("gpu/*.json.gz"))[:: options.every]:
        yield Task("gpu", imported(file))
    yield from cases()


def unknown(rows: pp.Profile) -> pp.Profile:
    """Return rows as of a kernel that nobody knows."""
    table = rows.table.assign(kernel="unknown-" + rows.table["kernel"])
    return pp.Profile(table, rows.parameters)


def imported(file: Path) -> pp.Profile:
    """Return a tuning space as a profile."""
    from perfpred.exchange import Names, import_file

    profile = import_file(file, Names(None, "tuned", file.name.split(".")[0]), None).profile.ok
    rng = np.random.default_rng(0)
    return profile.take(np.sort(rng.permutation(len(profile))[:2000]))


def cases() -> Iterator[Task]:
    """Yield files that are hard to be honest about, with rows of new sizes or inputs if there are some."""
    for name, train, test, complexity in (
        ("csv-01-repeated-rows", "repeats.csv", "new_sizes.csv", {"w": "m*n"}),
        ("csv-01-repeated-rows", "once.csv", "new_sizes.csv", {"w": "m*n"}),
        ("csv-11-one-width-for-all", "jitter.csv", "more.csv", {"w": "n"}),
        ("csv-17-rows-of-one-input", "spmm.csv", "new_inputs.csv", {"w": "nnz", "r": "rows"}),
        ("csv-17-rows-of-one-input", "spmm.csv", "new_inputs.csv", None),
        ("csv-08-box-range", "tall_or_wide.csv", None, None),
        ("csv-02-slow-variant-measured-small-only", "sort.csv", None, None),
        ("csv-12-evaluate-small-or-uneven-files", "small.csv", None, None),
        ("csv-14-unknown-category-answered", "dtypes.csv", None, None),
        ("csv-07-builtin-kernel-name", "conv.csv", None, None),
        ("csv-07-builtin-kernel-name", "gemm.csv", None, None),
        ("csv-09-column-derived-from-time", "gemm_bench.csv", None, None),
    ):
        more = {"kernel": "g", "variant": "v", "hardware": "h"} if "09" in name else {}
        for key, part in pp.read_profile(CASES / name / train, **more).ok.combinations():
            other = None if test is None else pp.read_profile(CASES / name / test)
            yield Task(f"{name}/{train} {key.variant}", part, complexity, other)


def lines(task: Task) -> list[Line]:
    """Judge one combination on what is new, and on what is larger."""
    warnings.simplefilter("ignore", DataWarning)
    return [each for each in (new(task), larger(task)) if each is not None]


def new(task: Task) -> Line | None:
    """Compare what `evaluate` says of training rows with what is found on the others."""
    kept = kept_together(task.rows)
    if task.test is not None:
        train, test = task.rows, task.test
    else:
        size = min(TRAIN, int(0.7 * len(task.rows)))
        inside, outside = unseen_split(kept, size, 0)
        train, test = task.rows.take(inside), task.rows.take(outside[:MAX_TEST])
    said = pp.evaluate(train, repeats=2, complexity=task.complexity, n_jobs=1)
    return line(task, f"new {kept.judged_on}", train, test, float(said["mape"].mean()))


def larger(task: Task) -> Line | None:
    """Fit the smallest 60% of sizes and ask for the largest 20%."""
    rows = task.rows
    numeric = [n for n in rows.parameters if rows.X[n].dtype.kind in "if" and rows.X[n].min() > 0]
    wide = [name for name in numeric if rows.X[name].nunique() > 2]
    if not wide or len(rows) < 40:
        return None
    size = np.log(rows.X[wide].to_numpy(dtype=np.float64)).sum(axis=1)
    small = np.flatnonzero(size <= np.quantile(size, SMALL))
    large = np.flatnonzero(size > np.quantile(size, LARGE))
    if len(large) < 5:
        return None
    rng = np.random.default_rng(0)
    small = np.sort(rng.permutation(small)[:TRAIN])
    large = np.sort(rng.permutation(large)[:MAX_TEST])
    return line(task, "larger sizes", rows.take(small), rows.take(large), None)


def line(task: Task, kind: str, train: pp.Profile, test: pp.Profile, claimed: float | None) -> Line | None:
    """Train on some rows and judge on others."""
    [predictor] = pp.train(train, complexity=task.complexity, n_jobs=1)
    test = test.take(np.flatnonzero(predictor.knows(test.table)))
    if not len(test):
        return None
    answers = predictor.answers(test.table)
    inside = (test.time_s >= answers.low_s) & (test.time_s <= answers.high_s)
    error = float(np.abs(answers.time_s / test.time_s - 1).mean())
    if claimed is None:
        half = (np.log(answers.high_s) - np.log(answers.low_s)) / 2
        claimed = float(MEAN_OF_HALF_WIDTH * half.mean())
    key = str(predictor.combination)
    return Line(task.source, key, kind, claimed, error, float(inside.mean()), float(answers.in_range.mean()))


def show(found: list[Line]) -> bool:
    """Print a row per data set and kind, and each combination that is not honest; return whether all are."""
    table = pd.DataFrame([{**asdict(each), "honest": each.is_honest} for each in found])
    table["data"] = [
        each.source if each.source.startswith("csv") else f"{each.source} {each.combination.split(' / ')[0]}"
        for each in found
    ]
    groups = table.groupby(["data", "kind"], sort=False)
    means = groups[["claimed", "found", "coverage", "in_range"]].mean() * 100
    print(means.round(1).assign(n=groups.size(), honest=groups["honest"].sum()).to_string())
    bad = table[~table["honest"]]
    if len(bad):
        print("\nclaimed under half of what is found, or fewer than 80% inside:")
        columns = ["source", "combination", "kind", "claimed", "found", "coverage"]
        print((bad[columns]).round(3).to_string(index=False))
    for kind, part in table.groupby("kind", sort=False):
        share, coverage = part["honest"].mean(), part["coverage"].mean()
        print(f"{kind}: {share:.1%} of {len(part)} honest, mean coverage {coverage:.1%}")
    return not len(bad)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", default="", help="only this kernel's shipped datasets")
    parser.add_argument("--every", type=int, default=1, help="every so many combinations")
    parser.add_argument("--without-complexity", action="store_true", help="as of kernels that are unknown")
    parser.add_argument("--data", type=Path, default=FURTHER, help="folder of further data")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    wanted = list(tasks(options))
    results: list[Line] = []
    for done, part in enumerate(Parallel(2, return_as="generator")(delayed(lines)(each) for each in wanted)):
        results += part
        print(f"\r{done + 1}/{len(wanted)}", end="", file=sys.stderr)
    print(file=sys.stderr)
    if options.json:
        print(json.dumps([{**asdict(each), "honest": each.is_honest} for each in results], indent=1))
        return
    show(results)


if __name__ == "__main__":
    main()
