"""How many of the schedules that the own space draws compile, run and compute what they should.

Every schedule is compiled, run at one size and checked; the first message of each kind of failure is shown.

    python benchmarks/halide_compiles.py [PIPELINE ...] [--schedules 300] [--size 64x48]
                                        [--seed 0] [--out F.json] [--resume]

What is found of each pipeline is written to F.json at once; with --resume, those that are there are
not tried again. PIPELINE is a suite name or FILE.py:FUNCTION; default: the suite, and `halide_kinds.py`
beside this file.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.errors import PerfpredError
from perfpred.halide.choose.session import session
from perfpred.halide.measure.profiling import parse_size
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.space.loop_nests import LoopNestSpace
from perfpred.hardware import Site, probe
from perfpred.measure.campaign import Effort
from perfpred.progress import NullProgress

KINDS = Path(__file__).with_name("halide_kinds.py")
ONCE = Effort(min_rounds=1, max_rounds=1, row_budget_s=0.05, row_limit_s=20.0)


def everything() -> list[str]:
    """Return the suite's pipelines and those of the kinds."""
    from halide_kinds import KINDS as KNOWN

    return [*PIPELINES, *(f"{KINDS}:{name}" for name in KNOWN)]


def tried(place: str, count: int, size: tuple[int, int], seed: int) -> dict[str, Any]:
    """Return how many schedules of a pipeline there were, and how many ended in which way."""
    source = PipelineRef.of(place)
    start = time.monotonic()
    with session(Workload(source, size), Site.of(probe())) as opened:
        drawn = LoopNestSpace(opened.graph, opened.target).sample(count, np.random.default_rng(seed))
        timed = opened.measure(drawn, ONCE, seed, NullProgress())
    statuses = Counter(each.status for each in timed.values())
    messages: dict[str, str] = {}
    for candidate, each in timed.items():
        if each.status != "ok":
            kind = f"{each.status}: {re.sub(r'[0-9]+', '0', each.message)[:60]}"
            messages.setdefault(kind, f"{candidate.id} {each.status}: {' '.join(each.message.split())[:200]}")
    return {
        "pipeline": source.name,
        "drawn": len(drawn),
        "ok": statuses["ok"],
        "statuses": dict(statuses),
        "failures": list(messages.values()),
        "seconds": round(time.monotonic() - start, 1),
    }


def main() -> None:
    """Draw, compile and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("pipelines", nargs="*")
    parser.add_argument("--schedules", type=int, default=300)
    parser.add_argument("--size", type=parse_size, default=(64, 48))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--resume", action="store_true")
    given = parser.parse_args()
    kept = json.loads(given.out.read_text(encoding="utf-8")) if given.resume and given.out.exists() else []
    known = {each["pipeline"]: each for each in kept}
    documents: dict[str, Any] = {}
    for place in given.pipelines or everything():
        name = PipelineRef.of(place).name
        try:
            found = known.get(name) or tried(place, given.schedules, given.size, given.seed)
        except PerfpredError as error:
            found = {"pipeline": name, "drawn": 0, "ok": 0, "failures": [str(error)], "seconds": 0.0}
        documents[name] = found
        show(found)
        if given.out:
            text = json.dumps(list(documents.values()), indent=1) + "\n"
            given.out.write_text(text, encoding="utf-8")


def show(found: dict[str, Any]) -> None:
    """Print what became of the schedules of a pipeline."""
    share = f"{found['ok'] / found['drawn']:7.1%}" if found["drawn"] else "      -"
    print(f"{share} of {found['drawn']:3} {found['pipeline']} ({found['seconds']} s)", flush=True)
    for message in found["failures"]:
        print(f"         {message}", flush=True)


if __name__ == "__main__":
    main()
