"""Damaged and hostile inputs of every kind by the thousand: files that are read, and whole commands.

    python benchmarks/fuzz.py [--minutes 60 | --count N] [--kind NAME]... [--seed S] [--jobs 2]
                              [--keep DIR] [--json]
    python benchmarks/fuzz.py --repeat DIR/csv-123.csv

An input must be refused with a message or be read rightly: without a traceback, an abort of the process or
numbers that are nonsense, and within 10 s of processor time and 1 GB of memory. A worker process judges it
and is killed if it does not end. Inputs that fail are kept in DIR beside a journal: with the same DIR a run
that was ended goes on. The exit code is 1 if any input failed.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

from fuzzing.registry import KINDS, kind, usable


def main() -> int:
    """Run the workers and print what became of the inputs; returns the exit code."""
    arguments = _arguments()
    if arguments.worker is not None:
        from fuzzing.worker import serve

        serve(arguments.worker)
        return 0
    if arguments.repeat is not None:
        return repeat(arguments.repeat)
    from fuzzing import crew, report
    from fuzzing.plan import Plan

    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="perfpred-fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    deadline = None if arguments.minutes is None else start + 60 * arguments.minutes
    plan = Plan(arguments.kind or usable(), arguments.seed, arguments.count, folder)
    progress = report.Progress(plan)
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    try:
        crew.judge(plan.next_batch, progress.told, folder, arguments.jobs, deadline)
    except KeyboardInterrupt:
        print("interrupted; --keep goes on from here", file=sys.stderr)
    finally:
        plan.close()
    document = report.document(plan, folder, time.monotonic() - start)
    print(json.dumps(document, indent=2) if arguments.json else report.text(document))
    return 1 if plan.failures else 0


def repeat(path: Path) -> int:
    """Judge a file that was kept, in this process, and print what it is or the traceback."""
    from fuzzing import streams

    _, out = streams.take_over(with_errors=True)
    try:
        out.write(f"{kind(path.name.split('-')[0]).judge(path)}\n")
    except Exception:
        traceback.print_exc(file=out)
        return 1
    finally:
        out.flush()
    return 0


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    span = parser.add_mutually_exclusive_group()
    span.add_argument("--minutes", type=float, help="how long; default: 60")
    span.add_argument("--count", type=int, help="inputs of each kind")
    parser.add_argument("--kind", action="append", choices=KINDS, help="repeatable; default: all")
    parser.add_argument("--seed", type=int, default=0, help="of the first input of each kind")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes")
    parser.add_argument("--keep", type=Path, help="folder of the journal and of the inputs that fail")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--repeat", type=Path, metavar="FILE", help="judge one file that was kept")
    parser.add_argument("--worker", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.minutes is None and arguments.count is None:
        arguments.minutes = 60.0
    return arguments


if __name__ == "__main__":
    sys.exit(main())
