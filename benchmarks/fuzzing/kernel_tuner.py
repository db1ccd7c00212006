"""Kernel Tuner caches, whole and cut off, as `perfpred import` reads them.

python benchmarks/fuzz.py --kind kernel_tuner --count 10000
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from fuzzing import imports

TIMES = ([2.0, 2.1, 2.0], [6.0, 1.0, 1.0, 1.1, 1.0, 1.0, 1.0], [3.0], [])


def seeds() -> list[bytes]:
    """Return small caches: with words of failure, texts, a problem size of each kind, and old ones."""
    found = []
    for size in (4096, [64, 32], ["n", 1], None):
        cache: dict[str, Any] = {}
        for place, (x, y) in enumerate((x, y) for x in (16, 32, 64) for y in ("row", "column")):
            repeats = TIMES[place % len(TIMES)]
            time = sum(repeats) / len(repeats) if repeats else ("RuntimeFailedConfig", 1e20)[place % 2]
            cache[f"{x},{y}"] = {"x": x, "y": y, "time": time, "times": repeats, "GFLOP/s": 3.5}
        parameters = {"x": [16, 32, 64], "y": ["row", "column"]}
        document = {
            "device_name": "A GPU",
            "kernel_name": "k",
            "problem_size": size,
            "tune_params_keys": ["x", "y"],
        }
        found.append(json.dumps({**document, "tune_params": parameters, "cache": cache}).encode())
    return [*found, found[0][:-40], found[1][:-2]]


class KernelTunerCaches(imports.ImportedJson):
    """The kind; see `fuzzing.imports.ImportedJson`."""

    name = "kernel_tuner"

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a damaged version; one that is cut off already has its bytes damaged only."""
        try:
            return imports.mutated(data, rng)
        except json.JSONDecodeError:
            return imports.cut(data, rng)

    def times(self, content: Any) -> dict[tuple[Any, ...], list[float]]:
        """Return the times that a cache records."""
        keys = content["tune_params_keys"]
        if content.get("objective") not in (None, "time"):
            return {}
        found: dict[tuple[Any, ...], list[float]] = {}
        for entry in content["cache"].values():
            if isinstance(entry, dict) and isinstance(entry.get("time"), int | float):
                own = imports.estimates(entry["time"], entry.get("times"))
                found.setdefault(tuple(entry[key] for key in keys), []).extend(own)
        return found
