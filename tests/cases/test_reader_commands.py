"""hyperfine's commands are told from the values of their parameters, wherever in the command these stand."""

import csv
import json

import pytest

from perfpred.profile.command_templates import MAX_WAYS, templates
from perfpred.profile.reader import read_profile

COLUMNS = ["command", "mean", "stddev", "median", "user", "system", "min", "max", "parameter_n"]


@pytest.mark.parametrize(
    ("typed", "values"),
    [
        (["seq {n}000"], [10, 20, 30]),
        (["./v2 {n}"], [2, 3, 4]),
        (["./a --size={n}x{n} --threads 2"], [1, 2, 4]),
        (["./bench_n{n}_k64"], [32, 64, 128]),
        (["sort -n {n} 10", "sort -r {n} 10"], [10, 100, 1000]),
    ],
)
def test_commands_are_as_typed(typed, values):
    rows = [(command, {"n": str(value)}) for value in values for command in typed]
    commands = [command.replace("{n}", each["n"]) for command, each in rows]
    assert templates(commands, [each for _, each in rows]) == [command for command, _ in rows]


def test_a_command_of_many_values_ends():
    command = "./a " + "1" * 5 * MAX_WAYS
    assert templates([command], [{"n": "1"}]) == [command]


@pytest.fixture(params=["csv", "json"])
def hyperfine(request, tmp_path):
    path = tmp_path / f"hf.{request.param}"
    rows = [(f"seq {n}000", n, 0.001 * n) for n in range(10, 90, 10)]
    if request.param == "csv":
        with path.open("w", newline="") as file:
            lines = [[c, t, t / 100, t, t, 0, t, t, n] for c, n, t in rows]
            csv.writer(file).writerows([COLUMNS, *lines])
    else:
        entries = [
            {"command": c, "median": t, "mean": t, "times": [t, t], "parameters": {"n": str(n)}}
            for c, n, t in rows
        ]
        path.write_text(json.dumps({"results": entries}))
    return path


def test_a_value_within_a_word_is_a_parameter(hyperfine, perfpred, tmp_path):
    options = ["--kernel", "seq", "--hardware", "here"]
    if hyperfine.suffix == ".json":
        imported = tmp_path / "imported.csv"
        assert perfpred("import", hyperfine, *options, "--out", imported).code == 0
        assert set(read_profile(imported).table["variant"]) == {"seq {n}000"}
        return
    outcome = perfpred("train", hyperfine, *options, "--time", "median", "--models", tmp_path / "models")
    assert outcome.code == 0
    assert "default" in outcome.out
