"""T4 results files, of tuners and of our own export, as `perfpred import` reads them.

python benchmarks/fuzz.py --kind t4 --count 10000
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd

from fuzzing import imports
from perfpred.exchange.to_t4 import t4_document
from perfpred.profile import Profile


def seeds() -> list[bytes]:
    """Return small files: with units in each place, words of failure, and one of our own."""
    return [
        json.dumps(each).encode()
        for each in (_tuned("miliseconds", ""), _tuned("", "s"), _tuned("", ""), _own())
    ]


def _tuned(timeunit: str, unit: str) -> dict[str, Any]:
    results = []
    for place, (x, y) in enumerate((x, y) for x in (1, 2, 4) for y in (8, 16)):
        is_ok = place != 3
        value: Any = 2.0 + place if is_ok else "CompilationFailedConfig"
        results.append(
            {
                "configuration": {"x": x, "y": y},
                "times": {
                    "compilation": 8.0,
                    "runtimes": [value, value * 1.01, value * 0.99] if is_ok else [],
                },
                "invalidity": "correct" if is_ok else "compile",
                "correctness": int(is_ok),
                "measurements": [{"name": "time", "value": value, "unit": unit}],
                "objectives": ["time"],
            }
        )
    return {"schema_version": "1.0.0", "metadata": {"timeunit": timeunit}, "results": results}


def _own() -> dict[str, Any]:
    table = pd.DataFrame({"n": [8, 16, 32], "layout": ["a", "b", "a"], "time_s": [1e-3, 2e-3, None]})
    table = table.assign(noise=[0.01, None, None], rounds=[12, 13, None], status=["ok", "ok", "timeout"])
    table = table.assign(kernel="k", variant="v", hardware="h")
    return t4_document(Profile(table, ("n", "layout"), {"complexity": {"work": "n**2"}}))


class T4Files(imports.ImportedJson):
    """The kind; see `fuzzing.imports.ImportedJson`."""

    name = "t4"

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def times(self, content: Any) -> dict[tuple[Any, ...], list[float]]:
        """Return the times that a file records, where it states their unit once or nowhere."""
        found: dict[tuple[Any, ...], list[float]] = {}
        for entry in content["results"]:
            (measured,) = (each for each in entry["measurements"] if each["name"] == "time")
            if measured.get("unit") or entry["objectives"] != ["time"]:
                return {}
            if isinstance(measured["value"], int | float):
                configuration = tuple(entry["configuration"].values())
                own = imports.estimates(measured["value"], entry["times"].get("runtimes"))
                found.setdefault(configuration, []).extend(own)
        return found
