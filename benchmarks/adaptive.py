"""How many measurements adaptive sampling saves: errors on recorded data beside those of random sampling.

Each split keeps 125 sizes of a kernel for testing; the rest is the pool that both ways choose from. Both fit
the same model, and so they do once more with `related`, which knows augmented nets of the kernel's other
combinations, fitted to their whole pools; its rows are chosen by what such nets know already. Test sizes are
seen by none of them. `--plot` needs matplotlib.

    python benchmarks/adaptive.py [FILE.csv ...] [--repeats 5] [--seed 0] [--every 1] [--jobs 1] [--out F.csv]
        [--json] [--plot F.png]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shipped
from joblib import Parallel, delayed
from numpy.typing import NDArray

import perfpred as pp
from perfpred.adaptive.committee import Committee
from perfpred.adaptive.sampler import member
from perfpred.adaptive.sampling import expected_error, first_batch, next_batch
from perfpred.adaptive.stopping import CurvePoint, StoppingRule
from perfpred.combination import Combination
from perfpred.learn import registry
from perfpred.learn.estimators.base import TimeRegressor
from perfpred.learn.evaluation.scores import SLOWEST
from perfpred.learn.kernel_expressions import complexity_of, features_of
from perfpred.predict.formula import Formula

TEST_ROWS = 125
FIRST, BATCH = 30, 20
ADAPTIVE_ROWS = (50, 100, 150)
RANDOM_ROWS = (50, 100, 150, 250)
STOP_AT_MOST = 250
STOPPED, RELATED = "stopped", ", related"
KEYS = ["kernel", "variant", "hardware"]
Document = dict[str, Any]
Parts = list[tuple[Combination, pp.Profile]]
"""The profiles of a kernel's combinations, in order of size."""


@dataclass(frozen=True)
class Trial:
    """One split of one combination, a model that both ways of choosing fit, and that of the committee.

    `what` follows the name of a way.
    """

    pool: pp.Profile
    test: pp.Profile
    what: str
    make: Callable[[], TimeRegressor]
    make_member: Callable[[], TimeRegressor]

    def document(self, way: str, rows: Sequence[int]) -> Document:
        """Return the errors, as fractions, of the model fitted to these rows of the pool."""
        train, test = self.pool.take(np.asarray(rows)), self.test
        ape = np.abs(self.make().fit(train.X, train.time_s).predict(test.X) / test.time_s - 1)
        slow = test.time_s >= np.quantile(test.time_s, 1 - SLOWEST)
        return {
            "way": f"{way}{self.what}",
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
        at_stop = self.document(STOPPED, chosen[: stopped["rows"]])
        return [*documents, {**at_stop, **stopped}]


def in_order(part: pp.Profile) -> pp.Profile:
    """Return the rows in order of size, so that a split is one of sizes for all that share them."""
    return part.take(np.lexsort(part.X.to_numpy().T))


def judged(parts: Parts, wanted: Sequence[Combination], model: str, seed: int) -> list[Document]:
    """Return the errors of both ways of choosing in one split of the combinations of a kernel."""
    order = np.random.default_rng(seed).permutation(len(parts[0][1]))
    require_same_sizes(parts)
    nets = {}
    for combination, part in parts if len(parts) > 1 else ():
        pool = part.take(order[TEST_ROWS:])
        nets[combination] = unfitted("augmented", combination, part, seed).fit(pool.X, pool.time_s).formula_
    found = []
    for combination, part in parts:
        if combination in wanted:
            known = {str(other): net for other, net in nets.items() if other != combination}
            found += judged_one(part, combination, order, known, model, seed)
    return found


def unfitted(model: str, combination: Combination, part: pp.Profile, seed: int) -> TimeRegressor:
    chosen, complexity = registry.model(model), complexity_of(combination.kernel, part, None)
    return chosen.make(complexity, features_of(combination.kernel, part, chosen), seed)


def require_same_sizes(parts: Parts) -> None:
    (first, part), *others = parts
    for combination, other in others:
        if not np.array_equal(part.X.to_numpy(), other.X.to_numpy()):
            sys.exit(f"{first} and {combination} were measured at different sizes: give their files apart")


def judged_one(
    part: pp.Profile,
    combination: Combination,
    order: NDArray[np.intp],
    known: dict[str, Formula],
    model: str,
    seed: int,
) -> list[Document]:
    """Return the errors of one combination, a document a way and number of rows."""

    def trial(what: str, model: str, relatives: dict[str, Formula]) -> Trial:
        def make() -> TimeRegressor:
            made = unfitted(model, combination, part, seed)
            return made.set_params(source_models=relatives) if relatives else made

        members = member(combination.kernel, relatives)
        pool, test = part.take(order[TEST_ROWS:]), part.take(order[:TEST_ROWS])
        return Trial(pool, test, what, make, lambda: members(seed))

    trials = [trial("", model, {})] + ([trial(RELATED, "related", known)] if known else [])
    names = {"kernel": combination.kernel, "variant": combination.variant, "hardware": combination.hardware}
    common = {**names, "model": model, "seed": seed, "noise": part.noise_floor}
    return [{**common, **each} for trial in trials for each in (*trial.random(), *trial.adaptive())]


def is_stopped(table: pd.DataFrame) -> pd.Series:
    return table["way"].str.startswith(STOPPED)


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return a row a way and number of rows: means over combinations, and their spread over splits."""
    table = table.assign(rows=table["rows"].where(~is_stopped(table), 0))
    groups = table.groupby(["way", "rows"])
    found = groups[["mape", "mape_slowest70"]].mean() * 100
    by_seed = table.groupby(["way", "rows", "seed"])["mape"].mean() * 100
    found.insert(1, "mape_low", by_seed.groupby(["way", "rows"]).min())
    found.insert(2, "mape_high", by_seed.groupby(["way", "rows"]).max())
    reference = table[(table["way"] == "random") & (table["rows"] == RANDOM_ROWS[-1])]
    keys = [*KEYS, "seed"]
    errors = ["mape", "mape_slowest70"]
    beside = table.merge(reference[[*keys, *errors]], on=keys, suffixes=("", "_reference"))
    for error in errors:
        log_ratio = np.log(beside[error] / beside[f"{error}_reference"])
        means = np.exp(log_ratio.groupby([beside["way"], beside["rows"]]).mean())
        found[f"{error}_to_random_{RANDOM_ROWS[-1]}"] = means
    return found


def plot(table: pd.DataFrame, path: Path) -> None:
    """Draw the learning curves of both ways, with the spread over splits as bands."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        sys.exit("--plot needs matplotlib: pip install 'perfpred[plot]'")
    from perfpred.report.figures import learning_curve

    figure = Figure(figsize=(10, 4), layout="constrained")
    titles = {"mape": "all test rows", "mape_slowest70": "slowest 70%"}
    ways = table[table["way"].isin(("random", "adaptive", f"random{RELATED}", f"adaptive{RELATED}"))]
    for axes, (error, title) in zip(figure.subplots(1, 2, sharex=True), titles.items(), strict=True):
        by_seed = ways.groupby(["way", "rows", "seed"], sort=False)[error].mean().reset_index()
        curve = by_seed.rename(columns={"way": "model", "rows": "train_size", error: "mape"})
        learning_curve(axes, curve[curve["train_size"] > 0], table["noise"].mean())
        axes.set(title=title, xlabel="measured rows")
    figure.savefig(path, dpi=150)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=Path, help="profile CSVs; the shipped datasets by default")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the first split")
    parser.add_argument("--model", default="augmented")
    parser.add_argument("--every", type=int, default=1, help="only every so many of the combinations")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--out", type=Path, help="keep what is done here, and do not do it again")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--plot", type=Path, metavar="F.png")
    return parser.parse_args()


def main() -> None:
    options = arguments()
    try:
        registry.model(options.model)
        profile = pp.read_profile(options.files) if options.files else shipped.read()
    except pp.InputError as error:
        sys.exit(f"error: {error}")
    parts = [(combination, in_order(part)) for combination, part in profile.ok.combinations()]
    needed = TEST_ROWS + RANDOM_ROWS[-1]
    for combination, part in parts:
        if len(part) < needed:
            sys.exit(f"{combination} has {len(part)} rows, but {needed} are needed")
    seeds = range(options.seed, options.seed + options.repeats)
    table = pd.DataFrame() if options.out is None or not options.out.exists() else pd.read_csv(options.out)
    if len(table) and set(table["model"]) != {options.model}:
        sys.exit(f"{options.out} holds results of model {table['model'].iloc[0]}: give another file")
    done = set(map(tuple, table[[*KEYS, "seed"]].to_numpy())) if len(table) else set()
    jobs = []
    for seed, kernel in product(seeds, dict.fromkeys(name.kernel for name, _ in parts)):
        wanted = [name for name, _ in parts[:: options.every] if name.kernel == kernel]
        wanted = [name for name in wanted if (name.kernel, name.variant, name.hardware, seed) not in done]
        if wanted:
            own = [(name, part) for name, part in parts if name.kernel == kernel]
            jobs.append(delayed(judged)(own, wanted, options.model, seed))
    for found in Parallel(n_jobs=options.jobs, return_as="generator_unordered")(jobs):
        table = pd.concat([table, pd.DataFrame(found)], ignore_index=True)
        if options.out is not None:
            table.to_csv(options.out, index=False)
        print(f"{found[0]['kernel']}, split {found[0]['seed']}", file=sys.stderr)
    if options.plot:
        plot(table, options.plot)
    if options.json:
        documents = [row.dropna().to_dict() for _, row in table.iterrows()]
        print(json.dumps(documents, indent=1))
        return
    n_combinations = len(table[KEYS].drop_duplicates())
    print(f"{n_combinations} combinations, {options.repeats} splits; errors in percent, mean noise ", end="")
    print(f"{100 * table['noise'].mean():.2f}; low and high are over splits; rows 0: as the rule stopped")
    print(summary(table).round(3).to_string())
    for way, stopped in table[is_stopped(table)].groupby("way"):
        print(f"\n{way}: after {stopped['rows'].mean():.0f} rows (mean), quartiles ", end="")
        print(", ".join(f"{value:.0f}" for value in stopped["rows"].quantile([0.25, 0.5, 0.75])))
    wide = table.assign(side=table["way"] + " " + table["rows"].astype(str))[~is_stopped(table)]
    means = wide.pivot_table(index=KEYS, columns="side", values="mape", sort=False)
    print("\nMAPE over all test rows, by combination")
    print((means.assign(noise=table.groupby(KEYS)["noise"].mean()) * 100).round(2).to_string())


if __name__ == "__main__":
    main()
