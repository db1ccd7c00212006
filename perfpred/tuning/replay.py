"""How well strategies search recorded measurements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from joblib import delayed

from perfpred.combination import Combination
from perfpred.errors import InputError, quoted, require_repeats
from perfpred.learn.fit_identity import rows_identity
from perfpred.learn.rows.encoded_columns import require_few_columns
from perfpred.parallel.pool import run
from perfpred.parallel.result_journal import PLAIN, ResultJournal
from perfpred.profile import Profile
from perfpred.profile.cells import Value
from perfpred.progress import Progress
from perfpred.search import ModelSearch, Surrogate, Trace, search, strategy
from perfpred.search.listed import Configuration
from perfpred.surrogates.gaussian import GaussianSurrogate
from perfpred.surrogates.source_task import SourceTask
from perfpred.surrogates.transfer import TransferSurrogate
from perfpred.tuning.recorded import IN_A_SEARCH, RecordedSpace
from perfpred.tuning.sizes import fixed_parts, label

OUTLOOK = 20
"""Runs that `expected_gain` looks ahead."""
MAX_BUDGET = 1_000_000
REPEATS_A_JOB = 5


@dataclass(frozen=True)
class Replayed:
    """One search of recorded measurements.

    Attributes
    ----------
    trace : Trace
    expected_gain : float
        By what fraction `OUTLOOK` more runs would likely lower the best time; NaN where no model says so.
    """

    trace: Trace[Configuration]
    expected_gain: float


def replay(
    recorded: RecordedSpace,
    name: str,
    budget: int,
    seed: int,
    *,
    source_tasks: Sequence[SourceTask] = (),
    until_gain: float = 0.0,
) -> Replayed:
    """Search once, with the strategy called `name`.

    Parameters
    ----------
    recorded : RecordedSpace
        The space and its measurements.
    name : str
        Of the strategy.
    budget : int
        How many may be run at most.
    seed : int
        Of every random choice.
    source_tasks : sequence of SourceTask
        What the model starts from; other strategies pass it over.
    until_gain : float
        The model's search ends early once `OUTLOOK` more runs would likely gain less than this fraction.
    """
    surrogate: Surrogate = TransferSurrogate(source_tasks) if source_tasks else GaussianSurrogate()
    chosen = strategy(name).factory(surrogate)
    gain = float("nan")

    def outlook(trace: Trace[Configuration]) -> bool:
        nonlocal gain
        is_due = until_gain > 0 or len(trace) >= budget
        if isinstance(chosen, ModelSearch) and is_due:
            gain = chosen.expected_gain(trace, OUTLOOK)
        return gain < until_gain

    rng = np.random.default_rng(seed)
    trace = search(recorded.space, recorded.objective, chosen, budget=budget, rng=rng, after_round=outlook)
    return Replayed(trace, gain)


@dataclass(frozen=True)
class Trial:
    """How to judge strategies.

    Parameters
    ----------
    strategies : tuple of str
        By name.
    budgets : tuple of int
        Evaluations, >= 1: all are read off from one search with the greatest.
    repeats : int
        Searches with seeds of their own, >= 1.
    until_gain : float
        As in `replay`.
    random_state : int
        The first seed.
    fixed : tuple of str
        Parameters that no search chooses, such as the problem size: each of their values is searched.

    Raises
    ------
    InputError
        For an unknown strategy, or a number below 1.
    """

    strategies: tuple[str, ...]
    budgets: tuple[int, ...]
    repeats: int = 20
    until_gain: float = 0.0
    random_state: int = 0
    fixed: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.strategies:
            strategy(name)
        require_repeats(self.repeats)
        if not self.budgets or min(self.budgets) < 1:
            raise InputError(f"budgets must be >= 1, but got {quoted(list(self.budgets))}")
        if max(self.budgets) > MAX_BUDGET:
            raise InputError(f"budgets must be <= {MAX_BUDGET:,}, but got {quoted(max(self.budgets))}")


def replay_all(
    profile: Profile,
    trial: Trial,
    *,
    warm_start: Sequence[Profile] = (),
    n_jobs: int = -1,
    progress: Progress | None = None,
    journal: ResultJournal | None = None,
) -> pd.DataFrame:
    """Search every combination of a profile with every strategy of `trial`.

    Parameters
    ----------
    profile : Profile
        The measurements.
    trial : Trial
        What is replayed.
    warm_start : sequence of Profile
        Measurements of another kernel or machine to start from.
    n_jobs : int
        Processes at the same time; -1 for one per processor.
    progress : Progress, optional
        Told how far it is.
    journal : ResultJournal, optional
        Where searches are written down as soon as they are done, so that a killed run goes on.

    Returns
    -------
    DataFrame
        One row per combination, values of the fixed parameters (`fixed`, a dictionary, if there are any),
        strategy, budget and repeat: `best_time_s` after that many evaluations, failed ones included, the
        combination's `optimum_s` and their `ratio`, `evaluations` used, and `expected_gain` of more. A search
        that met no time is said to have found the slowest one.

    Raises
    ------
    InputError
        If a combination has nothing to search or too many values of categories, or a warm start does not fit.
    """
    for _, part in profile.combinations():
        require_few_values(part, trial.fixed)
    jobs, identities = [], []
    starts = [rows_identity(each) for each in warm_start]
    for combination, part in profile.combinations():
        for values, rows in fixed_parts(part, trial.fixed):
            _require_searchable(rows, values, warm_start)
            for name in dict.fromkeys(trial.strategies):
                for first in range(0, trial.repeats, REPEATS_A_JOB):
                    repeats = range(first, min(first + REPEATS_A_JOB, trial.repeats))
                    task = _Task(combination, rows, values, name, trial, tuple(warm_start))
                    jobs.append(delayed(_replays)(task, repeats))
                    identities.append(
                        [str(combination), rows_identity(rows), name, asdict(trial), first, starts]
                    )
    known = None if journal is None else journal.opened(identities, PLAIN)
    found = run(jobs, len(jobs), n_jobs, progress, known)
    return pd.DataFrame([document for documents in found for document in documents])


def require_few_values(part: Profile, fixed: Sequence[str]) -> None:
    """Raise `InputError` if a search of one combination would have more columns than a model takes."""
    for values, rows in fixed_parts(part, fixed):
        varying = [name for name in rows.parameters if rows.X[name].nunique() > 1]
        try:
            require_few_columns(rows.X[varying], IN_A_SEARCH)
        except InputError as error:
            raise _at(values, error) from None


def _at(values: Mapping[str, Value], error: InputError) -> InputError:
    return InputError(f"{label(values)}: {error}" if values else str(error))


def _require_searchable(part: Profile, values: Mapping[str, Value], warm_start: Sequence[Profile]) -> None:
    """Raise before anything runs where there is nothing to search or a source does not fit."""
    try:
        recorded = RecordedSpace.of(part)
        for source in warm_start:
            recorded.require_common(source)
    except InputError as error:
        raise _at(values, error) from None


@dataclass(frozen=True)
class _Task:
    combination: Combination
    part: Profile
    fixed: Mapping[str, Value]
    strategy: str
    trial: Trial
    warm_start: tuple[Profile, ...]


def _replays(task: _Task, repeats: Sequence[int]) -> list[dict[str, object]]:
    trial, recorded = task.trial, RecordedSpace.of(task.part)
    sources = task.warm_start if strategy(task.strategy).needs_surrogate else ()
    source_tasks = [recorded.source_task(source, trial.random_state) for source in sources]
    documents = []
    for repeat in repeats:
        done = replay(
            recorded,
            task.strategy,
            max(trial.budgets),
            trial.random_state + repeat,
            source_tasks=source_tasks,
            until_gain=trial.until_gain,
        )
        documents += [_document(task, recorded, done, budget, repeat) for budget in sorted(trial.budgets)]
    return documents


def _document(
    task: _Task, recorded: RecordedSpace, done: Replayed, budget: int, repeat: int
) -> dict[str, object]:
    used = min(budget, len(done.trace))
    best_s = min(float(done.trace.best_so_far_s()[used - 1]), recorded.worst_s)
    optimum_s = recorded.objective.optimum_s
    return {
        **asdict(task.combination),
        **({"fixed": dict(task.fixed)} if task.fixed else {}),
        "strategy": task.strategy,
        "budget": budget,
        "repeat": repeat,
        "evaluations": used,
        "best_time_s": best_s,
        "optimum_s": optimum_s,
        "ratio": best_s / optimum_s,
        "expected_gain": done.expected_gain if used == len(done.trace) else float("nan"),
    }
