"""T4 results files: a list ``results``, each with its configuration, times and measurements."""

from __future__ import annotations

from typing import Any

from perfpred.documents.json_text import HugeNumber
from perfpred.exchange.document import Document
from perfpred.exchange.failures import words_instead_of_time
from perfpred.exchange.objects import named_twice, text_in
from perfpred.exchange.results import Rejection, Result, Results, recorded
from perfpred.exchange.units import is_time

NAME = "T4 results"
DEFAULT_UNIT = "ms"
ORIGIN = "perfpred"
"""The key of the metadata under which an exported profile keeps its names and its own metadata."""
FINE = "correct"
_KEYS = {"configuration", "measurements"}
"""What no other format calls so: `results` is a list in many a JSON file."""


def refusal(content: Any) -> str | None:
    """Return why the content is not of this format, None if it is."""
    if not isinstance(content, dict):
        return "the file does not hold a JSON object"
    listed = content.get("results")
    if not isinstance(listed, list):
        return "it has no list 'results'"
    if "schema_version" in content or any(isinstance(each, dict) and _KEYS & each.keys() for each in listed):
        return None
    return "no entry of its list 'results' has a 'configuration', and it has no 'schema_version'"


def read(document: Document) -> Results:
    """Return what a T4 results file says."""
    content = document.content
    metadata = content.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    objective = _objective(content["results"])
    origin = _origin(metadata)
    results: list[Result] = []
    rejected = list(document.rejected)
    for index, entry in enumerate(content["results"]):
        place = f"results[{index}]"
        if isinstance(entry, dict):
            results.append(_result(place, entry, objective, exported=origin is not None))
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
        kernel=text_in(metadata, "kernel_name"),
        device=text_in(metadata, "device_name"),
        facts={"schema_version": recorded(version)} if version else {},
        origin=origin,
    )


def _objective(results: list[Any]) -> str:
    """Return ``time`` where it is an objective, else the first one stated."""
    for entry in results:
        stated = entry.get("objectives") if isinstance(entry, dict) else None
        if isinstance(stated, list) and stated:
            return "time" if "time" in stated else str(stated[0])
    return "time"


def _origin(metadata: dict[str, Any]) -> dict[str, Any] | None:
    """Return what an exported profile kept of itself; None if the file is no such export."""
    origin = metadata.get(ORIGIN)
    return origin if isinstance(origin, dict) and isinstance(origin.get("metadata"), dict) else None


def _result(place: str, entry: dict[str, Any], objective: str, *, exported: bool) -> Result:
    measured = _measurements(entry)
    times = entry.get("times")
    repeats = times.get("runtimes") if isinstance(times, dict) else None
    timed = _timed(measured, objective)
    return Result(
        place,
        entry.get("configuration"),
        timed.get("value"),
        words=_words(entry, timed.get("value")),
        repeats=repeats if isinstance(repeats, list) else (),
        unit=str(timed.get("unit") or ""),
        noise=_number(measured, "noise") if exported else None,
        rounds=_number(measured, "rounds") if exported else None,
        problem=_problem(entry),
    )


def _problem(entry: dict[str, Any]) -> str:
    """Say what an entry states twice; empty if nothing."""
    twice = named_twice(entry)
    if twice:
        return f"the entry names '{twice}' twice"
    listed = entry.get("measurements")
    names = (
        [each.get("name") for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    )
    texts = [name for name in names if isinstance(name, str)]
    twice = next((name for name in texts if texts.count(name) > 1), "")
    return f"the entry has two measurements named '{twice}'" if twice else ""


def _timed(measured: dict[str, dict[str, Any]], objective: str) -> dict[str, Any]:
    """Return the measurement of the time, or of an objective that holds a word because the run failed."""
    tuned = measured.get(objective, {})
    if is_time(objective) or isinstance(tuned.get("value"), str):
        return tuned
    return measured.get("time", {})


def _number(measured: dict[str, dict[str, Any]], name: str) -> float | None:
    value = measured.get(name, {}).get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if isinstance(value, HugeNumber) else float(value)


def _measurements(entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    listed = entry.get("measurements")
    found = listed if isinstance(listed, list) else []
    return {str(each.get("name")): each for each in found if isinstance(each, dict)}


def _words(entry: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return what is said of a failure: the invalidity, and what stands in the place of a time."""
    invalidity = entry.get("invalidity")
    words = {"invalidity": recorded(invalidity)} if invalidity not in (None, "", FINE) else {}
    correctness = entry.get("correctness", 1)
    if not words and isinstance(correctness, int | float) and correctness < 1:
        words = {"invalidity": "correctness"}
    return words | {"value": recorded(value)} if words else words_instead_of_time(value)
