"""Replay searches on recorded measurements: every candidate tried, in order, with its time.

python searches.py BUDGET REPEATS OUT.json PROFILE.csv...
"""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import perfpred as pp
from perfpred.search import STRATEGIES
from perfpred.tuning.recorded import RecordedSpace
from perfpred.tuning.replay import replay


def traced(recorded: RecordedSpace, strategy: str, budget: int, seed: int) -> list[Any]:
    """Return ``[configuration, time or None]`` of each evaluation."""
    trace = replay(recorded, strategy, budget, seed).trace
    times = [None if math.isnan(time_s) else time_s for time_s in trace.times_s.tolist()]
    return [[list(candidate), time_s] for candidate, time_s in zip(trace.candidates, times, strict=True)]


def main() -> None:
    budget, repeats, out, *files = sys.argv[1:]
    answers: dict[str, Any] = {}
    for file in files:
        for combination, part in pp.read_profile(file).combinations():
            recorded = RecordedSpace.of(part)
            for strategy in STRATEGIES:
                for seed in range(int(repeats)):
                    name = f"{Path(file).name} {combination.variant}: {strategy}, seed {seed}"
                    answers[name] = traced(recorded, strategy, int(budget), seed)
    Path(out).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
