"""Choices of Halide schedules on a machine that another program keeps busy, judged again in quiet.

    python benchmarks/halide_busy.py choose --journal busy.jsonl [--runs 10] [--core 0]
    python benchmarks/halide_busy.py check --journal busy.jsonl    # later, with nothing else running

`choose` keeps a core busy and chooses a schedule for each pipeline; `check` times what was chosen, and the
fastest that was not, beside the autoschedulers' and says how many choices are slower than the fastest
autoscheduler's by over 2%, and how many of the intervals that were told hold what is found. Each line of the
journal is a choice or a check; what is there is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from perfpred.errors import PerfpredError
from perfpred.halide.choose.judging import judge
from perfpred.halide.choose.limits import Limits
from perfpred.halide.choose.ranking import Choice
from perfpred.halide.choose.session import session
from perfpred.halide.choose.tune import tune
from perfpred.halide.measure.profiling import parse_size
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate
from perfpred.hardware import Site, probe
from perfpred.progress import NullProgress

HOG = """
import os, sys
os.sched_setaffinity(0, [int(sys.argv[1])])
parent = os.getppid()
while os.getppid() == parent:
    for _ in range(1_000_000):
        pass
"""
SLOWER = 0.02
IN_QUIET = Limits(max_blocks=16, time_s=60.0, wait_s=60.0)


@contextmanager
def kept_busy(core: int) -> Iterator[None]:
    """Keep a core busy with another program; a negative number keeps none."""
    if core < 0:
        yield
        return
    hog = subprocess.Popen([sys.executable, "-c", HOG, str(core)])
    try:
        yield
    finally:
        hog.kill()
        hog.wait()


def entries(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    """Return the lines of a kind, by pipeline; a torn last line is no line."""
    found = {}
    for line in path.read_text().splitlines() if path.exists() else []:
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if entry["kind"] == kind:
            found[f"{entry['pipeline']} {entry['size']} {entry['seed']}"] = entry
    return found


def append(path: Path, entry: dict[str, Any]) -> None:
    """Add a line to the journal."""
    with path.open("a") as file:
        file.write(json.dumps(entry) + "\n")
        file.flush()
        os.fsync(file.fileno())


def chosen(choice: Choice) -> dict[str, Any]:
    """Return what was chosen and told: the choice, and the fastest that is no autoscheduler's."""
    rival = next((each.candidate for each in choice.ranking if not each.is_baseline), None)
    return {
        "source": choice.best.candidate.source,
        "candidate": choice.best.candidate.to_json(),
        **choice.speedup.to_json(),
        "decided": choice.decided,
        "reason": choice.reason,
        "nearest": None if rival is None else {"candidate": rival.to_json(), **choice.nearest.to_json()},
    }


def choose(options: argparse.Namespace) -> None:
    """Make the choices that the journal lacks."""
    site = Site.of(probe())
    for name in options.pipelines.split(","):
        source = PipelineRef.of(name)
        size = parse_size(options.size) if options.size else source.default_size
        key = {"pipeline": name, "size": f"{size[0]}x{size[1]}", "seed": options.seed}
        if " ".join(map(str, key.values())) in entries(options.journal, "choice"):
            continue
        try:
            with kept_busy(options.core), session(Workload(source, size), site) as opened:
                choice = tune(opened, None, options.runs, options.seed, NullProgress())
        except PerfpredError as error:
            print(f"{name}: {error}", file=sys.stderr)
            continue
        append(options.journal, {"kind": "choice", **key, "runs": options.runs, **chosen(choice)})
        print(f"{name}: {choice.best.candidate.source}, {choice.speedup}; {choice.reason}")


def check(options: argparse.Namespace) -> None:
    """Time again what the journal holds and was not checked, and print what came of all."""
    site = Site.of(probe())
    for key, entry in entries(options.journal, "choice").items():
        if key in entries(options.journal, "check"):
            continue
        try:
            workload = Workload(PipelineRef.of(entry["pipeline"]), parse_size(entry["size"]))
            with session(workload, site) as opened:
                standing, _ = opened.baselines()
                asked = [Candidate.from_json(each["candidate"]) for each in told(entry)]
                judged = judge(opened, standing, asked, options.seed + 77, NullProgress(), limits=IN_QUIET)
        except PerfpredError as error:
            print(f"{key}: {error}", file=sys.stderr)
            continue
        found = [judged.speedup(each).to_json() for each in asked]
        same = {name: entry[name] for name in ("pipeline", "size", "seed")}
        append(options.journal, {"kind": "check", **same, "found": found, "effort": judged.effort()})
    report(entries(options.journal, "choice"), entries(options.journal, "check"))


def told(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what speedups were told of: the choice, and the nearest that is no autoscheduler's."""
    nearest = entry["nearest"]
    return [entry, *([] if nearest is None or nearest["candidate"] == entry["candidate"] else [nearest])]


def report(choices: dict[str, dict[str, Any]], checks: dict[str, dict[str, Any]]) -> None:
    """Print a line a choice, then the counts."""
    slower = undecided = busy = 0
    held: list[bool] = []
    for key, check_ in checks.items():
        entry = choices[key]
        ratio = check_["found"][0]["speedup"]
        is_slower = ratio is None or ratio < 1 - SLOWER
        slower, undecided = slower + is_slower, undecided + (not entry["decided"])
        busy += not all(each["in_quiet"] for each in check_["found"])
        lines = []
        for said, found in zip(told(entry), check_["found"], strict=True):
            if said["speedup"] is None or found["speedup"] is None:
                continue
            held.append(said["speedup_low"] <= found["speedup"] <= said["speedup_high"])
            lines.append(
                f"{said['speedup']:.2f} ({said['speedup_low']:.2f} to {said['speedup_high']:.2f}), in quiet "
                f"{found['speedup']:.3f} ({found['speedup_low']:.3f} to {found['speedup_high']:.3f})"
                f"{'' if held[-1] else ' NOT HELD'}"
            )
        verdict = "decided" if entry["decided"] else "undecided"
        print(f"{key}: {entry['source']}, {verdict}{', SLOWER' if is_slower else ''}; {'; '.join(lines)}")
    print(
        f"{len(checks)} choices, {undecided} undecided: {slower} slower than the fastest autoscheduler's by "
        f"over {SLOWER:.0%} in quiet; {sum(held)} of {len(held)} intervals hold the value found in quiet"
        + (f"; {busy} checks were not in quiet: remove their lines and check again" if busy else "")
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("phase", choices=("choose", "check"))
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--pipelines", default=",".join(list(PIPELINES)[:10]))
    parser.add_argument("--size", default="", help="WIDTHxHEIGHT; the default of each pipeline")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--core", type=int, default=0, help="to keep busy; -1 for none")
    options = parser.parse_args()
    {"choose": choose, "check": check}[options.phase](options)


if __name__ == "__main__":
    main()
