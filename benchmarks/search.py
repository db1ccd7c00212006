"""How fast strategies find the fastest configuration, on recorded tuning spaces, beside Kernel Tuner's own.

Every strategy is replayed on every space, each repeat with a seed of its own; evaluations that failed count,
and a search that met no time is said to have found the slowest one, on both sides alike. Kernel Tuner's
figures come from `benchmarks/results/kernel_tuner_strategies.csv`, which says how they were made. With
`--warm-start`, the model starts each space from the others of the same kernel instead: from each alone, from
all together, and from their times shuffled and turned upside down, which must do no harm. From the same rows
warm starts hardly vary, so that repeats are almost one: `--source-share 0.8` gives each another part of them.

FILES are written by `perfpred import --estimate recorded`: the times that Kernel Tuner went by. What is done
is kept in --out, and not done again.

    python benchmarks/search.py FILES --out searches.csv [--warm-start] [--repeats 20] [--plot F.png] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

import perfpred as pp
from perfpred.errors import InputError
from perfpred.search import STRATEGIES
from perfpred.tuning.replay import Trial, replay_all

BUDGETS = (10, 25, 50, 75, 100, 200)
WARM_BUDGETS = (10, 25)
KERNEL_TUNER = Path(__file__).parent / "results" / "kernel_tuner_strategies.csv"


def stem(path: Path) -> str:
    return path.name.split(".")[0]


def kernel_of(path: Path) -> str:
    return stem(path).split("-")[0]


def searched(path: Path, strategy: str, repeats: int) -> pd.DataFrame:
    """Return the searches of one space by one strategy."""
    trial = Trial((strategy,), BUDGETS, repeats)
    return replay_all(pp.read_profile(path), trial, n_jobs=1).assign(file=stem(path), start="cold")


def warm(path: Path, sources: list[Path], start: str, repeats: int, share: float) -> pd.DataFrame:
    """Return the searches of one space that start from others, each from another part of their rows."""
    profiles = [pp.read_profile(source) for source in sources]
    target, found = pp.read_profile(path), []
    for repeat in range(repeats):
        known = [part_of(contrary(profile, start, repeat), share, repeat) for profile in profiles]
        trial = Trial(("model",), WARM_BUDGETS, 1, random_state=repeat)
        found.append(replay_all(target, trial, warm_start=known, n_jobs=1).assign(repeat=repeat))
    return pd.concat(found, ignore_index=True).assign(file=stem(path), start=start)


def part_of(profile: pp.Profile, share: float, seed: int) -> pp.Profile:
    """Return a profile of some of the rows, drawn at random."""
    count = round(share * len(profile.table))
    rows = np.random.default_rng(seed).permutation(len(profile.table))[:count]
    return pp.Profile(profile.table.iloc[np.sort(rows)], profile.parameters, profile.metadata)


def contrary(profile: pp.Profile, start: str, seed: int) -> pp.Profile:
    """Return the profile, or one whose times contradict it."""
    table, ok = profile.table.copy(), profile.table["status"] == "ok"
    times = table.loc[ok, "time_s"].to_numpy()
    if start.startswith("shuffled"):
        table.loc[ok, "time_s"] = np.random.default_rng(seed).permutation(times)
    elif start.startswith("inverse"):
        table.loc[ok, "time_s"] = times.min() * times.max() / times
    return pp.Profile(table, profile.parameters, profile.metadata)


def jobs(given: argparse.Namespace) -> Iterator[tuple[str, str, str, object]]:
    """Yield file, strategy, start, and the work."""
    files, repeats, share = given.files, given.repeats, given.source_share
    for strategy in given.strategies.split(",") if given.strategies else ():
        for path in files:
            yield stem(path), strategy, "cold", delayed(searched)(path, strategy, repeats)
    for path in files if given.warm_start else []:
        others = [
            each for each in files if each != path and stem(each).split("-")[0] == stem(path).split("-")[0]
        ]
        starts = {stem(each).split("-")[1]: [each] for each in others}
        if len(others) > 1:
            starts["all"] = others
        for name, contrary_of in (("shuffled", others[:1]), ("inverse", others[:1])):
            if contrary_of:
                starts[name] = contrary_of
        for start, sources in starts.items():
            if given.starts and start not in given.starts.split(","):
                continue
            yield stem(path), "model", start, delayed(warm)(path, sources, start, repeats, share)


def run(given: argparse.Namespace) -> pd.DataFrame:
    """Do what `--out` does not hold yet, add it there, and return all."""
    out: Path = given.out
    done = pd.read_csv(out) if out.exists() else pd.DataFrame(columns=["file", "strategy", "start"])
    known = set(zip(done["file"], done["strategy"], done["start"], strict=True))
    left = [job for file, strategy, start, job in jobs(given) if (file, strategy, start) not in known]
    for found in Parallel(n_jobs=given.jobs, return_as="generator_unordered")(left):
        found.to_csv(out, mode="a", header=not out.exists(), index=False)
        print(f"{found['file'][0]} {found['strategy'][0]} {found['start'][0]}", file=sys.stderr)
    return pd.read_csv(out)


def geomean(group: pd.Series[float]) -> float:
    return float(np.exp(np.log(group).mean()))


def means(found: pd.DataFrame, by: str) -> pd.DataFrame:
    """Return geometric means over files of the mean ratio, a row a value of `by`, a column a budget."""
    each = found.groupby([by, "file", "budget"], sort=False)["ratio"].mean()
    return each.groupby([by, "budget"], sort=False).agg(geomean).unstack("budget")


def summaries(found: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables by title."""
    cold = found[found["start"] == "cold"]
    tables = {} if cold.empty else cold_tables(cold)
    warm_files = found.loc[found["start"] != "cold", "file"].unique()
    if len(warm_files):
        tables["starts, by space"] = warm_table(found[found["file"].isin(warm_files)])
    return tables


def cold_tables(cold: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the strategies beside Kernel Tuner's on the same spaces."""
    tables = {"perfpred's strategies": means(cold, "strategy")}
    theirs = pd.read_csv(KERNEL_TUNER).rename(columns={"mean_ratio": "ratio"})
    theirs = theirs[theirs["file"].isin(cold["file"])]
    complete = theirs.groupby("strategy")["file"].transform("nunique") == cold["file"].nunique()
    tables["Kernel Tuner's strategies"] = means(theirs[complete], "strategy").sort_values(100)
    tables["model, by space"] = means(cold[cold["strategy"] == "model"], "file")
    return tables


def warm_table(found: pd.DataFrame) -> pd.DataFrame:
    """Return warm starts beside the cold start of the same spaces."""
    model = found[found["strategy"] == "model"]
    kinds = {"shuffled": "contrary", "inverse": "contrary", "all": "all others", "cold": "cold"}
    model = model.assign(kind=[kinds.get(start, "one other") for start in model["start"]])
    each = model.groupby(["kind", "file", "start", "budget"])["ratio"].mean()
    return each.groupby(["kind", "budget"]).agg(geomean).unstack("budget")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--warm-start", action="store_true")
    parser.add_argument("--starts", default="", help="only from these, such as A100 or shuffled,inverse")
    parser.add_argument("--source-share", type=float, default=1.0, help="of the source's rows")
    parser.add_argument("--strategies", default=",".join(STRATEGIES), help="searched from a cold start")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=-1)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    try:
        found = run(given)
    except InputError as error:
        sys.exit(f"error: {error}")
    tables = summaries(found)
    if given.plot is not None:
        from perfpred.app.plots import draw_searches

        cold = found[found["start"] == "cold"]
        draw_searches(cold.assign(panel=cold["file"]), given.plot)
    if given.json:
        print(json.dumps({title: json.loads(table.to_json()) for title, table in tables.items()}, indent=2))
        return
    for title, table in tables.items():
        print(f"\n{title}: found / optimum, geometric mean over spaces, by evaluations")
        print(table.round(4).to_string(na_rep="-"))


if __name__ == "__main__":
    main()
