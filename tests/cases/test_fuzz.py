"""A short run of benchmarks/fuzz.py: some damaged and hostile inputs of every kind."""

import json
import subprocess
import sys
from pathlib import Path

FUZZER = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"
SLOW = ("command_best", "command_halide_rank", "schedules", "halide_models")
"""Kinds of some seconds an input; the two of halide have tests of their own."""


def fuzzed(folder, *arguments):
    done = subprocess.run(
        [sys.executable, str(FUZZER), "--keep", str(folder), "--json", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def names(text):
    return [word for name in text.split() for word in ("--kind", name)]


def test_damaged_files_are_refused_or_read_rightly(tmp_path):
    kinds = "csv columns model journal campaign kernel_tuner t4 t1 benchmark_json traces"
    code, found = fuzzed(tmp_path, *names(kinds), "--count", 100)
    assert (found["failures"], code) == ([], 0)
    assert all(each["inputs"] == 100 for each in found["kinds"].values())
    assert all(each["refused"] and each["accepted"] for each in found["kinds"].values())


def test_commands_on_hostile_files_and_arguments_end_with_a_message(tmp_path):
    verbs = "train evaluate inspect predict select export import search"
    code, found = fuzzed(
        tmp_path, *names(" ".join(f"command_{each}" for each in verbs.split())), "--count", 40
    )
    assert (found["failures"], code) == ([], 0)
    assert all(each["refused"] and each["accepted"] for each in found["kinds"].values())


def test_a_run_that_was_ended_goes_on(tmp_path):
    _, first = fuzzed(tmp_path, "--kind", "traces", "--count", 20)
    _, second = fuzzed(tmp_path, "--kind", "traces", "--count", 30)
    assert (first["kinds"]["traces"]["inputs"], second["kinds"]["traces"]["inputs"]) == (20, 30)
    lines = (tmp_path / "journal.jsonl").read_text().splitlines()
    assert len({json.loads(line)["seed"] for line in lines}) == len(lines) == 30
