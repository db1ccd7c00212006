"""T4 results files: a list ``results``, each with its configuration, times and measurements."""

from __future__ import annotations

from typing import Any

from perfpred.exchange.document import Document
from perfpred.exchange.results import Rejection, Result, Results

NAME = "T4 results"
DEFAULT_UNIT = "ms"
_FINE = "correct"


def refusal(content: Any) -> str | None:
    """Return why the content is not of this format, None if it is."""
    if not isinstance(content, dict):
        return "the file does not hold a JSON object"
    if not isinstance(content.get("results"), list):
        return "it has no list 'results'"
    return None


def read(document: Document) -> Results:
    """Return what a T4 results file says."""
    content = document.content
    metadata = content.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    objective = _objective(content["results"])
    results: list[Result] = []
    rejected = list(document.rejected)
    for index, entry in enumerate(content["results"]):
        place = f"results[{index}]"
        if isinstance(entry, dict):
            results.append(_result(place, entry, objective))
        else:
            rejected.append(Rejection(place, "an entry must be a JSON object", entry))
    version = content.get("schema_version")
    return Results(
        format=NAME,
        results=results,
        rejected=rejected,
        objective=objective,
        unit=str(metadata.get("timeunit") or ""),
        unit_place="metadata.timeunit",
        kernel=str(metadata.get("kernel_name") or ""),
        device=str(metadata.get("device_name") or ""),
        facts={"schema_version": version} if version else {},
    )


def _objective(results: list[Any]) -> str:
    """Return ``time`` where it is an objective, else the first one stated."""
    for entry in results:
        stated = entry.get("objectives") if isinstance(entry, dict) else None
        if isinstance(stated, list) and stated:
            return "time" if "time" in stated else str(stated[0])
    return "time"


def _result(place: str, entry: dict[str, Any], objective: str) -> Result:
    measured = _measurements(entry).get(objective, {})
    times = entry.get("times")
    repeats = times.get("runtimes") if isinstance(times, dict) else None
    value = measured.get("value")
    return Result(
        place,
        entry.get("configuration"),
        value,
        words=_words(entry, value),
        repeats=repeats if isinstance(repeats, list) else (),
        unit=str(measured.get("unit") or ""),
    )


def _measurements(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    listed = entry.get("measurements")
    found = listed if isinstance(listed, list) else []
    return {str(each.get("name")): each for each in found if isinstance(each, dict)}


def _words(entry: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return what is said of a failure: the invalidity, and what stands in the place of a time."""
    invalidity = entry.get("invalidity")
    words = {"invalidity": invalidity} if invalidity not in (None, "", _FINE) else {}
    correctness = entry.get("correctness", 1)
    if not words and isinstance(correctness, int | float) and correctness < 1:
        words = {"invalidity": "correctness"}
    return words | {"value": value} if words or isinstance(value, str) else {}
