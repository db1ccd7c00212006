"""What became of the inputs, as a table or one JSON document."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

from fuzzing.crew import Judged
from fuzzing.kinds import ACCEPTED, REFUSED
from fuzzing.plan import FAILURES, Plan, Tally

EVERY_S = 30.0
SHOWN = 40
"""Failures that are printed; all of them are in the journal."""


class Progress:
    """Tells the plan of each input, and whoever waits now and then."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self._last = plan, time.monotonic()

    def told(self, judged: Judged) -> None:
        """Pass on what became of an input."""
        self._plan.told(judged)
        if time.monotonic() - self._last > EVERY_S:
            self._last = time.monotonic()
            inputs = sum(each.inputs for each in self._plan.tallies.values())
            print(f"{inputs} inputs, {len(self._plan.failures)} failed", file=sys.stderr, flush=True)


def document(plan: Plan, folder: Path, seconds: float) -> dict[str, Any]:
    """Return everything that is told as values of JSON."""
    return {
        "seconds": round(seconds, 1),
        "kinds": {kind: _row(tally) for kind, tally in plan.tallies.items()},
        "failures": [_failure(each, folder) for each in plan.failures],
    }


def text(document: dict[str, Any]) -> str:
    """Return the table, and the failures with the command that repeats each."""
    columns = ["inputs", REFUSED, ACCEPTED, *FAILURES, "inputs/s", "slowest s", "peak MiB"]
    rows = [["kind", *columns]]
    rows += [[kind, *(str(row[each]) for each in columns)] for kind, row in document["kinds"].items()]
    sums = [str(sum(row[each] for row in document["kinds"].values())) for each in columns[:-3]]
    rows.append(["all", *sums, "", "", ""])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    lines.append(f"in {document['seconds'] / 60:.1f} minutes")
    failures = document["failures"]
    for failure in failures[:SHOWN]:
        last = (failure["error"].strip().splitlines() or [""])[-1]
        lines += ["", f"{failure['kind']} {failure['verdict']}: {last[:300]!a}", f"  {failure['command']}"]
    if len(failures) > SHOWN:
        lines.append(f"and {len(failures) - SHOWN} more in the journal")
    return "\n".join(lines)


def _row(tally: Tally) -> dict[str, Any]:
    return {
        "inputs": tally.inputs,
        **{each: tally.counts[each] for each in (REFUSED, ACCEPTED, *FAILURES)},
        "inputs/s": round(tally.inputs / tally.cpu_s, 1) if tally.cpu_s else 0.0,
        "slowest s": round(tally.slowest_s, 2),
        "peak MiB": tally.peak_mib,
    }


def _failure(judged: Judged, folder: Path) -> dict[str, Any]:
    command = f"python benchmarks/fuzz.py --repeat {folder / judged.file}"
    return {"kind": judged.kind, "verdict": judged.verdict, "error": judged.error, "command": command}
