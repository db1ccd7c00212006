"""The fastest configuration for a size, measured or not: sizes are given, tunables are minimised over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError
from perfpred.learn.rows.encoded_columns import IN_THE_FILE, require_few_columns
from perfpred.learn.training import train
from perfpred.predict.predictor import Predictor
from perfpred.profile import Profile
from perfpred.profile.cells import Value
from perfpred.profile.rules import LARGEST
from perfpred.progress import Progress
from perfpred.tuning.left_out import (
    MAX_ROWS,
    MODELS,
    NEAREST,
    Regret,
    distances,
    drawn,
    nearest_rows,
    regrets,
)
from perfpred.tuning.sizes import label, suspects

_Z90 = 1.645
"""Standard deviations on each side of 90% of a normal distribution."""


@dataclass(frozen=True)
class Choice:
    """A configuration at the size that was asked for.

    Attributes
    ----------
    variant : str
    parameters : dict
        Values of the tunables.
    expected, low, high : float
        Seconds, and their 90% interval.
    in_range : bool
        Whether measurements tell of this size: it was measured or lies near measured ones.
    reason : str
        How the configuration was chosen and what is doubtful.
    """

    variant: str
    parameters: dict[str, Value]
    expected: float
    low: float
    high: float
    in_range: bool
    reason: str


@dataclass(frozen=True)
class Best:
    """The answer to a query.

    Attributes
    ----------
    best : Choice
    alternatives : list of Choice
        The next ones in the order of their expected times.
    regret : Regret, optional
        What its policy costs at sizes left out; None where too few were measured, or none needed.
    """

    best: Choice
    alternatives: list[Choice]
    regret: Regret | None


def best_configuration(
    combination: Combination,
    part: Profile,
    wanted: Mapping[str, Value],
    *,
    top: int = 5,
    n_jobs: int = -1,
    progress: Progress | None = None,
) -> Best:
    """Return the configuration of one combination that is expected to be fastest at a size.

    Only configurations that were measured are chosen from, and none that failed at the measured size nearest
    to the one that is asked for. A size that was measured is answered from its measurements alone. Otherwise
    each policy (models, and the fastest at the nearest size) is tried on sizes left out, and the one with
    the smallest regret chooses.

    Parameters
    ----------
    combination : Combination
    part : Profile
        Its rows.
    wanted : mapping of str to number or text
        Parameters that are given, such as the size.
    top : int
        Choices to return, the best included.
    n_jobs : int
        Processes at the same time; -1 for one per processor.
    progress : Progress, optional
        Told how far it is.

    Raises
    ------
    InputError
        If a parameter is unknown or of the wrong kind, nothing is left to choose, or a column that looks like
        a size is not given; or if a model is needed, and categories have more values than it takes.
    """
    tunables = require_answerable(combination, part, wanted)
    _require_sizes(part, wanted)
    measured = part.ok
    if not len(measured):
        raise InputError(f"{combination}: no row has a time")
    candidates, dropped = _candidates(part, wanted, tunables)
    if not len(candidates):
        raise InputError(f"{combination}: every configuration failed at the size nearest to {label(wanted)}")
    query = _Query(combination, measured, dict(wanted), tunables, candidates, dropped, top)
    if _is_measured(measured, wanted):
        return _from_measurements(query)
    return _from_models(query, n_jobs, progress)


def require_answerable(combination: Combination, part: Profile, wanted: Mapping[str, Value]) -> list[str]:
    """Return the parameters that are left to choose; quick, to be asked before any model is fitted.

    Raises
    ------
    InputError
        If a parameter is unknown or of the wrong kind, nothing is left to choose, or a size that was not
        measured needs a model, and categories have more values than it takes.
    """
    tunables = _tunables(part, wanted)
    measured = part.ok
    if len(measured) and not _is_measured(measured, wanted):
        try:
            require_few_columns(measured.X, IN_THE_FILE)
        except InputError as error:
            raise InputError(f"{combination}: {error}") from None
    return tunables


@dataclass(frozen=True)
class _Query:
    """A query that was checked: rows with times, and the configurations to choose from."""

    combination: Combination
    measured: Profile
    wanted: dict[str, Value]
    tunables: list[str]
    candidates: pd.DataFrame
    dropped: int
    top: int


def _tunables(part: Profile, wanted: Mapping[str, Value]) -> list[str]:
    for name, value in wanted.items():
        if name not in part.parameters:
            raise UnknownNameError("parameter", name, part.parameters)
        is_number = part.X[name].dtype.kind in "if"
        if is_number is isinstance(value, str) or value is None:
            raise InputError(f"{name} must be {'a number' if is_number else 'text'}, but is {value!r}")
        if isinstance(value, float) and not np.isfinite(value):
            raise InputError(f"{name} must be finite, but is {value!r}")
        if isinstance(value, int | float) and abs(value) > LARGEST:
            raise InputError(f"{name} must be at most {LARGEST:g} in size, but is {value:g}")
    tunables = [name for name in part.parameters if name not in wanted]
    if not wanted:
        raise InputError(f"give the size as NAME=VALUE; parameters: {', '.join(part.parameters)}")
    if all(part.X[name].nunique() <= 1 for name in tunables):
        raise InputError(f"there is nothing to choose: no parameter varies beside {', '.join(wanted)}")
    return tunables


def _is_measured(measured: Profile, wanted: Mapping[str, Value]) -> bool:
    return bool((distances(measured.X, wanted) == 0).any())


def _require_sizes(part: Profile, wanted: Mapping[str, Value]) -> None:
    for each in suspects(part):
        missing = [name for name in each.name.split(",") if name not in wanted]
        if each.is_named and missing:
            raise InputError(
                f"'{missing[0]}' looks like a size, not a parameter to tune: give {missing[0]}=VALUE"
            )


def _candidates(
    part: Profile, wanted: Mapping[str, Value], tunables: Sequence[str]
) -> tuple[pd.DataFrame, int]:
    """Return the configurations whose run nearest to the size had a time, and how many failed there."""
    rows = part.X[list(tunables)].assign(
        _far=distances(part.X, wanted), _ok=(part.table["status"] == "ok").to_numpy()
    )
    rows = rows.sort_values("_far", kind="stable")
    nearest = rows.drop_duplicates(list(tunables))
    kept = nearest[nearest["_ok"]]
    return kept[list(tunables)].sort_index().reset_index(drop=True), len(nearest) - len(kept)


def _from_measurements(query: _Query) -> Best:
    """Choose among the rows of a size that was measured."""
    there = query.measured.take(np.flatnonzero(distances(query.measured.X, query.wanted) == 0))
    table = there.X[query.tunables].assign(time_s=there.time_s, noise=there.table["noise"].to_numpy())
    merged = (
        table.groupby(query.tunables, sort=False, as_index=False)
        .median()
        .sort_values("time_s", kind="stable")
    )
    reason = f"measured at {label(query.wanted)}: the fastest of {len(merged)} configurations run there"
    if not np.isfinite(there.noise_floor):
        reason += "; no noise is recorded, so the interval has no width"
    choices = []
    for row in merged.head(query.top).to_dict("records"):
        noise = row["noise"] if np.isfinite(row["noise"]) else there.noise_floor
        spread = _Z90 * (noise if np.isfinite(noise) else 0.0)
        time_s, parameters = float(row["time_s"]), {name: row[name] for name in query.tunables}
        low, high = time_s / (1 + spread), time_s * (1 + spread)
        choices.append(Choice(query.combination.variant, parameters, time_s, low, high, True, reason))
    return Best(choices[0], choices[1:], None)


def _from_models(query: _Query, n_jobs: int, progress: Progress | None) -> Best:
    """Choose for a size that was not measured, in the way that is best for sizes left out."""
    found = regrets(query.combination, query.measured, query.wanted, n_jobs=n_jobs, progress=progress)
    policy = found[0].policy if found else NEAREST
    model = next((each.policy for each in found if each.policy in MODELS), MODELS[0])
    predictor = _predictor(query, model, n_jobs)
    table = query.candidates.assign(**query.wanted)[list(query.measured.parameters)]
    answers = predictor.answers({name: table[name].to_numpy() for name in table})
    nearby = _by_nearest(query) if policy == NEAREST else []
    order = nearby or np.argsort(answers.time_s, kind="stable").tolist()
    how = _how(query, policy, found[0] if found else None)
    choices = []
    for index in order[: query.top]:
        parameters = {name: _plain(table[name].iloc[index]) for name in query.tunables}
        said = predictor.predict({**parameters, **query.wanted})  # type: ignore[dict-item]
        reason = how if said.in_range and not said.reason else f"{how}; {said.reason}"
        choices.append(
            Choice(
                query.combination.variant,
                parameters,
                said.time_s,
                said.low_s,
                said.high_s,
                said.in_range,
                reason,
            )
        )
    return Best(choices[0], choices[1:], found[0] if found else None)


def _predictor(query: _Query, model: str, n_jobs: int) -> Predictor:
    rows = drawn(query.measured)
    (predictor,) = train(rows, model=model, n_jobs=n_jobs)
    return predictor


def _by_nearest(query: _Query) -> list[int]:
    """Return the candidates that were run at the nearest measured size, the fastest first."""
    nearby = query.measured.take(nearest_rows(query.measured, query.wanted))
    rows = nearby.X[query.tunables].itertuples(index=False)
    times = pd.Series(nearby.time_s, index=[tuple(row) for row in rows]).groupby(level=0, sort=False).median()
    index_of = {tuple(row): index for index, row in enumerate(query.candidates.itertuples(index=False))}
    return [index_of[row] for row in times.sort_values(kind="stable").index if row in index_of]


def _how(query: _Query, policy: str, regret: Regret | None) -> str:
    """Say how a configuration was chosen and what that costs elsewhere."""
    what = f"chosen of {len(query.candidates)} configurations"
    by_model = f"{what} by model {policy}"
    how = f"{what}: the fastest at the nearest measured size" if policy == NEAREST else by_model
    if len(query.measured) > MAX_ROWS:
        how += f" of {MAX_ROWS} rows"
    if regret is None:
        sizes = len(query.measured.X[list(query.wanted)].drop_duplicates())
        said = "1 size was" if sizes == 1 else f"{sizes} sizes were"
        how += f"; {said} measured, too few to judge the choice"
    else:
        plural = "" if len(regret.sizes) == 1 else "s"
        how += (
            f"; at {len(regret.sizes)} measured size{plural} left out, such a choice took {regret.mean:.1%} "
            f"longer than the fastest on average, {regret.worst:.1%} at worst"
        )
    return f"{how}; {query.dropped} configurations failed at the nearest size" if query.dropped else how


def _plain(value: object) -> Value:
    return value.item() if isinstance(value, np.generic) else value  # type: ignore[return-value]
