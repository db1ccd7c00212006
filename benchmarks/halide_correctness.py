"""Schedules by the hundred against NumPy: what our check accepts must be right.

    python benchmarks/halide_correctness.py --data DIR [--schedules 300] [--pipelines a,b] [--jobs 1]
                                            [--sources own,template,...] [--without-rules] [--resume] [--json]

For each pipeline, schedules of every source are compiled, run at three sizes (one odd) on random data in
processes that may die, and compared beyond rounding with NumPy and with the unscheduled build. What our own
check says of each is asked through the code that profiles are measured with: what it accepts must be right.
Outcomes are kept in DIR, one journal per pipeline: a run that was interrupted goes on with --resume. With
--without-rules, schedules are drawn and compiled that the rules about miscompiled ones refuse, and others
that our space never holds, to find out what Halide compiles wrongly. The exit code is 1 if any accepted
schedule was wrong.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import numpy as np
from halide_pipelines.cases import CASES
from halide_pipelines.drawing import SOURCES, drawn
from halide_pipelines.rows import Row, details, table
from halide_pipelines.session import Machinery, Session, SetupError
from halide_pipelines.unruled import draw_without_rules

from perfpred.errors import PerfpredError
from perfpred.halide.measure.workers import HalideWorkers, require_halide
from perfpred.halide.schedule.candidate import Candidate
from perfpred.hardware import Site, probe
from perfpred.measure.journal import CampaignJournal
from perfpred.sandbox.forking import ForkLimits

EVERY_S = 20.0
"""How often a line of progress is printed."""


def main() -> int:
    """Judge the schedules of the pipelines and print the table; returns the exit code."""
    given = _arguments()
    rows: dict[str, Row] = {}
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        _judge_all(given, rows)
    except KeyboardInterrupt:
        print("interrupted; --resume goes on from here", file=sys.stderr)
    if given.json:
        print(json.dumps([_document(row) for row in rows.values()], indent=1))
    else:
        print(table(rows.values()))
        print(details(rows.values()))
    return 1 if any(row.missed for row in rows.values()) else 0


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _judge_all(given: argparse.Namespace, rows: dict[str, Row]) -> None:
    site = Site.of(probe(), given.isa, given.threads)
    if given.without_rules:
        draw_without_rules()
    with HalideWorkers(ForkLimits(given.compile_limit), given.jobs) as workers:
        machinery = Machinery(workers, site)
        for name in given.pipelines:
            rows[name] = Row(name)
            try:
                _judge(name, rows[name], machinery, given)
            except Exception as error:  # whatever is wrong with one, the others are judged
                expected = isinstance(error, PerfpredError | SetupError)
                said = str(error) if expected else f"{type(error).__name__}: {error}"
                rows[name].problem = " ".join(said.split())[:200]
                print(f"{name}: {rows[name].problem}", file=sys.stderr)


def _judge(name: str, row: Row, machinery: Machinery, given: argparse.Namespace) -> None:
    """Judge one pipeline's schedules, those of its journal first."""
    plan = {
        "pipeline": name,
        "schedules": given.schedules,
        "sources": given.sources,
        "seed": given.seed,
        "rules": not given.without_rules,
        "isa": machinery.isa,
        "halide": require_halide(),
    }
    with CampaignJournal(given.data / f"{name}.journal", plan, resume=given.resume) as journal:
        known = {each["judged"]: each for each in journal.entries() if "judged" in each}
        kept = next((each["candidates"] for each in journal.entries() if "candidates" in each), None)
        if kept is not None and len(known) == len(kept):
            for each in known.values():
                row.add(each)
            return
        folder = Path(tempfile.mkdtemp(prefix=f"halide-correctness-{name}-"))
        try:
            with Session(CASES[name](), machinery, folder, given.seed) as session:
                if kept is None:
                    rng = np.random.default_rng(given.seed)
                    made = drawn(session, machinery.workers, given.schedules, given.sources, rng)
                    kept = [each.to_json() for each in made]
                    journal.append({"candidates": kept})
                candidates = [Candidate.from_json(each) for each in kept]
                _run(session, candidates, row, journal, given)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _run(
    session: Session,
    candidates: list[Candidate],
    row: Row,
    journal: CampaignJournal,
    given: argparse.Namespace,
) -> None:
    known = {each["judged"]: each for each in journal.entries() if "judged" in each}
    for each in known.values():
        row.add(each)
    todo = [each for each in candidates if each.id not in known]
    last = time.monotonic()
    rules = not given.without_rules
    with ThreadPoolExecutor(given.jobs) as pool:
        futures = [pool.submit(session.judged, each, rules=rules) for each in todo]
        try:
            for future in as_completed(futures):
                entry = future.result()
                journal.append(entry)
                row.add(entry)
                if time.monotonic() - last > EVERY_S:
                    last = time.monotonic()
                    _progress(row, len(candidates))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    _progress(row, len(candidates))


def _progress(row: Row, total: int) -> None:
    counts = row.counts
    print(
        f"{row.pipeline}: {counts['schedules']}/{total} judged, {counts['failed']} failed, "
        f"{counts['wrong but caught']} wrong and caught, {counts['accepted but wrong']} wrong and accepted",
        file=sys.stderr,
        flush=True,
    )


def _document(row: Row) -> dict[str, Any]:
    return {
        "pipeline": row.pipeline,
        **row.counts,
        "compiled_share": row.share_compiled,
        "accepted_but_wrong": row.missed,
        "wrong_but_caught": row.caught,
        "problem": row.problem,
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="where the journals are kept")
    parser.add_argument("--schedules", type=int, default=300, help="of each pipeline")
    parser.add_argument("--pipelines", type=_names, default=list(CASES), help="names, with commas")
    parser.add_argument("--sources", type=lambda text: text.split(","), default=list(SOURCES))
    parser.add_argument("--without-rules", action="store_true")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--jobs", type=int, default=1, help="compilations at a time")
    parser.add_argument("--threads", type=int, default=2, help="of the schedules")
    parser.add_argument("--isa", help="instruction-set level; by default the widest")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--compile-limit", type=float, default=60.0, help="seconds per schedule")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    return given


def _names(text: str) -> list[str]:
    names = text.split(",")
    unknown = [name for name in names if name not in CASES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no pipelines {', '.join(unknown)}; known: {', '.join(CASES)}")
    return names


if __name__ == "__main__":
    sys.exit(main())
