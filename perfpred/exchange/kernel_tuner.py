"""Kernel Tuner's cache files: one object per configuration under ``cache``."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from typing import Any

from perfpred.errors import InputError
from perfpred.exchange.document import Document
from perfpred.exchange.failures import words_instead_of_time
from perfpred.exchange.objects import named_twice, pairs_of, text_in
from perfpred.exchange.results import Rejection, Result, Results, recorded
from perfpred.exchange.space import TuningSpace
from perfpred.exchange.units import is_time
from perfpred.exchange.values import checked_value
from perfpred.profile.cells import Value, value_of

NAME = "Kernel Tuner cache"
DEFAULT_UNIT = "ms"
_FAILED = 1e20  # what versions before 0.4 wrote for a configuration that failed
_PROBLEM = "problem_size"
_AXES = ("x", "y", "z")
_FACTS = ("device_name", "kernel_name", "problem_size")


def refusal(content: Any) -> str | None:
    """Return why the content is not of this format, None if it is."""
    if not isinstance(content, dict):
        return "the file does not hold a JSON object"
    if not isinstance(content.get("cache"), dict):
        return "it has no object 'cache'"
    keys = content.get("tune_params_keys")
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        return "it has no list 'tune_params_keys'"
    return None


def read(document: Document) -> Results:
    """Return what a cache says."""
    content = document.content
    objective = str(content.get("objective") or "time")
    keys = tuple(dict.fromkeys(content["tune_params_keys"]))
    space, remarks = _space(content.get("tune_params"), keys)
    if len(keys) < len(content["tune_params_keys"]):
        remarks.append("'tune_params_keys' names a parameter twice; it counts once")
    results: list[Result] = []
    rejected = list(document.rejected)
    for key, entry in pairs_of(content["cache"]):
        place = f'cache["{key}"]'
        if isinstance(entry, dict):
            results.append(_result(place, entry, keys, objective))
        else:
            rejected.append(Rejection(place, "an entry must be a JSON object", entry))
    return Results(
        format=NAME,
        results=results,
        rejected=rejected,
        parameters=keys,
        objective=objective,
        kernel=text_in(content, "kernel_name"),
        device=text_in(content, "device_name"),
        space=space,
        constants=_problem_size(content.get(_PROBLEM), keys),
        facts={name: recorded(content[name]) for name in _FACTS if content.get(name)},
        remarks=tuple(remarks),
    )


def _problem_size(stated: Any, keys: Collection[str]) -> dict[str, Value]:
    """Return the problem size as parameters: it tells the rows of two files apart that are trained together.

    Empty where it is no plain number or list of at most three: then it depends on the parameters.
    """
    listed = stated if isinstance(stated, list) else [stated]
    values = [value_of(each) if isinstance(each, int | float | str) else None for each in listed]
    sizes = [each for each in values if isinstance(each, int | float) and math.isfinite(each)]
    if any(isinstance(each, bool) for each in listed):
        return {}
    if not 0 < len(sizes) == len(listed) <= len(_AXES):
        return {}
    axes = [f"{_PROBLEM}_{axis}" for axis in _AXES] if isinstance(stated, list) else [_PROBLEM]
    named = dict(zip(axes, sizes, strict=False))
    return {} if any(name in keys for name in named) else dict(named)


def _result(place: str, entry: dict[str, Any], keys: tuple[str, ...], objective: str) -> Result:
    configuration = {key: entry[key] for key in keys if key in entry}
    value = _time(entry, objective)
    words = {"value": value} if value == _FAILED else words_instead_of_time(value)
    repeats = entry.get("times")
    twice = named_twice(entry)
    return Result(
        place,
        configuration,
        value,
        words=words,
        repeats=repeats if isinstance(repeats, list) else (),
        problem=f"the entry names '{twice}' twice" if twice else "",
    )


def _time(entry: dict[str, Any], objective: str) -> Any:
    """Return the time, or the word in its place; a failed run has the word under its objective."""
    tuned = entry.get(objective)
    if isinstance(tuned, str) or ("time" not in entry and is_time(objective)):
        return tuned
    return entry.get("time")


def _space(tune_params: Any, keys: Iterable[str]) -> tuple[TuningSpace | None, list[str]]:
    """Return the space that the file states, if it states one, and what is wrong with it."""
    if not isinstance(tune_params, dict):
        return None, []
    parameters: dict[str, tuple[Value, ...]] = {}
    for key in keys:
        values = tune_params.get(key)
        if not isinstance(values, list):
            return None, []
        try:
            parameters[key] = tuple(checked_value(value) for value in values)
        except InputError as error:
            return None, [f"'tune_params' is left out, because of '{key}': {error}"]
    return TuningSpace(parameters), []
