"""A trace as entries of JSON: written as a search goes on, read to continue it.

An entry is an evaluation, or ``{"proposed": candidate}``, which is written before the candidate is evaluated:
one without an evaluation after it was interrupted, and is evaluated first when the search is continued.
Entries are kept as lines of a text, or in a journal, which is locked and has checksums.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Generic, Protocol, TextIO

from perfpred.documents.json_lines import LineWriter, json_line, read_json_lines
from perfpred.documents.views import Log
from perfpred.errors import InputError
from perfpred.search.candidates import C, Space
from perfpred.search.objective import SECONDS
from perfpred.search.outcome import Outcome
from perfpred.search.trace import VALUE, Evaluation, Trace

TIME, PROPOSED = "time_s", "proposed"


class Appendable(Protocol):
    """Where entries are appended: a stream of lines, or a journal."""

    def append(self, entry: dict[str, Any]) -> None:
        """Add one entry."""
        ...


class EntryLog(Generic[C]):
    """Writes what a search does as entries, such as those of a journal; see `SearchLog`.

    Parameters
    ----------
    entries : Appendable
        Such as a `Journal`, or the part of one that is the search's.
    space : Space
        How candidates are written.
    unit : str
        Of the values.
    """

    def __init__(self, entries: Appendable, space: Space[C], unit: str = SECONDS) -> None:
        self._entries, self._space, self._unit = entries, space, unit

    def proposed(self, candidate: C) -> None:
        """Write that a candidate is about to be evaluated."""
        self._entries.append({PROPOSED: self._space.to_json(candidate)})

    def evaluated(self, evaluation: Evaluation[C]) -> None:
        """Write what became of a candidate."""
        self._entries.append(_entry(evaluation, self._space, self._unit))


class LineLog(EntryLog[C]):
    """Writes what a search does to a stream, a line at a time; see `SearchLog`.

    Parameters
    ----------
    stream : text stream
        Flushed after every line.
    space : Space
        How candidates are written.
    unit : str
        Of the values.
    """

    def __init__(self, stream: TextIO, space: Space[C], unit: str = SECONDS) -> None:
        super().__init__(LineWriter(stream), space, unit)


def lines_of(trace: Trace[C], space: Space[C]) -> Iterator[str]:
    """Yield one line of JSON per evaluation, without line ends."""
    for each in trace:
        yield line_of(each, space, trace.unit)


def line_of(evaluation: Evaluation[C], space: Space[C], unit: str = SECONDS) -> str:
    """Return an evaluation as a line of JSON, without the line end."""
    return json_line(_entry(evaluation, space, unit))


def _entry(evaluation: Evaluation[C], space: Space[C], unit: str) -> dict[str, Any]:
    outcome = evaluation.outcome
    document: dict[str, Any] = {
        "candidate": space.to_json(evaluation.candidate),
        TIME if unit == SECONDS else VALUE: outcome.value if outcome.ok else None,
        "status": outcome.status,
        "cost_s": outcome.cost_s,
    }
    further = {"metrics": outcome.metrics, "violations": outcome.violations, "message": outcome.message}
    return document | {name: value for name, value in further.items() if value}


def trace_of(lines: Iterable[str], space: Space[C], unit: str = SECONDS) -> Trace[C]:
    """Return the trace that lines hold; a last line that a crash cut short is left out.

    Candidates that were proposed but not evaluated are its `pending`.

    Raises
    ------
    InputError
        If a line is neither an evaluation nor a proposal, with its number.
    """
    trace: Trace[C] = Trace(unit)
    for number, document in read_json_lines(lines, "trace"):
        try:
            _read(trace, document, space)
        except InputError as error:
            raise InputError(f"line {number} of the trace: {error}") from None
    return trace


def logged_trace(log: Log, space: Space[C], unit: str = SECONDS) -> Trace[C]:
    """Return the trace whose entries a journal, or a part of one, holds.

    Raises
    ------
    InputError
        If an entry is neither an evaluation nor a proposal, with its number.
    """
    trace: Trace[C] = Trace(unit)
    for number, entry in enumerate(log.entries(), start=1):
        try:
            _read(trace, entry, space)
        except InputError as error:
            raise InputError(f"entry {number} of the trace: {error}") from None
    return trace


def _read(trace: Trace[C], document: Any, space: Space[C]) -> None:
    if isinstance(document, Mapping) and set(document) == {PROPOSED}:
        candidate = space.from_json(document[PROPOSED])
        if candidate not in trace:  # proposed again after an interruption
            trace.begin(candidate)
        return
    name = TIME if trace.unit == SECONDS else VALUE
    try:
        outcome = _outcome(document, name)
        trace.add(space.from_json(document["candidate"]), outcome)
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InputError(f"it must hold candidate, {name}, status and cost_s: {error!r}") from None


def _outcome(document: Any, name: str) -> Outcome:
    status, value, cost_s = document["status"], document[name], document["cost_s"]
    if not isinstance(status, str):
        raise InputError(f"status must be a text, but is {status!r}")
    value = math.nan if value is None else _number(name, value)
    if name == TIME and (status == "ok") != (value > 0):
        rule = "time_s > 0 must hold where the status is ok, and it is NaN elsewhere"
        raise InputError(f"{rule}, but got time_s={value}, status='{status}'")
    metrics, violations = (_figures(each, document.get(each, {})) for each in ("metrics", "violations"))
    message = document.get("message", "")
    if not isinstance(message, str):
        raise InputError(f"message must be a text, but is {message!r}")
    return Outcome(value, metrics, violations, status, message, _number("cost_s", cost_s))


def _figures(name: str, found: object) -> dict[str, float]:
    if not isinstance(found, Mapping):
        raise InputError(f"{name} must be a JSON object, but is {found!r}")
    return {str(key): _number(f"{name}.{key}", value) for key, value in found.items()}


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name} must be a number, but is {value!r}")
    if not math.isfinite(value):
        raise InputError(f"{name} must be finite, but is {value!r}")
    return float(value)
