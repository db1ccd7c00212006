"""Rank and choose schedules with stored Halide models, as on the machine of the shipped profiles.

python halide.py MODELS MACHINE.meta.json OUT.json (rank|schedule):PIPELINE:SIZE...
"""

from __future__ import annotations

import contextlib
import io
import json
import runpy
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this folder has a halide.py, and Halide is a package

from perfpred import hardware


def pretend(description: dict[str, Any]) -> None:
    """Let the machine be the one described, with its ISA levels and processors."""
    lists = {name: tuple(description[name]) for name in ("affinity", "flags")}
    machine = hardware.Machine(**{**description, **lists})
    hardware.probe = lambda: machine


def answer(verb: str, pipeline: str, size: str, models: str, folder: str) -> Any:
    """Return what ``perfpred halide VERB`` prints as JSON, or its message."""
    more = ["--top", "100000"] if verb == "rank" else ["--out", f"{folder}/schedule.json"]
    given = ["--models", models, "--size", size, "--threads", "2", "--isa", "avx512", "--json"]
    sys.argv = ["perfpred", "halide", verb, pipeline, *given, *more]
    out, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
        try:
            runpy.run_module("perfpred", run_name="__main__")
        except SystemExit as stop:
            if stop.code:
                return errors.getvalue().strip()
    return json.loads(out.getvalue())


def main() -> None:
    models, described, out, *wanted = sys.argv[1:]
    pretend(json.loads(Path(described).read_text())["machine"])
    with tempfile.TemporaryDirectory() as folder:
        answers = {each: answer(*each.split(":"), models, folder) for each in wanted}
    Path(out).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
