"""From a profile to a bank: one predictor per combination, fitted in parallel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from joblib import delayed

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.learn.data_warnings import warn_of
from perfpred.learn.fit_identity import PREDICTORS, fit_identity
from perfpred.learn.fitting.terms import terms_of
from perfpred.learn.intervals.fitted import TrainingData, fitted_interval
from perfpred.learn.kernel_expressions import complexity_of, features_of
from perfpred.learn.registry import Model
from perfpred.learn.rows.encoded_columns import require_few_columns
from perfpred.learn.rows.sizes import SIZES, repeat_noise
from perfpred.learn.rows.storable import require_storable
from perfpred.learn.source_models import chosen_model, source_bank, source_models_of
from perfpred.parallel.pool import run
from perfpred.parallel.result_journal import ResultJournal
from perfpred.predict.bank import Bank
from perfpred.predict.expressions import Columns, evaluate
from perfpred.predict.familiar import Familiar
from perfpred.predict.formula import Formula
from perfpred.predict.predictor import Predictor, Training
from perfpred.predict.ranges import Range
from perfpred.profile import Profile, random_split
from perfpred.progress import Progress


def train(  # noqa: PLR0913  # keywords of the public interface
    profile: Profile,
    *,
    model: str | None = None,
    transfer_from: Bank | None = None,
    like: Bank | None = None,
    train_size: int | None = None,
    complexity: Mapping[str, str] | None = None,
    random_state: int = 0,
    n_jobs: int = -1,
    progress: Progress | None = None,
    journal: ResultJournal | None = None,
) -> Bank:
    """Fit one predictor to each combination of a profile.

    Parameters
    ----------
    profile : Profile
        Rows whose status is not ``ok`` are left out of the fit.
    model : str, optional
        A name of the model registry; by default ``augmented``, or ``related`` with `transfer_from`.
    transfer_from : Bank, optional
        Source models: those of the kernel's other variants, or of other machines. A model that learns from
        them, such as ``related``, needs fewer rows. Nets of the same parameters are used, other models are
        not.
    like : Bank, optional
        An earlier name of `transfer_from`.
    train_size : int, optional
        Number of rows drawn at random for each fit; all by default.
    complexity : mapping of str to str, optional
        Named expressions; by default those of the profile's metadata, else the known kernel's.
    random_state : int
        Seed of the draw and of the fit; the same seed gives the same bank.
    n_jobs : int
        Processes, as in joblib.
    progress : Progress, optional
        Is updated after each combination.
    journal : ResultJournal, optional
        Where each predictor is written down as soon as it is fitted, so that a killed run goes on.

    Returns
    -------
    Bank
        One predictor per combination.

    Raises
    ------
    InputError
        If a combination has fewer rows than the model has parameters, an expression names a column that
        it has not, or nothing in `transfer_from` can be used for it.

    Warns
    -----
    DataWarning
        Of rows that contradict each other, and of combinations of which only a part is fitted.
    """
    sources = source_bank(transfer_from, like)
    chosen = chosen_model(model, sources)
    parts = list(profile.ok.combinations())
    if not parts:
        raise InputError("there is nothing to train on: no row has status ok")
    for combination, part in parts:
        _require_size(combination, part, train_size)
        require_storable(combination, part)
        require_trainable(combination, part)
    warn_of(parts, chosen, complexity)
    useful = [source_models_of(each, part.parameters, chosen, sources) for each, part in parts]
    jobs = (
        delayed(fit_predictor)(
            combination,
            _drawn(part, train_size, random_state),
            chosen,
            complexity,
            random_state,
            source_models,
        )
        for (combination, part), source_models in zip(parts, useful, strict=True)
    )
    known = None
    if journal is not None:
        fits = [
            fit_identity(*part, chosen, complexity, models)
            for part, models in zip(parts, useful, strict=True)
        ]
        drawn = {"train_size": train_size, "seed": random_state}
        known = journal.opened([{**each, **drawn} for each in fits], PREDICTORS)
    predictors = run(jobs, len(parts), n_jobs, progress, known)
    for predictor in predictors:
        _require_determined(predictor, chosen)
    return Bank(predictors)


def fit_predictor(
    combination: Combination,
    rows: Profile,
    chosen: Model,
    complexity: Mapping[str, str] | None,
    random_state: int,
    source_models: Mapping[str, Formula] | None = None,
) -> Predictor:
    """Return the predictor of one combination, fitted to `rows`, or to a part that covers them.

    Parameters
    ----------
    combination : Combination
    rows : Profile
        Of that combination, status ok.
    chosen : Model
    complexity : mapping of str to str or None
        As in `train`.
    random_state : int
    source_models : mapping of str to Formula, optional
        Of `source_models_of`.

    Raises
    ------
    InputError
        If the model cannot be fitted to these rows.
    """
    named, found = complexity_of(combination.kernel, rows, complexity)
    try:
        data = TrainingData.of(rows, chosen.max_sizes, random_state)
        if found:
            named = terms_of(data.encoded, data.sizes.time_s, data.sizes.groups)
        features = features_of(combination.kernel, rows, chosen)
        estimator = chosen.make(named, features, random_state, source_models)
        interval = fitted_interval(estimator, data, tuple(named.values()))
    except InputError as error:
        raise InputError(f"{combination}: {error}") from None
    everything = data.everything
    floor = rows.noise_floor
    noise = floor if np.isfinite(floor) else repeat_noise(rows)
    training = Training(
        chosen.name,
        len(rows),
        rows.data_hash,
        noise if np.isfinite(noise) else None,
        named,
        data.sizes.independent,
        found,
        rows.group_column or SIZES,
    )
    return Predictor(
        combination,
        estimator.encoding_,
        estimator.formula_,
        _ranges(rows.X, estimator.encoding_.categories),
        _complexity_ranges(named, everything),
        interval,
        training,
        Familiar.of(everything, data.levels, named.values()),
    )


def require_trainable(combination: Combination, part: Profile) -> None:
    """Raise `InputError` if all rows of a combination have more columns than a model takes.

    A model is refused whatever part of the rows it would be fitted to: which values that part has is chance.
    """
    try:
        require_few_columns(part.X)
    except InputError as error:
        raise InputError(f"{combination}: {error}") from None


def _require_size(combination: Combination, part: Profile, train_size: int | None) -> None:
    if train_size is not None and not 1 <= train_size <= len(part):
        raise InputError(
            f"{combination}: train_size (on the command line --train-size) must be in 1..{len(part)}, the "
            f"rows there are, but got {train_size}"
        )


def _require_determined(predictor: Predictor, chosen: Model) -> None:
    """Refuse a net with more parameters than rows; a forest, which has no bound, grows with its rows."""
    count, rows = predictor.formula.n_parameters, predictor.training.sizes or predictor.training.rows
    if chosen.max_parameters is not None and rows < count:
        raise InputError(
            f"{predictor.combination}: model {chosen.name} has {count} parameters, but there are {rows} "
            f"rows; give it at least {count} rows"
        )


def _drawn(part: Profile, train_size: int | None, random_state: int) -> Profile:
    if train_size is None or train_size == len(part):
        return part
    chosen, _ = random_split(len(part), train_size, random_state)
    return part.take(chosen)


def _ranges(X: pd.DataFrame, categories: Mapping[str, Any]) -> dict[str, Range]:
    numeric = [name for name in X.columns if name not in categories]
    return {str(name): Range(float(X[name].min()), float(X[name].max())) for name in numeric}


def _complexity_ranges(named: Mapping[str, str], columns: Columns) -> dict[str, Range]:
    values = {name: evaluate(text, columns) for name, text in named.items()}
    return {name: Range(float(seen.min()), float(seen.max())) for name, seen in values.items()}
