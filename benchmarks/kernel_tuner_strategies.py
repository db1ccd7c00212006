"""How well Kernel Tuner's own strategies search recorded tuning spaces: the yardstick of `model` search.

Runs in an environment of its own and imports nothing of perfpred:

    python -m venv kt
    kt/bin/pip install kernel_tuner==1.5.0 scikit-optimize==0.10.2 pyatf==0.0.13
    export OMP_NUM_THREADS=1
    kt/bin/python benchmarks/kernel_tuner_strategies.py run SPACE.csv.gz ... -o runs.csv
    kt/bin/python benchmarks/kernel_tuner_strategies.py summarise runs.csv -o summary.csv

A space is a file that `perfpred import` wrote: its rows, failed ones included. Each distinct row asked for,
failed or not, is an evaluation; a repeat, or a configuration that is no row, costs nothing. Strategies are
Kernel Tuner's, with its defaults, over its SimulationRunner and Searchspace; times are in ms, as it records
them. `run` appends to its output and leaves out what is there already, so that it may be stopped at any time.

One row a (file, strategy, budget, repeat). `ratio` is the best time among the first `budget` evaluations over
the best of the file; inf where none of them was valid, which `summarise` counts as `worst_s / optimum_s`, the
file's slowest valid row. `ended` says what ended the run: budget (all evaluations used), itself (the strategy
stopped before, as local ones do), stalled (it asked for known rows alone, STALL times), time limit, or the
error that it raised.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import csv
import gzip
import importlib
import inspect
import io
import math
import os
import random
import signal
import sys
import tempfile
import time
import warnings
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from kernel_tuner import interface, util
from kernel_tuner.runners.simulation import SimulationRunner
from kernel_tuner.searchspace import Searchspace, supported_neighbor_methods

BUDGETS = (25, 50, 100, 200)
REPEATS, FEW = 20, 5
STALL = 20_000
NOT_PARAMETERS = ("kernel", "variant", "hardware", "time_s", "noise", "rounds", "status")
COLUMNS = ("file", "strategy", "budget", "repeat", "evaluations", "best_time_s", "optimum_s", "ratio")
MORE_COLUMNS = ("worst_s", "seconds", "ended")
ENDS = ("budget", "itself", "stalled", "time limit")
Configuration = tuple[Any, ...]


@dataclass(frozen=True)
class Strategy:
    """A strategy of Kernel Tuner: its name there, and whether it has to be run at each budget by itself."""

    name: str
    reason: str  # why one run at the largest budget may be read off at the others, or may not
    per_budget: bool = False
    label: str = ""  # the name in the results, where options are not all defaults
    options: dict[str, Any] = field(default_factory=dict)
    budget_option: str = ""  # an option that is to hold the budget
    repeats: int = REPEATS

    @property
    def title(self) -> str:
        """The name that the results carry."""
        return self.label or self.name


UNUSED = "max_fevals is not read"
BOUND = "max_fevals only bounds the outer loop"
OWN = "max_fevals is not read; its schedule follows its own option `budget`, 5000 evaluations"
OURS = "its option `budget`, which its schedule follows, is set to the budget (repeats count in it)"
TECHNIQUES = ("auc_bandit", "differential_evolution", "pattern_search", "round_robin", "torczon")

# In the order in which they run: cheap and strong ones first.
STRATEGIES = (
    Strategy("pso", UNUSED),
    Strategy("hybrid_vndx", OWN),
    Strategy(
        "simulated_annealing", "the temperature falls with the share of max_fevals used", per_budget=True
    ),
    Strategy("diff_evo", UNUSED),
    Strategy(
        "random_sample", "a shorter sample without replacement is distributed as the start of a longer one"
    ),
    Strategy("genetic_algorithm", UNUSED),
    Strategy("adaptive_tabu_greywolf", OWN),
    Strategy("firefly_algorithm", UNUSED),
    Strategy("greedy_ils", BOUND),
    Strategy("greedy_mls", BOUND),
    Strategy("mls", BOUND),
    Strategy("ordered_greedy_mls", BOUND),
    Strategy("dual_annealing", "max_fevals bounds the calls, repeats included", per_budget=True),
    Strategy("basinhopping", UNUSED),
    Strategy("minimize", UNUSED),
    Strategy("hybrid_vndx", OURS, True, "hybrid_vndx(budget)", budget_option="budget"),
    Strategy("adaptive_tabu_greywolf", OURS, True, "adaptive_tabu_greywolf(budget)", budget_option="budget"),
    Strategy("nsga2", "only whether max_fevals is set is read"),
    Strategy("nsga3", "only whether max_fevals is set is read"),
    Strategy("pyatf_strategies", UNUSED),
    *(
        Strategy(
            "pyatf_strategies", UNUSED, label=f"pyatf({name})", options={"searchtechnique": name}, repeats=FEW
        )
        for name in TECHNIQUES
    ),
    Strategy("bayes_opt", BOUND),
    # Where evaluating costs no time, as here, the default fits its model every 18 evaluations; this fits it
    # every 3, as the default does where evaluating is slow.
    Strategy(
        "bayes_opt", BOUND, label="bayes_opt(multi-fast)", options={"method": "multi-fast"}, repeats=FEW
    ),
    # At 1 to 2 s an evaluation it meets the time limit before 50 of them, and it ends at the first failed row
    # that it learns from.
    Strategy(
        "skopt", "max_fevals bounds the calls, repeats included: reading off favours it a bit", repeats=1
    ),
)


class Stopped(BaseException):
    """A run was ended from outside; says why. Not an Exception, lest a library swallow it."""


class RecordedSpace(Searchspace):
    """Exactly these configurations. Their neighbours are worked out once a file, not once a run.

    Strategies take the first of equals in the order of the list, and it matters (gemm on an RTX 3090, 100
    evaluations: diff_evo 1.11 or 1.30). Given restrictions as people write them, Kernel Tuner's solver lists
    the largest values first but for small deviations, so this does too.
    """

    def __init__(self, tune_params: dict[str, list[Any]], configurations: Sequence[Configuration]) -> None:
        rank = [{value: i for i, value in enumerate(values)} for values in tune_params.values()]
        order = sorted(
            configurations, key=lambda c: [r[v] for r, v in zip(rank, c, strict=True)], reverse=True
        )
        rows = {i: dict(zip(tune_params, c, strict=True)) for i, c in enumerate(order)}
        self._known: dict[tuple[Configuration, str], Any] = {}
        super().__init__(None, None, None, from_cache={"tune_params": tune_params, "cache": rows})
        self.max_threads = 1_000_000_000  # that of the simulated device
        self.get_true_tunable_params()
        self.get_neighbors_indices_no_cache(configurations[0], "adjacent")  # prepares what all methods share

    def fresh(self) -> RecordedSpace:
        """Return the space as a new run finds it: what was asked before changes Kernel Tuner's answers."""
        space = copy.copy(self)
        space._Searchspace__neighbor_cache = {method: {} for method in supported_neighbor_methods}
        space._Searchspace__neighbor_partial_cache = {
            method: defaultdict(list) for method in supported_neighbor_methods
        }
        return space

    def get_neighbors_indices_no_cache(
        self, param_config: Configuration, neighbor_method: Any = None, build_full_cache: bool = False
    ) -> Any:
        """Return what Searchspace returns, from memory the second time."""
        key = (tuple(param_config), neighbor_method)
        if key not in self._known:
            self._known[key] = super().get_neighbors_indices_no_cache(
                param_config, neighbor_method, build_full_cache
            )
        return self._known[key]


@dataclass(frozen=True)
class Space:
    """A recorded file: its times in s (inf: failed), and the same for Kernel Tuner."""

    name: str
    times_s: dict[Configuration, float]
    searchspace: RecordedSpace
    cache: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> Space:
        """Read a file as `perfpred import` writes it."""
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as source:
            rows = list(csv.DictReader(source))
        names = [name for name in rows[0] if name not in NOT_PARAMETERS]
        columns = [_values([row[name] for row in rows]) for name in names]
        times = [float(row["time_s"]) if row["status"] == "ok" else math.inf for row in rows]
        times_s = dict(zip(zip(*columns, strict=True), times, strict=True))
        if len(times_s) != len(rows):
            raise SystemExit(
                f"{path}: a space has one row a configuration, but {len(rows) - len(times_s)} recur"
            )
        tune_params = dict(zip(names, map(_domain, columns), strict=True))
        cache = {_key(c): _result(names, c, t) for c, t in times_s.items()}
        return cls(path.name.split(".")[0], times_s, RecordedSpace(tune_params, list(times_s)), cache)

    @property
    def optimum_s(self) -> float:
        """The shortest time."""
        return min(self.times_s.values())

    @property
    def worst_s(self) -> float:
        """The longest time of a row that did not fail."""
        return max(t for t in self.times_s.values() if t < math.inf)


def _values(texts: Sequence[str]) -> list[Any]:
    """Return a column as whole numbers, numbers or words."""
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            return [kind(text) for text in texts]
    return list(texts)


def _domain(column: Sequence[Any]) -> list[Any]:
    """Return the values of a parameter, numbers in ascending order."""
    values = list(dict.fromkeys(column))
    return values if isinstance(values[0], str) else sorted(values)


def _key(configuration: Sequence[Any]) -> str:
    """Return a configuration as Kernel Tuner's caches name it."""
    return ",".join(map(str, configuration))


def _result(names: Sequence[str], configuration: Configuration, time_s: float) -> dict[str, Any]:
    """Return a row as Kernel Tuner reads it from a cache."""
    result = dict(zip(names, configuration, strict=True))
    if time_s < math.inf:
        return {**result, "time": time_s * 1e3}
    return {**result, "time": "RuntimeFailedConfig", "__error__": util.RuntimeFailedConfig()}


class RecordingRunner(SimulationRunner):
    """Kernel Tuner's simulation, which notes the rows asked for, each once, in the order of asking."""

    def __init__(self, space: Space) -> None:
        quiet = interface.Options(quiet=True)
        super().__init__(None, interface.Options(kernel_name=space.name), quiet, 1, [])
        self.space = space
        self.trace: dict[Configuration, float] = {}
        self.in_vain = 0

    def run(self, parameter_space: Sequence[Any], tuning_options: dict[str, Any]) -> list[Any]:
        """Evaluate these configurations as far as the budget goes."""
        results, known = super().run(parameter_space, tuning_options), len(self.trace)
        for element, result in zip(parameter_space, results, strict=True):
            configuration = tuple(element)
            if result is not None and configuration in self.space.times_s:
                self.trace.setdefault(configuration, self.space.times_s[configuration])
        self.in_vain = 0 if len(self.trace) > known else self.in_vain + max(1, len(parameter_space))
        if self.in_vain >= STALL:
            raise Stopped("stalled")
        return results


def tuning_options(space: Space, strategy: Strategy, budget: int, seed: int) -> interface.Options:
    """Return what `tune_kernel(..., simulation_mode=True)` hands to a strategy."""
    options = {"max_fevals": budget, **strategy.options}
    if strategy.budget_option:
        options[strategy.budget_option] = budget

    def is_row(params: dict[str, Any]) -> bool:
        return tuple(params.values()) in space.times_s

    return interface.Options(
        tune_params=space.searchspace.tune_params,
        restrictions=is_row,
        restrictions_unmodified=is_row,
        strategy=strategy.name,
        strategy_options=interface.Options(options),
        max_fevals=budget,
        objective=["time"],
        objective_higher_is_better=[False],
        verbose=False,
        cache=space.cache,
        cachefile=None,
        metrics=None,
        simulation_mode=True,
        simulated_time=0,
        seed=seed,
        parallel=None,
        observers=None,
        budget=util.TuningBudget(None, min(budget, space.searchspace.size)),
    )


@contextlib.contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed all that strategies draw from: where SciPy would ask the system for a seed, NumPy's global one."""
    make = np.random.default_rng
    random.seed(seed)
    np.random.seed(seed)

    def from_global(seed: Any = None) -> np.random.Generator:
        return make(np.random.randint(2**31) if seed is None else seed)

    np.random.default_rng = from_global
    try:
        yield
    finally:
        np.random.default_rng = make


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise Stopped in the block once it has taken this long."""

    def stop(*_: Any) -> None:
        raise Stopped("time limit")

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


@contextlib.contextmanager
def silence() -> Iterator[None]:
    """Keep what strategies print and warn of off the terminal."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        yield


def search(
    space: Space, strategy: Strategy, budget: int, seed: int, limit_s: float
) -> tuple[list[float], str]:
    """Return the times of the rows that the strategy asked for, in order, and what ended it."""
    runner = RecordingRunner(space)
    options = tuning_options(space, strategy, budget, seed)
    ended = "itself"
    try:
        with silence(), seeded(seed), time_limit(limit_s):
            interface.strategy_map[strategy.name].tune(space.searchspace.fresh(), runner, options)
    except Stopped as stopped:
        ended = str(stopped)
    except Exception as error:
        ended = f"{type(error).__name__}: {' '.join(str(error).split())[:80]}"
    return list(runner.trace.values()), "budget" if len(runner.trace) >= budget else ended


def load_strategies() -> None:
    """Import what strategies import when first used, as importing draws random numbers."""
    for module in ("scipy.spatial.distance", "scipy.stats.qmc", "skopt"):
        importlib.import_module(module)
    for strategy in STRATEGIES:
        assert interface.strategy_map[strategy.name].tune


def use_pyatf(spaces: Sequence[Space]) -> None:
    """Let pyATF's search techniques search the recorded rows, in a tree that is built once a file.

    Kernel Tuner would build the tree from the restrictions in every run; here each parameter is restricted to
    the values that continue the start of some row, which yields the same tree as restrictions of these rows.
    Kernel Tuner 1.5.0 itself fails with pyATF 0.0.13: it passes TP one argument more than that takes.
    """
    import pyatf.search_space
    from kernel_tuner.strategies import pyatf_strategies

    build = pyatf.search_space.SearchSpace
    trees: dict[str, Any] = {}

    def tree(*parameters: Any, **options: Any) -> Any:
        key = parameters[-1].constraint.__doc__
        if key not in trees:
            trees[key] = build(*parameters, **options)
        return trees[key]

    by_params = {id(space.searchspace.tune_params): space for space in spaces}
    pyatf.search_space.SearchSpace = tree
    pyatf_strategies.Searchspace = lambda tune_params, *_, **__: _PyatfParameters(by_params[id(tune_params)])


@dataclass(frozen=True)
class _PyatfParameters:
    """Stands for the Searchspace that asks pyATF for its parameters."""

    space: Space

    def get_tune_params_pyatf(self) -> list[Any]:
        """Return the parameters, each with a constraint over itself and those before it."""
        from pyatf import TP, Set

        params = self.space.searchspace.tune_params
        names = list(params)
        return [
            TP(name, Set(*params[name]), self._constraint(names[: i + 1])) for i, name in enumerate(names)
        ]

    def _constraint(self, names: Sequence[str]) -> Callable[..., bool]:
        starts = {configuration[: len(names)] for configuration in self.space.times_s}

        def is_start(**values: Any) -> bool:
            return tuple(values[name] for name in names) in starts

        kind = inspect.Parameter.KEYWORD_ONLY
        is_start.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
        is_start.__doc__ = self.space.name
        return is_start


@dataclass(frozen=True)
class Job:
    """One run, which fills in the rows of one budget or of all of them."""

    space: Space
    strategy: Strategy
    budgets: tuple[int, ...]
    repeat: int

    def keys(self) -> list[tuple[str, ...]]:
        """Return what tells each of its rows from all others."""
        return [(self.space.name, self.strategy.title, str(b), str(self.repeat)) for b in self.budgets]

    def rows(self, limit_s: float) -> list[dict[str, Any]]:
        """Run, and return its rows."""
        start = time.perf_counter()
        seed = zlib.crc32("|".join(self.keys()[-1]).encode()) % 2**31
        times, ended = search(self.space, self.strategy, max(self.budgets), seed, limit_s)
        seconds = round(time.perf_counter() - start, 2)
        common = {"worst_s": self.space.worst_s, "seconds": seconds}
        rows = []
        for key, budget in zip(self.keys(), self.budgets, strict=True):
            best = min(times[:budget], default=math.inf)
            optimum = self.space.optimum_s
            figures = (min(budget, len(times)), best, optimum, round(best / optimum, 6))
            row = dict(zip(COLUMNS, (*key, *figures), strict=True))
            rows.append({**row, **common, "ended": "budget" if len(times) >= budget else ended})
        return rows


def jobs(spaces: Sequence[Space], strategies: Sequence[Strategy], repeats: int) -> Iterator[Job]:
    """Yield all runs, strategy by strategy."""
    for strategy in strategies:
        shares = [(budget,) for budget in BUDGETS] if strategy.per_budget else [BUDGETS]
        for repeat in range(min(repeats, strategy.repeats)):
            for space in spaces:
                yield from (Job(space, strategy, budgets, repeat) for budgets in shares)


def read_journal(path: Path) -> list[dict[str, str]]:
    """Return the rows of a journal, after cutting off a last line that was not finished."""
    if not path.exists():
        return []
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        path.write_text(whole)
    return list(csv.DictReader(io.StringIO(whole)))


def run(options: argparse.Namespace) -> None:
    """Run all that the journal lacks."""
    journal = options.output.resolve()
    spaces = [Space.read(path) for path in options.files]
    chosen = [s for s in STRATEGIES if not options.strategies or s.title in options.strategies]
    done = {tuple(row[c] for c in COLUMNS[:4]) for row in read_journal(journal)}
    use_pyatf(spaces)
    load_strategies()
    with journal.open("a", newline="") as sink, tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)  # pyatf_strategies leaves a folder where it runs
        if not sink.tell():
            sink.write(",".join((*COLUMNS, *MORE_COLUMNS)) + "\n")
        for job in jobs(spaces, chosen, options.repeats):
            if not done.issuperset(job.keys()):
                text = io.StringIO()
                writer = csv.DictWriter(text, (*COLUMNS, *MORE_COLUMNS), lineterminator="\n")
                writer.writerows(
                    row for row in job.rows(options.limit) if tuple(row[c] for c in COLUMNS[:4]) not in done
                )
                sink.write(text.getvalue())
                sink.flush()
        os.chdir(journal.parent)


def summarise(options: argparse.Namespace) -> None:
    """Write a row a (file, strategy, budget), and print each strategy's geometric mean over the files."""
    groups: dict[tuple[str, str, int], list[dict[str, str]]] = defaultdict(list)
    for row in read_journal(options.files[0]):
        groups[row["strategy"], row["file"], int(row["budget"])].append(row)
    summary = {key: _summary(rows) for key, rows in groups.items()}
    if options.output:
        with options.output.open("w", newline="") as sink:
            names = ("file", "strategy", "budget", *next(iter(summary.values())))
            writer = csv.writer(sink, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([f, s, b, *figures.values()] for (s, f, b), figures in summary.items())
    print("| strategy |" + "".join(f" {b} |" for b in BUDGETS) + " spaces | runs |\n|---" + "|---" * 6 + "|")
    lines = [_line(summary, strategy) for strategy in dict.fromkeys(s for s, _, _ in summary)]
    for line in sorted(lines, key=lambda line: (-line[5], line[3])):
        print("|" + "".join(f" {x:.3f} |" if isinstance(x, float) else f" {x} |" for x in line))


def _summary(rows: Sequence[dict[str, str]]) -> dict[str, Any]:
    """Return the figures of one strategy on one file at one budget."""
    ratios = [min(float(row["ratio"]), float(row["worst_s"]) / float(row["optimum_s"])) for row in rows]
    return {
        "repeats": len(rows),
        "mean_ratio": round(float(np.mean(ratios)), 4),
        "median_ratio": round(float(np.median(ratios)), 4),
        "worst_ratio": round(max(ratios), 4),
        "nothing_valid": sum(row["ratio"] == "inf" for row in rows),
        "mean_evaluations": round(float(np.mean([int(row["evaluations"]) for row in rows])), 1),
        "mean_run_s": round(float(np.mean([float(row["seconds"]) for row in rows])), 2),
        **{f"ended_{how}".replace(" ", "_"): sum(row["ended"] == how for row in rows) for how in ENDS[1:]},
        "ended_by_error": sum(row["ended"] not in ENDS for row in rows),
    }


def _line(summary: dict[tuple[str, str, int], dict[str, Any]], strategy: str) -> list[Any]:
    """Return a strategy's name, geometric means over files of its mean ratio, counts of files and runs."""
    figures = {
        b: [f for (s, _, budget), f in summary.items() if (s, budget) == (strategy, b)] for b in BUDGETS
    }
    means = [math.exp(np.mean([math.log(f["mean_ratio"]) for f in figures[b]])) for b in BUDGETS]
    return [strategy, *means, len(figures[BUDGETS[0]]), sum(f["repeats"] for f in figures[BUDGETS[0]])]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command", choices=("run", "summarise"))
    parser.add_argument("files", nargs="+", type=Path, help="spaces to search, or the journal to summarise")
    parser.add_argument("-o", "--output", type=Path, help="the journal of `run`, the table of `summarise`")
    parser.add_argument("--strategies", nargs="*", help=f"of {', '.join(s.title for s in STRATEGIES)}")
    parser.add_argument(
        "--repeats", type=int, default=REPEATS, help="at most so many; slow strategies have fewer"
    )
    parser.add_argument("--limit", type=float, default=60.0, help="seconds that a single run may take")
    options = parser.parse_args()
    if options.command == "run" and options.output is None:
        sys.exit("run needs --output, the journal that it appends to")
    (run if options.command == "run" else summarise)(options)


if __name__ == "__main__":
    main()
