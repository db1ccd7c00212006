"""What reaches a terminal: names as they are, nothing obeyed, nothing hidden, and no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from perfpred.app.shown import shown
from perfpred.errors import PerfpredError

CASES = Path(__file__).parents[1] / "data" / "cases" / "files-04-rich-markup"
ROOT = Path(__file__).parents[2]


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "perfpred", *map(str, arguments)],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        check=False,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("gemm[v1]", "gemm[v1]"),
        (":smile: [/x]", ":smile: [/x]"),
        ("\x1b]0;owned\x07", r"\x1b]0;owned\x07"),
        ("a\x9b2Jb", r"a\x9b2Jb"),
        ("\x7f", r"\x7f"),
        ("user\u202etxt.exe", r"user\u202etxt.exe"),
        ("\u2066a\u2069", r"\u2066a\u2069"),
        ("ge\u200bmm", r"ge\u200bmm"),
        ("\ufeffgemm", r"\ufeffgemm"),
        ("a\u00a0b", r"a\xa0b"),
        ("a\u2028b", r"a\u2028b"),
        ("a\udcffb", r"a\udcffb"),
        ("a\U000e0041", r"a\U000e0041"),
        ("a\ufe0f\u3164", r"a\ufe0f\u3164"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("Übergröße 行列 µs", "Übergröße 行列 µs"),
    ],
)
def test_shown(text, expected):
    assert shown(text) == expected


def test_a_message_keeps_its_lines():
    assert shown("a\n  b\tc\r\x1b", lines=True) == "a\n  b\tc\\r\\x1b"


def test_a_name_with_control_characters_is_refused_and_shown_as_escapes(perfpred):
    judged = perfpred("evaluate", CASES / "link.csv", "--model", "linear-c", "--repeats", 1)
    assert judged.code == 2
    assert r"a\x1b]0;TITLE\x07\x1b[2Jb" in judged.err
    assert "\x1b" not in judged.out + judged.err


def test_a_table_keeps_its_columns_in_ascii(capsys, monkeypatch):
    from perfpred.app import console

    monkeypatch.setattr(type(console._out), "encoding", "ascii")
    console.table("t\x1b", {"± µs": "right", "[link=http://evil]a": "left"}, [["3 µs", "[/x]"], ["±", "行"]])
    title, *lines = capsys.readouterr().out.rstrip().splitlines()
    assert title.strip() == r"t\x1b"
    assert "[link=http://evil]a" in lines[1]
    assert len({len(line.rstrip()) for line in lines}) == 1
    assert "".join(lines).isascii()


@pytest.mark.parametrize("name", ["swallow", "crash"])
def test_names_are_no_markup(name, tmp_path, perfpred):
    models = tmp_path / "models"
    trained = perfpred("train", CASES / f"{name}.csv", "--models", models, "--model", "linear-c")
    assert trained.code == 0, trained.err
    selected = perfpred("select", "k", "--models", models, "n=100")
    assert selected.code == 0, selected.err
    printed = trained.out + trained.err + selected.out + selected.err
    variants = {row.split(",")[1] for row in (CASES / f"{name}.csv").read_text().splitlines()[1:]}
    assert all(shown(variant) in printed for variant in variants)
    assert "\x1b" not in printed


def test_a_parameter_that_reads_as_markup(tmp_path, perfpred):
    models = tmp_path / "models"
    trained = perfpred("train", CASES / "pcrash.csv", "--models", models, "--model", "linear-c")
    assert trained.code == 0, trained.err
    query = ("predict", "k", "--models", models, "--variant", "gemm[v1]", "[/n]=9000")
    assert "[/n]=9000" in perfpred(*query).out


def test_messages_escape_what_a_file_name_holds(tmp_path, perfpred):
    path = tmp_path / "a\x1b[2J\u202eb.csv"
    path.write_text("kernel,variant,hardware,n,time_s\nk,v,h,1,-1\n")
    outcome = perfpred("train", path, "--models", tmp_path / "m")
    assert outcome.code == 2
    assert r"a\x1b[2J\u202eb.csv" in outcome.err
    assert "\x1b" not in outcome.err


def test_the_option_parser_escapes_too(perfpred):
    outcome = perfpred("\x1b]0;owned\x07")
    assert outcome.code == 2
    assert "\x1b" not in outcome.err


TEXT_MODELS = ("predict", "k", "--variant", "gemm[v1]", "n=100", "--models")


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=["ascii", "latin-1", "posix"],
)
def test_a_terminal_that_is_not_utf_8(environment, tmp_path, perfpred):
    table = tmp_path / "t.csv"
    rows = [f"k,行列,h,{n},{n * 1e-7}" for n in range(100, 140)]
    table.write_text("\n".join(["kernel,variant,hardware,n,time_s", *rows]), encoding="utf-8")
    models = tmp_path / "models"
    assert perfpred("train", table, "--models", models, "--model", "linear-c").code == 0
    for command in ("predict", "select"):
        done = run(command, "k", "n=110", "--models", models, **environment)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
        latin = environment.get("PYTHONIOENCODING") == "latin-1"
        assert ("11 µs".encode("latin-1") if latin else b"11 us") in done.stdout


class TestExitCodes:
    def fail(self, error, perfpred, monkeypatch):
        def raising(*_, **__):
            raise error

        monkeypatch.setattr("perfpred.predict.bank.load", raising)
        return perfpred("predict", "k", "n=1", "--models", "m")

    def test_an_interrupt(self, perfpred, monkeypatch):
        outcome = self.fail(KeyboardInterrupt(), perfpred, monkeypatch)
        assert (outcome.code, outcome.err) == (130, "interrupted\n")

    def test_failed_work(self, perfpred, monkeypatch):
        outcome = self.fail(PerfpredError("it broke"), perfpred, monkeypatch)
        assert (outcome.code, outcome.err) == (1, "failed: it broke\n")

    def test_the_system(self, perfpred, monkeypatch):
        outcome = self.fail(OSError(28, "No space left on device"), perfpred, monkeypatch)
        assert (outcome.code, "No space left on device" in outcome.err) == (1, True)

    @pytest.mark.parametrize(
        ("error", "said"),
        [(MemoryError(), "not enough memory"), (RecursionError("x"), "nests too deeply")],
    )
    def test_too_much(self, error, said, perfpred, monkeypatch):
        outcome = self.fail(error, perfpred, monkeypatch)
        assert outcome.code == 1
        assert said in outcome.err
        assert "Traceback" not in outcome.err

    def test_a_bug(self, perfpred, monkeypatch):
        outcome = self.fail(KeyError("a\x1b[2J"), perfpred, monkeypatch)
        assert outcome.code == 1
        assert "failed: KeyError in " in outcome.err
        assert "this is a bug in perfpred" in outcome.err
        assert "Traceback" not in outcome.err
        assert "\x1b" not in outcome.err
        monkeypatch.setenv("PERFPRED_TRACEBACK", "1")
        assert "Traceback" in self.fail(KeyError("a"), perfpred, monkeypatch).err

    def test_an_interrupt_while_modules_load(self, tmp_path):
        (tmp_path / "typer.py").write_text("raise KeyboardInterrupt\n")
        done = run("kernels", PYTHONPATH=os.pathsep.join([str(tmp_path), str(ROOT)]))
        assert (done.returncode, done.stderr) == (130, b"interrupted\n")

    def test_a_full_disk(self):
        if not Path("/dev/full").exists():
            pytest.skip("there is no /dev/full")
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [sys.executable, "-m", "perfpred", "kernels", "--json"],
                stdout=full,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert done.returncode == 1
        assert b"No space left" in done.stderr
        assert b"Traceback" not in done.stderr
        assert b"Exception ignored" not in done.stderr


def test_a_lone_surrogate_in_a_document(capsys):
    from perfpred.app.console import print_json

    print_json({"name\udcff": "a\udcff\x1b"})
    printed = capsys.readouterr().out
    assert printed.isascii()
    assert json.loads(printed) == {"name\udcff": "a\udcff\x1b"}
