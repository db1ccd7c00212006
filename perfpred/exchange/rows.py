"""Results to the rows of a profile; a result that cannot be one is reported with its location."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfpred.documents.json_text import HugeNumber
from perfpred.errors import InputError
from perfpred.exchange.estimates import DEFAULT, RECORDED, belongs, location, repeatability, usable
from perfpred.exchange.results import Rejection, Result, recorded
from perfpred.exchange.statuses import status_of
from perfpred.exchange.units import TimeUnit, unit_named
from perfpred.profile.cells import Value, parameter_column, value_of
from perfpred.profile.time_units import PER_SECOND


@dataclass(frozen=True)
class Row:
    """A result that keeps the rules of a profile.

    Attributes
    ----------
    result : Result
        What it was made of.
    parameters : tuple
        Values in the order of the parameters' names.
    time_s, noise : float
        NaN where unknown.
    rounds : float, optional
    status : str
    from_repeats : bool
        Whether `time_s` is an estimate from the repeats rather than the time as recorded.
    """

    result: Result
    parameters: tuple[Value, ...]
    time_s: float
    noise: float
    rounds: float | None
    status: str
    from_repeats: bool = False


@dataclass(frozen=True)
class Reading:
    """How results become rows.

    Parameters
    ----------
    names : tuple of str
        The parameters of all rows.
    unit : TimeUnit
        Of a result that states none.
    estimate : str
        Of the repeats, where a result has any.
    of_variant : mapping, optional
        The parameters that a variant has, where it has not all of them.
    """

    names: tuple[str, ...]
    unit: TimeUnit
    estimate: str = DEFAULT
    of_variant: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass
class Sorted:
    """Rows, and the results that are none."""

    rows: list[Row] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)


def sort_results(results: Iterable[Result], reading: Reading) -> Sorted:
    """Turn results into rows, in order; those that break a rule are rejected."""
    found = Sorted()
    seen: dict[tuple[Value, ...], Result] = {}
    for result in results:
        try:
            row = _row(result, reading)
            _require_new(row, seen)
        except InputError as error:
            found.rejected.append(rejection(result, str(error)))
        else:
            seen[_key(row)] = result
            found.rows.append(row)
    return _one_kind(found, reading.names)


def parameters_by_variant(results: Sequence[Result]) -> dict[str, tuple[str, ...]]:
    """Return the parameters that most results of each variant have, in the order they first appear."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(result.variant, []).append(result)
    return {variant: common_parameters(members) for variant, members in groups.items()}


def rejection(result: Result, reason: str) -> Rejection:
    """Return a result with the reason why it became no row."""
    return Rejection(result.place, reason, {"configuration": result.configuration, "value": result.value})


def common_parameters(results: Iterable[Result]) -> tuple[str, ...]:
    """Return the parameters that most results have, in the order they first appear."""
    counts: Counter[str] = Counter()
    total = 0
    for result in results:
        if isinstance(result.configuration, Mapping):
            total += 1
            counts.update(result.configuration.keys())
    return tuple(name for name, count in counts.items() if 2 * count > total)


def _row(result: Result, reading: Reading) -> Row:
    if result.problem:
        raise InputError(result.problem)
    _require_known_quality(result)
    used = reading.of_variant.get(result.variant, reading.names)
    if not used:
        raise InputError("the entry has no parameter; if all share a size, give it as --param NAME=VALUE")
    own = _parameters(result.configuration, used)
    parameters = tuple(own.get(name) for name in reading.names)
    status = status_of(result.words)
    if status != "ok":
        noise = math.nan if result.noise is None else result.noise
        return Row(result, parameters, math.nan, noise, result.rounds, status)
    time_s, noise, from_repeats = _estimated(result, reading)
    noise = noise if result.noise is None else result.noise
    rounds = (len(result.repeats) or None) if result.rounds is None else result.rounds
    return Row(result, parameters, time_s, noise, rounds, "ok", from_repeats)


def _estimated(result: Result, reading: Reading) -> tuple[float, float, bool]:
    """Return the time of a result, its noise, and whether both are of the repeats."""
    per_second = reading.unit.per_second
    if result.unit:
        per_second = PER_SECOND[unit_named(result.unit)]
    time_s = _time_s(result.value, per_second)
    repeats = usable(result.repeats)
    if not repeats or not belongs(float(result.value), repeats):
        return time_s, math.nan, False
    if reading.estimate == RECORDED:
        return time_s, repeatability(repeats, "mean", float(result.value)), False
    estimated = _time_s(location(repeats, reading.estimate), per_second)
    return estimated, repeatability(repeats, reading.estimate), True


def _require_known_quality(result: Result) -> None:
    """Raise unless what an exported profile states beside a time is what a profile may hold."""
    if result.noise is not None and not 0 <= result.noise < math.inf:
        raise InputError(f"the noise must be >= 0 and finite, but is {result.noise!r}")
    rounds = result.rounds
    if rounds is not None and not (0 <= rounds < math.inf and rounds == round(rounds)):
        raise InputError(f"the rounds must be a whole number >= 0, but are {rounds!r}")


def _parameters(configuration: Any, names: Sequence[str]) -> dict[str, Value]:
    if not isinstance(configuration, Mapping):
        raise InputError(f"a configuration must be a JSON object, but is {_shown(configuration)}")
    if len(configuration) != len(names) or any(name not in configuration for name in names):
        missing = [name for name in names if name not in configuration]
        if missing:
            raise InputError(f"parameter '{missing[0]}' is missing")
        other = next(name for name in configuration if name not in names)
        raise InputError(f"parameter '{other}' is not one that other rows have")
    return {name: _parameter(name, configuration[name]) for name in names}


def _parameter(name: str, stated: object) -> Value:
    if type(stated) is int and abs(stated) < 2**53:
        return stated
    if not isinstance(stated, int | float | str):
        raise InputError(f"parameter '{name}' must be a number or a text, but is {_shown(stated)}")
    value = value_of(stated)
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        raise InputError(f"parameter '{name}' must be finite and not blank, but is {_shown(stated)}")
    if isinstance(value, str) and value != recorded(value):
        raise InputError(f"parameter '{name}' must be valid Unicode of at most 500 characters")
    return value


def _time_s(value: object, per_second: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"the time must be a number, but is {_shown(value)}")
    time_s = _float(value) / per_second
    if not 0 < time_s < math.inf:
        raise InputError(f"the time must be > 0 and finite, but is {value!r}")
    return time_s


def _float(value: float) -> float:
    """Return a number as a float, infinite where none is as large."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _key(row: Row) -> tuple[Value, ...]:
    return (row.result.variant, *row.parameters)


def _require_new(row: Row, seen: Mapping[tuple[Value, ...], Result]) -> None:
    before = seen.get(_key(row))
    if before is not None:
        same = "the same" if before.value == row.result.value else "another"
        raise InputError(f"the configuration is already at {before.place}, with {same} value")


def _one_kind(found: Sorted, names: Sequence[str]) -> Sorted:
    """Reject the rows whose value is a text where the others hold numbers, or the other way round."""
    odd: dict[int, str] = {}
    for index, name in enumerate(names):
        values = [row.parameters[index] for row in found.rows]
        if len({isinstance(value, str) for value in values if value is not None}) == 2:
            column, bad = parameter_column(values)
            kind = "a number" if column.dtype.kind in "if" else "text"
            odd |= dict.fromkeys(bad, f"parameter '{name}' must be {kind} as in most rows")
    rejected = [rejection(found.rows[position].result, reason) for position, reason in odd.items()]
    rows = [row for position, row in enumerate(found.rows) if position not in odd]
    return Sorted(rows, [*found.rejected, *rejected])


def _shown(value: object) -> str:
    """Return a value as JSON would have it, cut to a readable length."""
    if isinstance(value, HugeNumber):
        return repr(value)
    text = json.dumps(recorded(value) if isinstance(value, list | dict) else value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:57]}..."
