"""What an entry of a journal may be: checked when it is read, so that nothing odd passes for a timing."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from perfpred.profile.rules import STATUSES

INDEX = re.compile(r"row|look\d{1,9}")
"""The key of a timing's row; campaigns in rounds have one for each round."""
LARGEST = 1 << 53
Check = Callable[[Any], bool]


def is_time(value: Any) -> bool:
    """Say whether a value is a number of seconds that a clock can have measured."""
    return _is_number(value) and 0 < value < math.inf


def problem(entry: Mapping[str, Any]) -> str | None:
    """Return why an entry cannot be one that a campaign wrote, or None.

    Examples
    --------
    >>> problem({"row": 3, "status": "ok", "time_s": 1e-3, "monitor_s": 5e-6})
    >>> problem({"row": 3, "status": "ok", "time_s": -1e-3, "monitor_s": 5e-6})
    'time_s cannot be -0.001'
    >>> problem({"rnw": 3, "status": "ok", "time_s": 1e-3, "monitor_s": 5e-6})
    'it is neither a timing nor anything else that a campaign writes'
    """
    indices = [key for key in entry if INDEX.fullmatch(key)]
    if len(indices) == 1:
        return _timing_problem(entry, indices[0])
    for needed, optional in SHAPES:
        if needed.keys() <= entry.keys() <= needed.keys() | optional.keys():
            return _first_wrong(entry, {**needed, **optional})
    return "it is neither a timing nor anything else that a campaign writes"


def timings_in_range(entries: Iterable[dict[str, Any]], n_rows: int) -> Iterator[dict[str, Any]]:
    """Yield the timings of rows that a campaign of `n_rows` rows has."""
    return (entry for entry in entries if 0 <= entry.get("row", -1) < n_rows)


def _timing_problem(entry: Mapping[str, Any], index: str) -> str | None:
    if entry.get("status") == "ok":
        checks: dict[str, Check] = {"time_s": is_time, "monitor_s": is_time}
        optional: dict[str, Check] = {"give_up": _is_bool}
    else:
        checks, optional = {}, {"message": _is_text}
    checks |= {index: _is_count, "status": STATUSES.__contains__}
    optional |= {"stage": _is_count, "of": _is_text}
    odd = entry.keys() - checks.keys() - optional.keys()
    lacking = checks.keys() - entry.keys()
    if odd or lacking:
        return f"a timing has no {sorted(odd)[0]!r}" if odd else f"it lacks {sorted(lacking)[0]}"
    return _first_wrong(entry, {**checks, **optional})


def _first_wrong(entry: Mapping[str, Any], checks: Mapping[str, Check]) -> str | None:
    for key, value in entry.items():
        if not checks[key](value):
            return f"{key} cannot be {str(value)[:40]}"
    return None


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    if isinstance(value, int):
        return not isinstance(value, bool) and abs(value) <= LARGEST
    return isinstance(value, float)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST


def _is_list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(map(check, value))


def _is_finding(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"rows", "error", "noise"}
        and _is_count(value["rows"])
        and all(_is_number(value[key]) and not value[key] < 0 for key in ("error", "noise"))
    )


SHAPES: tuple[tuple[dict[str, Check], dict[str, Check]], ...] = (
    # A stage begins, and what was learned of it.
    ({"stage": _is_count, "new": _is_list_of(_is_count), "anchors": _is_list_of(_is_count)}, {}),
    ({"stage": _is_count, "finding": _is_finding}, {}),
    # Halide's schedules: the first, those of a round, and what became of one when it was compiled.
    ({"candidates": _is_list_of(lambda each: isinstance(each, dict)), "notes": _is_list_of(_is_text)}, {}),
    ({"proposed": _is_count, "schedules": _is_list_of(lambda each: isinstance(each, dict))}, {}),
    (
        {
            "compiled": _is_text,
            "status": STATUSES.__contains__,
            "message": _is_text,
            "codes": _is_list_of(_is_text),
            "compile_s": lambda value: _is_number(value) and 0 <= value < math.inf,
        },
        {},
    ),
)
"""What else than timings a journal holds: keys that must be there, those that may be, and their checks."""
