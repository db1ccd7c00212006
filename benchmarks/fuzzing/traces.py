"""Traces of searches, which a later search goes on from.

python benchmarks/fuzz.py --kind traces --count 10000
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from fuzzing import damage, imports
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError
from perfpred.documents.reading import read_text
from perfpred.errors import InputError
from perfpred.search import Outcome, Trace, lines_of, trace_of
from perfpred.search.listed import Configuration, ListedSpace

ROWS: list[Configuration] = [(x, y) for x in (1, 2, 4, 8) for y in ("row", "column")]
SPACE = ListedSpace(("x", "y"), ROWS, lambda chosen: np.zeros((len(chosen), 1)))


def seeds() -> list[bytes]:
    """Return short traces, one of them cut off."""
    trace: Trace[Configuration] = Trace()
    for place, row in enumerate(ROWS[:6]):
        timed = Outcome(1e-3 * (place + 1), cost_s=0.5)
        trace.add(row, Outcome.failed("timeout", 3.0) if place == 2 else timed)
    text = "".join(f"{line}\n" for line in lines_of(trace, SPACE)).encode()
    return [text, text[:-30]]


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return a trace with a damaged line, lines in another order or again, or damaged bytes."""
    lines = data.splitlines()
    place = rng.randrange(len(lines))
    change = rng.random()
    if change < 0.6 and lines[place].endswith(b"}"):
        lines[place] = imports.mutated(lines[place], rng)
    elif change < 0.8:
        lines.insert(place, rng.choice([rng.choice(lines), b"", b"null", b"[]", b"{}"]))
    data = b"\n".join(lines)
    return rng.choice(damage.ANY)(data, rng) if rng.random() < 0.3 else data


class Traces:
    """The kind; see `fuzzing.kinds.Kind`."""

    name = "traces"
    suffix = ".jsonl"

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return `mutated`."""
        return mutated(data, rng)

    def judge(self, path: Path) -> str:
        """Read a trace; what is accepted must be of the space, timed, and the same when written and read."""
        try:
            trace = trace_of(read_text(path, "trace").splitlines(), SPACE)
        except InputError:
            return REFUSED
        for each in trace:
            outcome = each.outcome
            is_timed = math.isfinite(outcome.time_s) and outcome.time_s > 0
            if outcome.ok != is_timed or not 0 <= outcome.cost_s < math.inf:
                raise WrongAnswerError(f"{each} is no outcome")
            if not SPACE.is_legal(each.candidate):
                raise WrongAnswerError(f"{each} is none of the space")
        again = trace_of(lines_of(trace, SPACE), SPACE)
        if list(lines_of(again, SPACE)) != list(lines_of(trace, SPACE)):
            raise WrongAnswerError("the trace reads back as another")
        return ACCEPTED
