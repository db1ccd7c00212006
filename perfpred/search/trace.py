"""What a search tried, in order: replays, resumes, and tells how good the best was at any moment."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic

import numpy as np

from perfpred.errors import InputError
from perfpred.json_text import NotJSONError, parse_json
from perfpred.search.candidates import C, Floats, Space
from perfpred.search.objective import Outcome


@dataclass(frozen=True)
class Evaluation(Generic[C]):
    """A candidate that was tried, and what became of it."""

    candidate: C
    outcome: Outcome


@dataclass
class Trace(Generic[C]):
    """Evaluations in order, no candidate twice.

    Raises
    ------
    InputError
        On adding a candidate again.
    """

    _evaluations: list[Evaluation[C]] = field(default_factory=list)
    _places: dict[C, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self._evaluations)

    def __iter__(self) -> Iterator[Evaluation[C]]:
        return iter(self._evaluations)

    def __contains__(self, candidate: object) -> bool:
        return candidate in self._places

    def add(self, candidate: C, outcome: Outcome) -> None:
        """Append an evaluation."""
        if candidate in self._places:
            raise InputError(f"a candidate is evaluated once, but this one is there already: {candidate}")
        self._places[candidate] = len(self._evaluations)
        self._evaluations.append(Evaluation(candidate, outcome))

    @property
    def candidates(self) -> list[C]:
        """The candidates in order."""
        return [each.candidate for each in self._evaluations]

    @property
    def times_s(self) -> Floats:
        """Seconds, NaN where a candidate failed, shape (len(self),)."""
        return np.array([each.outcome.time_s for each in self._evaluations], dtype=np.float64)

    @property
    def cost_s(self) -> float:
        """What all evaluations cost together, in seconds."""
        return sum(each.outcome.cost_s for each in self._evaluations)

    @property
    def best(self) -> Evaluation[C] | None:
        """The fastest so far; None if nothing has a time."""
        done = [each for each in self._evaluations if each.outcome.ok]
        return min(done, key=lambda each: each.outcome.time_s, default=None)

    def best_so_far_s(self) -> Floats:
        """Return the least time of the first 1, 2, ... evaluations, shape (len(self),); inf before one."""
        times = self.times_s
        return np.minimum.accumulate(np.where(np.isfinite(times), times, np.inf))

    def lines(self, space: Space[C]) -> Iterator[str]:
        """Yield a line of JSON an evaluation."""
        for each in self._evaluations:
            yield line_of(each, space)

    @classmethod
    def from_lines(cls, lines: Iterable[str], space: Space[C]) -> Trace[C]:
        """Return the trace that `lines` wrote; a last line cut short, by a crash, is left out.

        Raises
        ------
        InputError
            If a line is not an evaluation, with its number.
        """
        trace: Trace[C] = cls()
        texts = [text for text in lines if text.strip()]
        for number, text in enumerate(texts, start=1):
            try:
                trace.add(*_parsed(parse_json(text), space))
            except NotJSONError as error:
                if number < len(texts):
                    raise InputError(f"line {number} of the trace is {error}") from None
            except InputError as error:
                raise InputError(f"line {number} of the trace: {error}") from None
        return trace


def line_of(evaluation: Evaluation[C], space: Space[C]) -> str:
    """Return an evaluation as a line of JSON, without the line end."""
    outcome = evaluation.outcome
    document = {
        "candidate": space.to_json(evaluation.candidate),
        "time_s": outcome.time_s if outcome.ok else None,
        "status": outcome.status,
        "cost_s": outcome.cost_s,
    }
    return json.dumps(document, allow_nan=False)


def _parsed(document: Any, space: Space[C]) -> tuple[C, Outcome]:
    try:
        status, time_s, cost_s = document["status"], document["time_s"], document["cost_s"]
        time_s = math.nan if time_s is None else _number("time_s", time_s)
        outcome = Outcome(time_s, _text("status", status), _cost(cost_s))
        return space.from_json(document["candidate"]), outcome
    except InputError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise InputError(f"it must hold candidate, time_s, status and cost_s: {error!r}") from None


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(f"{name} must be a number, but is {value!r}")
    if math.isinf(value):
        raise InputError(f"{name} must be finite, but is {value!r}")
    return float(value)


def _cost(value: object) -> float:
    cost_s = _number("cost_s", value)
    if not cost_s >= 0:
        raise InputError(f"cost_s must be >= 0, but is {cost_s}")
    return cost_s


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise InputError(f"{name} must be a text, but is {value!r}")
    return value
