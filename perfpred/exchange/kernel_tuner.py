"""Kernel Tuner's cache files: one object a configuration under ``cache``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from perfpred.exchange.document import Document, pairs_of
from perfpred.exchange.results import Rejection, Result, Results
from perfpred.exchange.space import TuningSpace
from perfpred.exchange.units import is_time
from perfpred.profile.cells import Value, value_of

NAME = "Kernel Tuner cache"
DEFAULT_UNIT = "ms"
_FAILED = 1e20  # what versions before 0.4 wrote for a configuration that failed
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
    keys = tuple(content["tune_params_keys"])
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
        kernel=str(content.get("kernel_name") or ""),
        device=str(content.get("device_name") or ""),
        space=_space(content.get("tune_params"), keys),
        facts={name: content[name] for name in _FACTS if content.get(name)},
    )


def _result(place: str, entry: dict[str, Any], keys: tuple[str, ...], objective: str) -> Result:
    configuration = {key: entry[key] for key in keys if key in entry}
    value = _time(entry, objective)
    failed = isinstance(value, str) or value == _FAILED
    repeats = entry.get("times")
    return Result(
        place,
        configuration,
        value,
        words={"value": value} if failed else {},
        repeats=repeats if isinstance(repeats, list) else (),
    )


def _time(entry: dict[str, Any], objective: str) -> Any:
    """Return the time, or the word in its place; a failed run has the word under its objective."""
    tuned = entry.get(objective)
    if isinstance(tuned, str) or ("time" not in entry and is_time(objective)):
        return tuned
    return entry.get("time")


def _space(tune_params: Any, keys: Iterable[str]) -> TuningSpace | None:
    if not isinstance(tune_params, dict):
        return None
    parameters: dict[str, tuple[Value, ...]] = {}
    for key in keys:
        values = tune_params.get(key)
        if not isinstance(values, list):
            return None
        parameters[key] = tuple(value_of(value) for value in values)
    return TuningSpace(parameters)
