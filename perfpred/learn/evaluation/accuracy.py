"""How good a model is: repeated random splits, test sizes never seen, the noise floor beside the errors."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from joblib import delayed

from perfpred.combination import Combination
from perfpred.errors import InputError, require_repeats, shortlist
from perfpred.learn import registry
from perfpred.learn.data_warnings import warn, warn_of
from perfpred.learn.evaluation.scores import scores
from perfpred.learn.evaluation.splitting import Kept, kept_together, unseen_split
from perfpred.learn.fit_identity import fit_identity
from perfpred.learn.registry import Model
from perfpred.learn.rows.sizes import SIZES, repeat_noise
from perfpred.learn.source_models import DEFAULT, learners, require_learner, source_bank, source_models_of
from perfpred.learn.training import fit_predictor, require_trainable
from perfpred.parallel.pool import run
from perfpred.parallel.result_journal import Form, ResultJournal
from perfpred.predict.bank import Bank
from perfpred.predict.formula import Formula
from perfpred.predict.predictor import Predictor
from perfpred.profile import Profile
from perfpred.progress import Progress

DEFAULT_SIZE, DEFAULT_SHARE = 250, 0.8
"""Rows to train on, if none are asked for: so many, or this share of the rows if that is less."""
MIN_GROUPS = 5
"""Distinct sizes, or groups, below which there is nothing to learn from and to judge by."""
MANY_LEVELS, LESS_SURE = 8, 3.0
"""A column of so many values, between which intervals are so many times wider, may stand for what no column
tells: each value an input of its own."""


def evaluate(  # noqa: PLR0913  # keywords of the public interface
    profile: Profile,
    *,
    models: Sequence[str] | None = None,
    transfer_from: Bank | None = None,
    like: Bank | None = None,
    train_size: int | None = None,
    repeats: int = 5,
    complexity: Mapping[str, str] | None = None,
    random_state: int = 0,
    n_jobs: int = -1,
    progress: Progress | None = None,
    journal: ResultJournal | None = None,
) -> pd.DataFrame:
    """Return the errors of models on rows they have not seen, one row per combination, model and repeat.

    Repeat r splits the ok rows with the seed ``random_state + r``, the same for every model. Rows of equal
    parameters, or of one group, are all on one side: column `judged_on` says what is new in test rows. The
    columns are those of the command's JSON documents: errors are fractions, times are seconds.

    Parameters
    ----------
    profile : Profile
        Rows whose status is not ``ok`` are left out.
    models : sequence of str, optional
        By default ``augmented``, and ``related`` beside it with `transfer_from`.
    transfer_from : Bank, optional
        As in `train`, for the models that learn from it. It had better not have seen the test rows' sizes.
    like : Bank, optional
        An earlier name of `transfer_from`.
    train_size : int, optional
        Rows to train on. By default 250, or 80% of a combination's rows if that is less.
    repeats : int
        Random splits, at least 1.
    complexity : mapping of str to str, optional
        As in `train`.
    random_state : int
        The seed of the first split.
    n_jobs : int
        Processes, as in joblib.
    progress : Progress, optional
        Is updated after each fit.
    journal : ResultJournal, optional
        Where each row is written down as soon as it is known, so that a killed run goes on.

    Returns
    -------
    DataFrame
        One row per combination, model and repeat: the keys of the combination, ``model``, ``train_size``,
        ``repeat``, ``judged_on``, ``n_test``, the fields of `Scores`, ``n_parameters``, ``fit_s`` (seconds)
        and ``noise`` (a fraction).

    Raises
    ------
    InputError
        For an unknown model, or if no combination has enough rows; and as in `train`.

    Warns
    -----
    DataWarning
        Of combinations with too few rows, which are left out; and as `train` does.
    """
    sources = source_bank(transfer_from, like)
    wanted = (DEFAULT, *(() if sources is None else (learners()[0].name,))) if models is None else models
    chosen = [registry.model(name) for name in dict.fromkeys(wanted)]
    if sources is not None:
        require_learner(chosen)
    require_repeats(repeats)
    parts = enough_rows(profile, train_size)
    for combination, part, _ in parts:
        require_trainable(combination, part)
    warn_of([(combination, part) for combination, part, _ in parts], chosen[0], complexity)
    trials = [
        _Trial(combination, part, each, split, repeat, random_state + repeat, complexity, source_models)
        for each in chosen
        for combination, part, split in parts
        for source_models in [source_models_of(combination, part.parameters, each, sources)]
        for repeat in range(repeats)
    ]
    known = None if journal is None else journal.opened(_identities(trials), JUDGED)
    found = run((delayed(_judged)(trial) for trial in trials), len(trials), n_jobs, progress, known)
    for remark in dict.fromkeys(each.remark for each in found if each.remark):
        warn(remark)
    return pd.DataFrame([each.row for each in found])


@dataclass(frozen=True)
class Judged:
    """A row of the results, and what the user should know of the judgement, empty if nothing."""

    row: dict[str, object]
    remark: str


JUDGED = Form(lambda judged: [judged.row, judged.remark], lambda written: Judged(*written))
"""A judgement in a journal."""


def _remark(predictor: Predictor, kept: Kept) -> str:
    """Return a sentence where values of a column that training has seen, too, flatter the errors."""
    if kept.judged_on != SIZES:
        return ""
    labels, levels = predictor.encoding.labels, predictor.familiar.levels
    wider = {n: each for n, each in predictor.interval.levels.items() if len(levels[n]) >= MANY_LEVELS}
    name = max(wider, key=lambda each: wider[each], default=None)
    if name is None or wider[name] < LESS_SURE:
        return ""
    shown = labels[name]
    return (
        f"{predictor.combination}: these errors are on values of {shown} that training has seen with other "
        f"parameters; on other values they may be several times larger (--group {shlex.quote(shown)} judges "
        "on these)"
    )


@dataclass(frozen=True)
class Split:
    """How rows of a combination are split: which stay together, and how many train."""

    kept: Kept
    train_size: int


def enough_rows(profile: Profile, train_size: int | None) -> list[tuple[Combination, Profile, Split]]:
    """Return the combinations that can be judged, with the split of each; warn of the others.

    Raises
    ------
    InputError
        If there is none, or `train_size` is below 1.
    """
    if train_size is not None and train_size < 1:
        raise InputError(f"train_size (on the command line --train-size) must be >= 1, but got {train_size}")
    found, small = [], []
    for combination, part in profile.ok.combinations():
        kept = kept_together(part)
        groups = len(np.unique(kept.labels))
        size = min(DEFAULT_SIZE, int(DEFAULT_SHARE * len(part))) if train_size is None else train_size
        if not 1 <= size < len(part) or groups < MIN_GROUPS:
            small.append(f"{combination} ({len(part)} rows, {groups} {kept.judged_on})")
        else:
            found.append((combination, part, Split(kept, size)))
    if not found and not small:
        raise InputError("there is nothing to evaluate: no row has status ok")
    needed = f"more than --train-size {train_size} rows" if train_size is not None else "some more rows"
    listed = shortlist(small, "; ")
    message = f"too few rows or sizes to judge: {listed}; each needs {needed}, and {MIN_GROUPS} sizes"
    if not found:
        raise InputError(message)
    if small:
        warn(f"left out, {message}")
    return found


@dataclass(frozen=True)
class _Trial:
    """One fit to judge: of a model to a part of the rows of a combination, on the others."""

    combination: Combination
    rows: Profile
    model: Model
    split: Split
    repeat: int
    seed: int
    complexity: Mapping[str, str] | None
    source_models: Mapping[str, Formula]


def _identities(trials: Sequence[_Trial]) -> list[list[Any]]:
    """Return what each trial depends on; trials that differ in their split alone share most of it."""
    fits: dict[tuple[Combination, str], dict[str, Any]] = {}
    for each in trials:
        key = (each.combination, each.model.name)
        if key not in fits:
            fits[key] = fit_identity(
                each.combination, each.rows, each.model, each.complexity, each.source_models
            )
    return [
        [fits[each.combination, each.model.name], each.split.train_size, each.repeat, each.seed]
        for each in trials
    ]


def _judged(trial: _Trial) -> Judged:
    train_rows, test_rows = unseen_split(trial.split.kept, trial.split.train_size, trial.seed)
    start = time.perf_counter()
    predictor = fit_predictor(
        trial.combination,
        trial.rows.take(train_rows),
        trial.model,
        trial.complexity,
        trial.seed,
        trial.source_models,
    )
    fit_s = time.perf_counter() - start
    test = _known_rows(trial.rows.take(test_rows), predictor)
    floor = trial.rows.noise_floor
    row = {
        **asdict(trial.combination),
        "model": trial.model.name,
        "train_size": len(train_rows),
        "repeat": trial.repeat,
        "judged_on": trial.split.kept.judged_on,
        "n_test": len(test),
        **asdict(scores(test.time_s, predictor.answers(test.table))),
        "n_parameters": predictor.formula.n_parameters,
        "fit_s": fit_s,
        "noise": floor if np.isfinite(floor) else repeat_noise(trial.rows),
    }
    return Judged(row, _remark(predictor, trial.split.kept))


def _known_rows(test: Profile, predictor: Predictor) -> Profile:
    """Return the rows whose categories a predictor knows; raises `InputError` if there is none."""
    known = test.take(np.flatnonzero(predictor.knows(test.table)))
    if not len(known):
        raise InputError(
            f"{predictor.combination}: every row to test on has a category that no row to train on has; "
            f"leave out with --ignore what names each input: {', '.join(predictor.encoding.categories)}"
        )
    return known
