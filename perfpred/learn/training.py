"""From a profile to a bank: one predictor a combination, fitted in parallel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import delayed

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.kernels import KERNELS
from perfpred.learn import registry
from perfpred.learn.calibration import Errors, calibrated, grown, level_factor, together
from perfpred.learn.pool import run
from perfpred.learn.probes import Probe, distances, judged, levels_of, probes
from perfpred.learn.registry import Model
from perfpred.learn.sizes import SIZES, Sizes, repeat_noise
from perfpred.learn.storable import require_storable
from perfpred.learn.terms import found_terms
from perfpred.predict.bank import Bank
from perfpred.predict.design import Columns, Encoding, evaluate
from perfpred.predict.familiar import Familiar
from perfpred.predict.formula import PosynomialNet
from perfpred.predict.interval import Interval
from perfpred.predict.predictor import Predictor, Training
from perfpred.predict.ranges import Range
from perfpred.profile import Profile, random_split
from perfpred.progress import Progress

if TYPE_CHECKING:
    from perfpred.learn.base import TimeRegressor

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
    """Return the predictor of one combination, fitted to all of `rows`."""
    sizes = Sizes.of(rows)
    named, found = complexity_of(combination.kernel, rows, complexity)
    try:
        if found:
            named = found_terms(rows)
        estimator = chosen.make(named, features_of(combination.kernel, rows, chosen), random_state)
        if relatives:
            estimator.set_params(relatives=relatives)
        return _fitted(combination, rows, sizes, Request(chosen.name, named, found), estimator)
    except InputError as error:
        raise InputError(f"{combination}: {error}") from None


@dataclass(frozen=True)
class Request:
    """The name of a model, the complexities given to it, and whether these were found in the rows."""

    model: str
    complexity: Mapping[str, str]
    found: bool


def _fitted(
    combination: Combination, rows: Profile, sizes: Sizes, request: Request, estimator: TimeRegressor
) -> Predictor:
    encoding = Encoding.of(sizes.columns)
    encoded = encoding.encode(sizes.columns)
    log_time = np.log(sizes.time_s)
    levels = levels_of(encoded, len(sizes))
    wanted = probes(encoded, log_time, list(levels))
    estimator.fit_with_residuals(
        sizes.X, sizes.time_s, groups=sizes.groups, probes=[probe.train for probe in wanted]
    )
    data = Calibration(rows, sizes, encoded, tuple(request.complexity.values()))
    interval = data.interval(estimator, wanted)
    floor = rows.noise_floor
    noise = floor if np.isfinite(floor) else repeat_noise(rows)
    return Predictor(
        combination,
        estimator.encoding_,
        estimator.formula_,
        _ranges(rows.X, estimator.encoding_.categories),
        _complexity_ranges(request.complexity, encoded),
        interval,
        Training(
            request.model,
            len(rows),
            rows.data_hash,
            noise if np.isfinite(noise) else None,
            request.complexity,
            sizes.independent,
            request.found,
            rows.group_column or SIZES,
        ),
        Familiar.of(encoded, levels, request.complexity.values()),
    )


@dataclass(frozen=True)
class Calibration:
    """What an interval is made of, besides a fitted estimator.

    Parameters
    ----------
    rows : Profile
    sizes : Sizes
        Of these rows.
    encoded : mapping of str to ndarray of shape (s,)
        Encoded columns of the sizes.
    expressions : tuple of str
        Complexities.
    """

    rows: Profile
    sizes: Sizes
    encoded: Columns
    expressions: tuple[str, ...]

    def interval(self, estimator: TimeRegressor, wanted: Sequence[Probe]) -> Interval:
        """Return the 90% interval from what was left out of the folds and probes of an estimator."""
        of_row, log_time = self.sizes.of_row, np.log(self.sizes.time_s)
        log_predicted = (log_time - estimator.oof_log_residuals_)[of_row]
        residuals = np.log(self.rows.time_s) - log_predicted
        noise = self.rows.table["noise"].to_numpy(dtype=np.float64)
        found = calibrated(Errors(residuals, log_predicted, self.sizes.group_of_row), noise)
        beyond: list[Errors] = []
        between: dict[str, list[Errors]] = {}
        for probe, formula in zip(wanted, estimator.probe_formulas_, strict=True):
            errors = judged(probe, formula, self.encoded, log_time, self.sizes.groups)
            if errors is None:
                continue
            if probe.level_of is None:
                far = distances(probe, self.encoded, self.expressions)
                beyond.append(replace(errors, distances=far))
            else:
                between.setdefault(probe.level_of, []).append(errors)
        factors = {name: level_factor(found, together(each)) for name, each in between.items()}
        return replace(grown(found, beyond), levels=factors)


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
    if known is not None and set(known.parameter_names) <= set(rows.parameters):
        return dict(known.complexity), False
    return {}, True


def features_of(kernel: str, rows: Profile, chosen: Model) -> dict[str, str] | None:
    """Return the known kernel's further features, None unless its rows have the kernel's own columns."""
    known = KERNELS.get(kernel)
    if known is None or set(known.parameter_names) != set(rows.parameters):
        return None
    return known.candidates if chosen.selects_features else dict(known.features)


def collect(jobs: Any, total: int, n_jobs: int, progress: Progress | None) -> list[Any]:
    """Run joblib jobs in parallel, telling `progress` after each; returns results in order."""
    return run(jobs, total, n_jobs, progress)


def _require_size(combination: Combination, part: Profile, train_size: int | None) -> None:
    if train_size is not None and not 1 <= train_size <= len(part):
        raise InputError(f"{combination}: train_size must be in 1..{len(part)} (rows), but got {train_size}")


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
