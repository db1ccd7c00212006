"""How good a model is: repeated random splits, test sizes never seen, the noise floor beside the errors."""

from __future__ import annotations

import shlex
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from joblib import delayed
from scipy.stats import spearmanr

from perfpred.combination import Combination
from perfpred.errors import InputError, require_repeats, shortlist
from perfpred.learn import registry
from perfpred.learn.evaluation.splitting import Kept, kept_together, unseen_split
from perfpred.learn.registry import Model
from perfpred.learn.rows.sizes import SIZES, repeat_noise
from perfpred.learn.training import (
    RELATED,
    collect,
    fit_predictor,
    relatives_of,
    require_trainable,
    warn,
    warn_of,
)
from perfpred.predict.bank import Bank
from perfpred.predict.checks import Floats
from perfpred.predict.formula import PosynomialNet
from perfpred.predict.predictor import Answers, Predictor
from perfpred.profile import Profile
from perfpred.progress import Progress

DEFAULT_SIZE, DEFAULT_SHARE = 250, 0.8
"""Rows to train on, if none are asked for: so many, or this share of the rows if that is less."""
MIN_GROUPS = 5
"""Distinct sizes, or groups, below which there is nothing to learn from and to judge by."""
MANY_LEVELS, LESS_SURE = 8, 3.0
"""A column of so many values, between which intervals are so many times wider, may stand for what no column
tells: each value an input of its own."""
SLOWEST = 0.7
"""The share of slow test rows that published figures (arXiv 2003.07497) are about."""


@dataclass(frozen=True)
class Scores:
    """Errors of predictions as fractions (0.03 = 3%).

    A factor is prediction over time or time over prediction, whichever is more; `worst_factor_in_range` is
    that of rows within what training saw, NaN if there is none.
    """

    mape: float
    mape_slowest70: float
    median_ape: float
    p90_ape: float
    spearman: float
    coverage90: float
    within_3x: float
    worst_factor: float
    worst_factor_in_range: float


def evaluate(
    profile: Profile,
    *,
    models: Sequence[str] | None = None,
    like: Bank | None = None,
    train_size: int | None = None,
    repeats: int = 5,
    complexity: Mapping[str, str] | None = None,
    random_state: int = 0,
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the errors of models on rows they have not seen, one row per combination, model and repeat.

    Repeat r splits the ok rows with the seed ``random_state + r``, the same for every model. Rows of equal
    parameters, or of one group, are all on one side: column `judged_on` says what is new in test rows. The
    columns are those of the command's JSON documents: errors are fractions, times are seconds.

    Parameters
    ----------
    models : sequence of str, optional
        By default ``augmented``, and ``related`` beside it with `like`.
    like : Bank, optional
        As in `train`, for the models that learn from it. It had better not have seen the test rows' sizes.
    train_size : int, optional
        Rows to train on. By default 250, or 80% of a combination's rows if that is less.

    Raises
    ------
    InputError
        For an unknown model, or if no combination has enough rows; and as in `train`.

    Warns
    -----
    DataWarning
        Of combinations with too few rows, which are left out; and as `train` does.
    """
    wanted = ("augmented", *(() if like is None else (RELATED,))) if models is None else models
    chosen = [registry.model(name) for name in dict.fromkeys(wanted)]
    if like is not None and not any(each.knows_relatives for each in chosen):
        raise InputError(f"{', '.join(wanted)} learn nothing from other models; {RELATED} does")
    require_repeats(repeats)
    parts = enough_rows(profile, train_size)
    for combination, part, _ in parts:
        require_trainable(combination, part)
    warn_of([(combination, part) for combination, part, _ in parts], chosen[0], complexity)
    jobs = [
        delayed(_evaluate_once)(
            combination,
            part,
            each,
            split,
            repeat,
            complexity,
            random_state,
            relatives_of(combination, part.parameters, like) if each.knows_relatives else {},
        )
        for each in chosen
        for combination, part, split in parts
        for repeat in range(repeats)
    ]
    found = collect(jobs, len(jobs), n_jobs, progress)
    for said in dict.fromkeys(each.remark for each in found if each.remark):
        warn(said)
    return pd.DataFrame([each.row for each in found])


@dataclass(frozen=True)
class Judged:
    """A row of the results, and what the user should know of the judgement, empty if nothing."""

    row: dict[str, object]
    remark: str


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
        If there is none.
    """
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
    least = f"more than --train-size {train_size} rows" if train_size is not None else "some more rows"
    listed = shortlist(small, "; ")
    said = f"too few rows or sizes to judge: {listed}; each needs {least}, and {MIN_GROUPS} sizes"
    if not found:
        raise InputError(said)
    if small:
        warn(f"left out, {said}")
    return found


def scores(time_s: Floats, answers: Answers) -> Scores:
    """Return the scores of answers against measured times, shape (n,)."""
    predicted_s = answers.time_s
    ape = np.abs(predicted_s / time_s - 1)
    slow = time_s >= np.quantile(time_s, 1 - SLOWEST)
    log_ratio = np.log(time_s / predicted_s)
    covered = (time_s >= answers.low_s) & (time_s <= answers.high_s)
    factor = np.exp(np.abs(log_ratio))
    inside = factor[answers.in_range]
    ranks = len(time_s) > 1 and np.ptp(time_s) > 0 and np.ptp(predicted_s) > 0  # else it is not defined
    rho = spearmanr(time_s, predicted_s).statistic if ranks else np.nan
    return Scores(
        float(ape.mean()),
        float(ape[slow].mean()),
        float(np.median(ape)),
        float(np.quantile(ape, 0.9)),
        float(rho),
        float(covered.mean()),
        float((factor < 3).mean()),
        float(factor.max()),
        float(inside.max()) if len(inside) else float("nan"),
    )


def _evaluate_once(
    combination: Combination,
    part: Profile,
    chosen: Model,
    split: Split,
    repeat: int,
    complexity: Mapping[str, str] | None,
    random_state: int,
    relatives: Mapping[str, PosynomialNet],
) -> Judged:
    seed = random_state + repeat
    train_rows, test_rows = unseen_split(split.kept, split.train_size, seed)
    start = time.perf_counter()
    predictor = fit_predictor(combination, part.take(train_rows), chosen, complexity, seed, relatives)
    fit_s = time.perf_counter() - start
    test = part.take(test_rows)
    known = predictor.knows(test.table)
    test = test.take(np.flatnonzero(known))
    if not len(test):
        raise InputError(
            f"{combination}: every row to test on has a category that no row to train on has; leave out with "
            f"--ignore what names each input: {', '.join(predictor.encoding.categories)}"
        )
    answers = predictor.answers(test.table)
    floor = part.noise_floor
    row = {
        **asdict(combination),
        "model": chosen.name,
        "train_size": len(train_rows),
        "repeat": repeat,
        "judged_on": split.kept.judged_on,
        "n_test": len(test),
        **asdict(scores(test.time_s, answers)),
        "n_parameters": predictor.formula.n_parameters,
        "fit_s": fit_s,
        "noise": floor if np.isfinite(floor) else repeat_noise(part),
    }
    return Judged(row, _remark(predictor, split.kept))
