"""A profile to a T4 results file, which reads back as the same profile."""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfpred.documents.atomic import atomic_write
from perfpred.errors import InputError
from perfpred.exchange.failures import KEY, FailureWords
from perfpred.exchange.t4 import FINE, ORIGIN
from perfpred.profile import Combination, Profile
from perfpred.profile.time_units import PER_SECOND, UNIT_NAMES

SCHEMA_VERSION = "1.0.0"
_INVALIDITY = {
    "compile_error": "compile",
    "runtime_error": "runtime",
    "timeout": "timeout",
    "wrong_result": "correctness",
}
_REFUSED = "constraints"  # a compile_error too
_VALUES = {"compile_error": "CompilationFailedConfig"}
_OTHER_VALUE = "RuntimeFailedConfig"
"""What stands in the place of a time where nothing else is known; tuners know no third word."""


def write_t4(profile: Profile, path: Path) -> None:
    """Write the measurements of one combination as T4 results; compressed if `path` ends in ``.gz``.

    Names and metadata of the profile go into the metadata of the file, so that importing it gives them back.

    Raises
    ------
    InputError
        If there are several combinations, or the file cannot be written.
    """
    text = json.dumps(t4_document(profile), indent=1, ensure_ascii=False) + "\n"
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"a T4 file must be valid Unicode: {error}") from None
    atomic_write(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def t4_document(profile: Profile) -> dict[str, Any]:
    """Return a profile of one combination as the content of a T4 results file."""
    combination, rows = _only_combination(profile)
    unit = _unit(rows)
    words = FailureWords(profile.metadata.get(KEY))
    records: list[dict[str, Any]] = rows.table.to_dict("records")  # type: ignore[assignment]
    origin = {
        "kernel": combination.kernel,
        "variant": combination.variant,
        "hardware": combination.hardware,
        "metadata": profile.metadata,
    }
    return {
        "schema_version": SCHEMA_VERSION,
        "metadata": {"timeunit": UNIT_NAMES[unit], ORIGIN: origin},
        "results": [_result(record, rows.parameters, unit, words) for record in records],
    }


def _only_combination(profile: Profile) -> tuple[Combination, Profile]:
    found = list(profile.combinations())
    if len(found) != 1:
        listed = "; ".join(str(combination) for combination, _ in found)
        raise InputError(
            f"a T4 file holds one kernel, variant and hardware, but the profile has {len(found)}: {listed}"
        )
    return found[0]


def _unit(rows: Profile) -> str:
    """Return milliseconds, which tools expect, or seconds if a time would lose its last digit."""
    times = rows.ok.time_s
    per_second = PER_SECOND["ms"]
    return "ms" if all(_in_unit(time, per_second) is not None for time in times.tolist()) else "s"


def _in_unit(time_s: float, per_second: float) -> float | None:
    """Return the number that reads back as `time_s`, None if there is none."""
    near = time_s * per_second
    candidates = (near, math.nextafter(near, 0.0), math.nextafter(near, math.inf))
    return next((candidate for candidate in candidates if candidate / per_second == time_s), None)


def _result(
    record: Mapping[str, Any], parameters: tuple[str, ...], unit: str, words: FailureWords
) -> dict[str, Any]:
    configuration = {name: record[name] for name in parameters}
    if record["status"] == "ok":
        invalidity, value = FINE, _in_unit(record["time_s"], PER_SECOND[unit])
    else:
        said = words.of(record["status"], list(configuration.values()))
        invalidity, value = _failure(record["status"], said)
    measurements = [{"name": "time", "value": value, "unit": UNIT_NAMES[unit]}]
    for name, of in (("noise", "fraction"), ("rounds", "repeats")):
        if not math.isnan(record[name]):
            measurements.append({"name": name, "value": record[name], "unit": of})
    return {
        "configuration": configuration,
        "times": {},
        "invalidity": invalidity,
        "correctness": int(invalidity == FINE),
        "measurements": measurements,
        "objectives": ["time"],
    }


def _failure(status: str, said: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the invalidity and what stands in the place of the time, as recorded where that is known."""
    refused = status == "compile_error" and said.get("invalidity") == _REFUSED
    value = said.get("value")
    invalidity = _REFUSED if refused else _INVALIDITY[status]
    return invalidity, value if isinstance(value, str | int | float) else _VALUES.get(status, _OTHER_VALUE)
