"""The process that does jobs, each in a fork of itself: Halide is loaded once, names start anew each time."""

from __future__ import annotations

import json
import os
import sys
from typing import TextIO

from perfpred.halide.sandbox.forked import ForkLimits, forked
from perfpred.measure.limits import die_with_parent


def serve(requests: TextIO, replies: TextIO) -> None:
    """Answer one JSON line with one until there are no more."""
    requests.readline()
    from perfpred.halide.sandbox import jobs

    print(json.dumps({"status": "ready"}), file=replies, flush=True)
    for line in requests:
        job = json.loads(line)
        limits = ForkLimits(float(job.pop("limit_s")), int(job.pop("memory_bytes")))
        reply = forked(lambda job=job: jobs.run_job(job), limits)  # type: ignore[misc]
        print(json.dumps(reply), file=replies, flush=True)


def main() -> None:
    """Serve what started this process."""
    die_with_parent()
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, replies)
