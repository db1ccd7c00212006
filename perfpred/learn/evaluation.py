"""How good a model is: repeated random splits, test rows never seen, the noise floor beside the errors."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from joblib import delayed
from scipy.stats import spearmanr

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.learn import registry
from perfpred.learn.registry import Model
from perfpred.learn.training import RELATED, collect, fit_predictor, relatives_of
from perfpred.predict.bank import Bank
from perfpred.predict.checks import Floats
from perfpred.predict.formula import PosynomialNet
from perfpred.predict.predictor import Answers
from perfpred.profile import Profile, random_split
from perfpred.progress import Progress

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
    train_size: int = 250,
    repeats: int = 5,
    complexity: Mapping[str, str] | None = None,
    random_state: int = 0,
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Return the errors of models on rows they have not seen, one row a combination, model and repeat.

    Repeat r splits the ok rows with the seed ``random_state + r``, the same for every model. The columns
    are those of the command's JSON documents: errors are fractions, times are seconds.

    Parameters
    ----------
    models : sequence of str, optional
        By default ``augmented``, and ``related`` beside it with `like`.
    like : Bank, optional
        As in `train`, for the models that learn from it. It had better not have seen the test rows' sizes.

    Raises
    ------
    InputError
        For an unknown model, or a combination with no row left to test on; and as in `train`.
    """
    wanted = ("augmented", *(() if like is None else (RELATED,))) if models is None else models
    chosen = [registry.model(name) for name in dict.fromkeys(wanted)]
    if like is not None and not any(each.knows_relatives for each in chosen):
        raise InputError(f"{', '.join(wanted)} learn nothing from other models; {RELATED} does")
    parts = list(profile.ok.combinations())
    if repeats < 1:
        raise InputError(f"repeats must be >= 1, but got {repeats}")
    if not parts:
        raise InputError("there is nothing to evaluate: no row has status ok")
    for combination, part in parts:
        if not 1 <= train_size < len(part):
            raise InputError(
                f"{combination}: train_size must be in 1..{len(part) - 1}, to leave test rows, "
                f"but got {train_size}"
            )
    jobs = [
        delayed(_evaluate_once)(
            combination,
            part,
            each,
            train_size,
            repeat,
            complexity,
            random_state,
            relatives_of(combination, part.parameters, like) if each.knows_relatives else {},
        )
        for each in chosen
        for combination, part in parts
        for repeat in range(repeats)
    ]
    return pd.DataFrame(collect(jobs, len(jobs), n_jobs, progress))


def scores(time_s: Floats, answers: Answers) -> Scores:
    """Return the scores of answers against measured times, shape (n,)."""
    predicted_s = answers.time_s
    ape = np.abs(predicted_s / time_s - 1)
    slow = time_s >= np.quantile(time_s, 1 - SLOWEST)
    log_ratio = np.log(time_s / predicted_s)
    covered = (time_s >= answers.low_s) & (time_s <= answers.high_s)
    factor = np.exp(np.abs(log_ratio))
    inside = factor[answers.in_range]
    rho = spearmanr(time_s, predicted_s).statistic if len(time_s) > 1 else np.nan
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
    train_size: int,
    repeat: int,
    complexity: Mapping[str, str] | None,
    random_state: int,
    relatives: Mapping[str, PosynomialNet],
) -> dict[str, object]:
    train_rows, test_rows = random_split(len(part), train_size, random_state + repeat)
    test = part.take(test_rows)
    start = time.perf_counter()
    predictor = fit_predictor(
        combination, part.take(train_rows), chosen, complexity, random_state + repeat, relatives
    )
    fit_s = time.perf_counter() - start
    answers = predictor.answers(test.X)
    found = scores(test.time_s, answers)
    return {
        **asdict(combination),
        "model": chosen.name,
        "train_size": train_size,
        "repeat": repeat,
        "n_test": len(test),
        **asdict(found),
        "n_parameters": predictor.formula.n_parameters,
        "fit_s": fit_s,
        "noise": part.noise_floor,
    }
