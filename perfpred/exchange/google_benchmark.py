"""Google Benchmark's JSON (``--benchmark_format=json``): the name holds the arguments, as ``BM_x/512/64``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

from perfpred.errors import InputError
from perfpred.exchange.document import Document
from perfpred.exchange.objects import named_twice, text_in
from perfpred.exchange.results import Rejection, Result, Results, recorded
from perfpred.exchange.units import unit_named
from perfpred.profile.cells import value_of
from perfpred.profile.time_units import PER_SECOND

NAME = "Google Benchmark JSON"
DEFAULT_UNIT = "ns"
_SETTINGS = ("min_time", "min_warmup_time", "iterations", "repeats")
_INDICES = ("family_index", "per_family_instance_index")
_CLOCKS = ("real_time", "process_time", "manual_time")
_AGGREGATE = re.compile(r"_(mean|median|stddev|cv|BigO|RMS|min|max)$")
_FACTS = ("date", "executable", "num_cpus", "mhz_per_cpu", "library_build_type", "cpu_scaling_enabled")


def refusal(content: Any) -> str | None:
    """Return why the content is not of this format, None if it is."""
    if not isinstance(content, dict):
        return "the file does not hold a JSON object"
    listed = content.get("benchmarks")
    if not isinstance(listed, list):
        return "it has no list 'benchmarks'"
    if not any(isinstance(each, dict) and "real_time" in each for each in listed):
        return "no entry of its list 'benchmarks' has a 'real_time'"
    return None


def read(document: Document) -> Results:
    """Return what was measured: a variant per function, its arguments as parameters, runs as repeats."""
    content = document.content
    stated = content.get("context")
    context = stated if isinstance(stated, dict) else {}
    runs: dict[tuple[str, ...], list[tuple[str, dict[str, Any]]]] = {}
    averages: dict[tuple[str, ...], list[tuple[str, dict[str, Any]]]] = {}
    rejected = list(document.rejected)
    for index, entry in enumerate(content["benchmarks"]):
        place = f"benchmarks[{index}]"
        name = text_in(entry, "name") if isinstance(entry, dict) else ""
        if not name:
            rejected.append(Rejection(place, "an entry must be a JSON object with a 'name'", entry))
            continue
        kind = _aggregate(entry, name)
        group = averages if kind else runs
        if kind in ("", "mean", "median"):
            run_name = text_in(entry, "run_name") or _AGGREGATE.sub("", name)
            key = (run_name, *(str(entry.get(index)) for index in _INDICES))
            group.setdefault(key, []).append((place, entry))
    for key, entries in averages.items():  # only where the runs themselves were left out of the file
        runs.setdefault(key, sorted(entries, key=lambda each: _aggregate(each[1], ""))[-1:])
    return Results(
        format=NAME,
        results=[_result(key[0], entries) for key, entries in runs.items()],
        rejected=rejected,
        kernel=PurePath(text_in(context, "executable")).name,
        device=text_in(context, "host_name"),
        facts={name: recorded(context[name]) for name in _FACTS if context.get(name) is not None},
    )


def _aggregate(entry: dict[str, Any], name: str) -> str:
    """Return what an entry sums up of others, such as ``mean``; empty for a run."""
    if "run_type" in entry:
        return text_in(entry, "aggregate_name") or "other" if entry["run_type"] == "aggregate" else ""
    found = _AGGREGATE.search(name)  # before version 1.5
    return found[1] if found else ""


def _result(name: str, entries: Sequence[tuple[str, dict[str, Any]]]) -> Result:
    place = entries[0][0]
    variant, configuration = parse_name(name)
    failed = [entry for _, entry in entries if entry.get("error_occurred") or entry.get("skipped")]
    words = {}
    if failed:
        said = text_in(failed[0], "error_message") or text_in(failed[0], "skip_message")
        words = {"value": recorded(said or "error_occurred")}
    twice = next(filter(None, (named_twice(entry) for _, entry in entries)), "")
    unit, times = _times([entry for _, entry in entries])
    return Result(
        place,
        configuration,
        times[0] if len(times) == 1 or not _numbers(times) else sum(times) / len(times),
        words=words,
        repeats=times if len(times) > 1 else (),
        unit=unit,
        variant=variant,
        problem=f"the entry names '{twice}' twice" if twice else "",
    )


def _numbers(times: Sequence[Any]) -> bool:
    return all(isinstance(time, int | float) for time in times)


def _times(entries: Sequence[dict[str, Any]]) -> tuple[str, list[Any]]:
    """Return the times of runs in one unit, and that unit."""
    units = [str(entry.get("time_unit") or DEFAULT_UNIT) for entry in entries]
    times = [entry.get("real_time") for entry in entries]
    if len(set(units)) == 1:
        return units[0], times
    try:
        scales = [PER_SECOND[unit_named(unit)] for unit in units]
    except InputError:
        return units[0], times[:1]
    pairs = zip(times, scales, strict=True)
    return "s", [each / scale if isinstance(each, int | float) else each for each, scale in pairs]


def parse_name(name: str) -> tuple[str, dict[str, Any]]:
    """Return the function of a benchmark's name and its arguments.

    Examples
    --------
    >>> parse_name("BM_copy<float>/512/64/threads:4/real_time")
    ('BM_copy<float>', {'arg0': 512, 'arg1': 64, 'threads': 4})
    >>> parse_name("Suite/Copy/n:512/repeats:3")
    ('Suite/Copy', {'n': 512})
    """
    parts = name.split("/")
    split = next((at for at, part in enumerate(parts) if at and _is_argument(part)), len(parts))
    arguments: dict[str, Any] = {}
    for part in parts[split:]:
        key, colon, text = part.rpartition(":")
        if part in _CLOCKS or key in _SETTINGS:
            continue
        if not (colon and key) or key in arguments:
            key = f"arg{len(arguments)}"
        arguments[key] = value_of(text)
    return "/".join(parts[:split]), arguments


def _is_argument(part: str) -> bool:
    key, colon, text = part.rpartition(":")
    is_named = bool(colon and key and not key.endswith(":") and "<" not in part)  # no C++ scope, no template
    return part in _CLOCKS or is_named or (not colon and isinstance(value_of(text), int | float))
