"""pytest-benchmark's JSON (``--benchmark-json``): one entry per test, with its parameters and statistics."""

from __future__ import annotations

from typing import Any

from perfpred.exchange.document import Document
from perfpred.exchange.objects import named_twice, text_in
from perfpred.exchange.results import Rejection, Result, Results, recorded

NAME = "pytest-benchmark JSON"
_FACTS = ("datetime", "version")


def refusal(content: Any) -> str | None:
    """Return why the content is not of this format, None if it is."""
    if not isinstance(content, dict):
        return "the file does not hold a JSON object"
    listed = content.get("benchmarks")
    if not isinstance(listed, list):
        return "it has no list 'benchmarks'"
    if not any(isinstance(each, dict) and isinstance(each.get("stats"), dict) for each in listed):
        return "no entry of its list 'benchmarks' has an object 'stats'"
    return None


def read(document: Document) -> Results:
    """Return what was measured: a variant per test function, the parameters it was called with."""
    content = document.content
    results: list[Result] = []
    rejected = list(document.rejected)
    groups: set[str] = set()
    for index, entry in enumerate(content["benchmarks"]):
        place = f"benchmarks[{index}]"
        if isinstance(entry, dict) and isinstance(entry.get("stats"), dict):
            results.append(_result(place, entry))
            groups.add(text_in(entry, "group"))
        else:
            rejected.append(Rejection(place, "an entry must be a JSON object with an object 'stats'", entry))
    machine = content.get("machine_info")
    return Results(
        format=NAME,
        results=results,
        rejected=rejected,
        kernel=groups.pop() if len(groups) == 1 else "",
        device=_device(machine if isinstance(machine, dict) else {}),
        facts={name: recorded(content[name]) for name in _FACTS if content.get(name)},
    )


def _device(machine: dict[str, Any]) -> str:
    cpu = machine.get("cpu")
    return (text_in(cpu, "brand_raw") if isinstance(cpu, dict) else "") or text_in(machine, "node")


def _result(place: str, entry: dict[str, Any]) -> Result:
    stats = entry["stats"]
    stated, data, median, rounds = (
        entry.get("params"),
        stats.get("data"),
        stats.get("median"),
        stats.get("rounds"),
    )
    twice = named_twice(entry)
    has_rounds = isinstance(rounds, int) and not isinstance(rounds, bool) and rounds >= 0
    return Result(
        place,
        stated if isinstance(stated, dict) else {},
        stats.get("mean") if median is None else median,
        repeats=data if isinstance(data, list) else (),
        rounds=float(rounds) if has_rounds and not data else None,
        variant=text_in(entry, "name").partition("[")[0],
        problem=f"the entry names '{twice}' twice" if twice else "",
    )
