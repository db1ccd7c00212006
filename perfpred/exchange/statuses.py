"""The words tuners use for a run that failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

STATUS_WORDS: Mapping[str, str] = {
    "compile": "compile_error",
    "compile_error": "compile_error",
    "compilationfailed": "compile_error",
    "compilationfailedconfig": "compile_error",
    "constraints": "compile_error",  # refused before it could run, like what does not compile
    "invalidconfig": "compile_error",
    "runtime": "runtime_error",
    "runtime_error": "runtime_error",
    "runtimefailedconfig": "runtime_error",
    "computationfailed": "runtime_error",
    "devicelimitsexceeded": "runtime_error",
    "timeout": "timeout",
    "timeoutconfig": "timeout",
    "correctness": "wrong_result",
    "validationfailed": "wrong_result",
    "wrong_result": "wrong_result",
}
"""Lower-case word to status; Kernel Tuner's, KTT's, those of the T4 schema and our own."""

UNKNOWN = "runtime_error"
"""The status of a run that failed for a reason given in no known word; the word itself is kept."""


def status_of(words: Mapping[str, Any]) -> str:
    """Return the status that the words of a run amount to, ``ok`` if there are none.

    Examples
    --------
    >>> status_of({"invalidity": "compile", "value": "CompilationFailedConfig"}), status_of({})
    ('compile_error', 'ok')
    >>> status_of({"value": "CosmicRay"})
    'runtime_error'
    """
    if not words:
        return "ok"
    known = [STATUS_WORDS.get(str(word).strip().lower()) for word in words.values()]
    return next((status for status in known if status is not None), UNKNOWN)
