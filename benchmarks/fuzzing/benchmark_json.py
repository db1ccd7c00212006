"""JSON of hyperfine, Google Benchmark and pytest-benchmark, as `perfpred import` reads it.

python benchmarks/fuzz.py --kind benchmark_json --count 10000
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fuzzing import imports


def seeds() -> list[bytes]:
    """Return a small file of each tool."""
    timed = {"mean": 0.2, "median": 0.2, "times": [0.3, 0.2, 0.1]}
    hyperfine = [
        {**timed, "command": f"sort {n}", "exit_codes": [0, 0, n % 3], "parameters": {"n": str(n)}}
        for n in (64, 128, 256)
    ]
    google = [
        {"name": f"BM_x/{n}/threads:2", "run_name": f"BM_x/{n}/threads:2", "run_type": "iteration",
         "repetition_index": repetition, "real_time": 10.0 * n, "time_unit": unit}
        for n, unit in ((8, "ns"), (16, "us"), (32, "ms"))
        for repetition in range(3)
    ]  # fmt: skip
    google.append({**google[0], "run_type": "aggregate", "aggregate_name": "mean"})
    google.append({**google[0], "name": "BM_y/1", "run_name": "BM_y/1", "error_occurred": True})
    pytest = [
        {"name": f"test_x[{n}]", "group": "mm", "params": {"n": n, "kind": "a"},
         "stats": {"mean": 1.0, "median": 0.9, "rounds": 5, "data": [1.0, 0.9, 1.1]}}
        for n in (8, 16)
    ]  # fmt: skip
    documents: list[Any] = [
        {"results": hyperfine},
        {"context": {"host_name": "a", "executable": "./b", "num_cpus": 8}, "benchmarks": google},
        {"machine_info": {"cpu": {"brand_raw": "A CPU"}}, "benchmarks": pytest, "version": "4"},
    ]
    return [json.dumps(each).encode() for each in documents]


class BenchmarkJson(imports.ImportedJson):
    """The kind; see `fuzzing.imports.ImportedJson`."""

    name = "benchmark_json"

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()
