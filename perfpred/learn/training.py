"""From a profile to a bank: one predictor a combination, fitted in parallel."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from joblib import delayed

from perfpred.combination import Combination
from perfpred.errors import DataWarning, InputError, shortlist
from perfpred.kernels import KERNELS, Kernel
from perfpred.learn import registry
from perfpred.learn.fitting.terms import terms_of
from perfpred.learn.intervals.fitted import TrainingData, fitted_interval
from perfpred.learn.pool import run
from perfpred.learn.registry import Model
from perfpred.learn.rows.contradictions import contradiction
from perfpred.learn.rows.encoded_columns import require_few_columns
from perfpred.learn.rows.sizes import SIZES, Sizes, repeat_noise
from perfpred.learn.rows.storable import require_storable
from perfpred.predict.bank import Bank
from perfpred.predict.design import Columns, evaluate, parsed
from perfpred.predict.familiar import Familiar
from perfpred.predict.formula import PosynomialNet
from perfpred.predict.predictor import Predictor, Training
from perfpred.predict.ranges import Range
from perfpred.profile import Profile, random_split
from perfpred.progress import Progress

RELATED = "related"
"""The model that learns from others."""


def train(
    profile: Profile,
    *,
    model: str | None = None,
    like: Bank | None = None,
    train_size: int | None = None,
    complexity: Mapping[str, str] | None = None,
    random_state: int = 0,
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> Bank:
    """Fit one predictor to each combination of a profile.

    Parameters
    ----------
    profile : Profile
        Rows whose status is not ``ok`` are left out of the fit.
    model : str, optional
        A name of the model registry; by default ``augmented``, or ``related`` with `like`.
    like : Bank, optional
        What is known of the kernel's other variants, or of other machines: a model that learns from it,
        such as ``related``, needs fewer rows. Nets of the same parameters are used, other models are not.
    train_size : int, optional
        Number of rows drawn at random for each fit; all by default.
    complexity : mapping of str to str, optional
        Named expressions; by default those of the profile's metadata, else the known kernel's.
    random_state : int
        Seed of the draw and of the fit; the same seed gives the same bank.
    n_jobs : int
        Processes, as in joblib.

    Raises
    ------
    InputError
        If a combination has fewer rows than the model has parameters, an expression names a column that
        it has not, or nothing in `like` can be used for it.
    """
    chosen = chosen_model(model, like)
    parts = list(profile.ok.combinations())
    if not parts:
        raise InputError("there is nothing to train on: no row has status ok")
    for combination, part in parts:
        _require_size(combination, part, train_size)
        require_storable(combination, part)
        require_trainable(combination, part)
    warn_of(parts, chosen, complexity)
    jobs = (
        delayed(fit_predictor)(
            combination,
            _drawn(part, train_size, random_state),
            chosen,
            complexity,
            random_state,
            relatives_of(combination, part.parameters, like),
        )
        for combination, part in parts
    )
    predictors = collect(jobs, len(parts), n_jobs, progress)
    for predictor in predictors:
        _require_determined(predictor, chosen)
    return Bank(predictors)


def fit_predictor(
    combination: Combination,
    rows: Profile,
    chosen: Model,
    complexity: Mapping[str, str] | None,
    random_state: int,
    relatives: Mapping[str, PosynomialNet] | None = None,
) -> Predictor:
    """Return the predictor of one combination, fitted to `rows`, or to a part that covers them."""
    named, found = complexity_of(combination.kernel, rows, complexity)
    try:
        data = TrainingData.of(rows, chosen.max_sizes, random_state)
        if found:
            named = terms_of(data.encoded, data.sizes.time_s, data.sizes.groups)
        estimator = chosen.make(named, features_of(combination.kernel, rows, chosen), random_state)
        if relatives:
            estimator.set_params(relatives=relatives)
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


def chosen_model(name: str | None, like: Bank | None) -> Model:
    """Return the model of that name, or the default; raises `InputError` if it has no use for `like`."""
    chosen = registry.model(name or ("augmented" if like is None else RELATED))
    if like is not None and not chosen.knows_relatives:
        raise InputError(f"model {chosen.name} learns nothing from other models; {RELATED} does")
    return chosen


def relatives_of(
    combination: Combination, parameters: Sequence[str], like: Bank | None
) -> dict[str, PosynomialNet]:
    """Return the nets of a bank for other combinations of the kernel with the same parameters.

    Raises
    ------
    InputError
        If there is a bank, but nothing of it can be used.
    """
    if like is None:
        return {}
    found = {
        str(each.combination): each.formula
        for each in like
        if each.combination.kernel == combination.kernel
        and each.combination != combination
        and sorted(each.parameters) == sorted(parameters)
        and not each.encoding.categories
        and isinstance(each.formula, PosynomialNet)
    }
    if not found:
        raise InputError(
            f"{combination}: none of {len(like)} models to learn from is an augmented net of kernel "
            f"'{combination.kernel}' with numeric parameters {', '.join(parameters)}, and of another "
            "variant or hardware"
        )
    return found


def complexity_of(kernel: str, rows: Profile, given: Mapping[str, str] | None) -> tuple[dict[str, str], bool]:
    """Return the named complexities to use, and whether they are still to be found in the rows.

    They are those given, else the profile's, else the known kernel's if its columns are the kernel's own.
    """
    stated = dict(given or rows.complexity)
    if stated:
        return stated, False
    known = KERNELS.get(kernel)
    if known is not None and is_kernels_own(known, rows):
        return dict(known.complexity), False
    return {}, True


def is_kernels_own(known: Kernel, rows: Profile) -> bool:
    """Say whether rows have a kernel's parameters, and sizes for which its complexities are > 0."""
    if not set(known.parameter_names) <= set(rows.parameters):
        return False
    columns = {name: rows.X[name] for name in known.parameter_names}
    if any(values.dtype.kind not in "iuf" for values in columns.values()):
        return False
    numbers = {name: values.to_numpy(dtype=np.float64) for name, values in columns.items()}
    return all(bool((parsed(text)(numbers) > 0).all()) for text in known.complexity.values())


def warn_of(
    parts: Sequence[tuple[Combination, Profile]], chosen: Model, complexity: Mapping[str, str] | None
) -> None:
    """Warn of what a user should know before a model is fitted to the rows of each combination."""
    own: dict[str, dict[str, None]] = {}
    large: dict[str, int] = {}
    for combination, rows in parts:
        kernel = combination.kernel
        if kernel in KERNELS and complexity_of(kernel, rows, complexity)[1]:
            own.setdefault(kernel, {}).update(dict.fromkeys(rows.parameters))
        found = contradiction(combination, rows)
        if found:
            warn(found)
        count = 0 if chosen.max_sizes is None or len(rows) <= chosen.max_sizes else len(Sizes.of(rows))
        if chosen.max_sizes is not None and count > chosen.max_sizes:
            large[str(combination)] = count
    for kernel, parameters in own.items():
        known = ", ".join(KERNELS[kernel].parameter_names)
        warn(
            f"kernel '{kernel}' has parameters {', '.join(parameters)} here, and perfpred's of that "
            f"name has {known}: it is taken for a kernel of your own"
        )
    _warn_of_large(large, chosen)


def _warn_of_large(counts: Mapping[str, int], chosen: Model) -> None:
    """Say once of which combinations a model is fitted to a part of the sizes only."""
    if len(counts) == 1:
        name, count = next(iter(counts.items()))
        warn(
            f"{name}: {chosen.name} is fitted to {chosen.max_sizes} of {count} sizes, chosen to "
            "cover them; the others size its interval"
        )
    elif counts:
        listed = shortlist([f"{name} ({count})" for name, count in counts.items()], "; ", 5)
        warn(
            f"{chosen.name} is fitted to {chosen.max_sizes} sizes of each of these, chosen to cover all; "
            f"the others size the intervals: {listed}"
        )


def warn(text: str) -> None:
    """Warn with a `DataWarning`."""
    warnings.warn(text, DataWarning, stacklevel=3)


def features_of(kernel: str, rows: Profile, chosen: Model) -> dict[str, str] | None:
    """Return the known kernel's further features, None unless its rows have the kernel's own columns."""
    known = KERNELS.get(kernel)
    if known is None or set(known.parameter_names) != set(rows.parameters):
        return None
    return known.candidates if chosen.selects_features else dict(known.features)


def collect(jobs: Any, total: int, n_jobs: int, progress: Progress | None) -> list[Any]:
    """Run joblib jobs in parallel, telling `progress` after each; returns results in order."""
    return run(jobs, total, n_jobs, progress)


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
