"""``perfpred profile --adaptive``: for real at a small scale, and what it refuses."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfpred.profile import read_profile

ROOT = Path(__file__).parents[2]
COMMAND = ("profile", "matvec", "--variant", "naive", "--adaptive")
QUICK = ("--samples", "40", "--min-rounds", "2", "--max-rounds", "2")

LONGER = ("--samples", "40", "--min-rounds", "30", "--max-rounds", "30")
"""Not over before it can be interrupted."""


def test_sizes_are_chosen_and_the_metadata_says_how(tmp_path, perfpred):
    outcome = perfpred(*COMMAND, "--out", tmp_path / "a.csv", *QUICK, "--json")
    assert outcome.code == 0, outcome.err
    assert "stopped: " in outcome.err
    profile = read_profile(tmp_path / "a.csv")
    assert 30 <= len(profile.ok) == outcome.json[0]["rows_ok"] <= 40
    sampling = profile.metadata["sampling"]
    assert sampling["candidates"] == 600
    assert sampling["curve"][0]["sizes"] == 30
    assert sampling["curve"][-1]["sizes"] == len(profile)
    assert sampling["stopped_because"] == outcome.json[0]["stopped_because"]
    assert sampling["stopped_because"] in outcome.err
    assert len(sampling["stage_slowness"]) == len(sampling["curve"])


def test_models_of_other_variants_help_to_choose(tmp_path, perfpred):
    (tmp_path / "known").mkdir()
    for variant in ("eigen", "openblas"):
        name = f"matvec-{variant}-intel-xeon-6-207-avx2-1t.json"
        shutil.copy(ROOT / "models" / name, tmp_path / "known" / name)
    out = ("--out", tmp_path / "a.csv", "--transfer-from", tmp_path / "known")
    outcome = perfpred(*COMMAND, *QUICK, *out)
    assert outcome.code == 0, outcome.err
    sampling = read_profile(tmp_path / "a.csv").metadata["sampling"]
    assert sampling["like"] == [
        f"matvec / {variant} / intel-xeon-6-207-avx2-1t" for variant in ("eigen", "openblas")
    ]
    trained = perfpred(
        "train",
        tmp_path / "a.csv",
        "--models",
        tmp_path / "m",
        "--transfer-from",
        tmp_path / "known",
        "--json",
    )
    assert trained.json[0]["model"] == "related"
    (tmp_path / "a.csv").unlink()
    refused = perfpred(*COMMAND, *QUICK, "--out", tmp_path / "a.csv", "--resume")
    assert refused.code == 2
    assert "another plan" in refused.err


def test_killed_or_interrupted_it_goes_on(tmp_path, perfpred):
    out = tmp_path / "a.csv"
    command = [sys.executable, "-m", "perfpred", *COMMAND, "--out", str(out), *LONGER]
    journal = tmp_path / "a.journal"
    for number, sign in ((10, signal.SIGKILL), (20, signal.SIGINT)):
        resume = ["--resume"] if journal.exists() else []
        running = subprocess.Popen([*command, *resume], stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while (
            not journal.exists() or journal.read_text().count("\n") < number
        ) and time.monotonic() < deadline:
            time.sleep(0.02)
        before = journal.read_text()
        running.send_signal(sign)
        _, err = running.communicate(timeout=60)
    assert "repeat the command with --resume" in err
    assert "Traceback" not in err
    assert not out.exists()
    refused = perfpred(*COMMAND, "--out", out, *LONGER)
    assert refused.code == 2
    assert "continue it with --resume" in refused.err
    finished = perfpred(*COMMAND, "--out", out, *LONGER, "--resume")
    assert finished.code == 0, finished.err
    assert journal.read_text().startswith(before[: before.rfind("\n") + 1])
    assert len(read_profile(out)) >= 30


def test_a_journal_of_random_sizes_is_not_continued(tmp_path, perfpred):
    out = ("--out", tmp_path / "a.csv", "--min-rounds", "2", "--max-rounds", "2")
    assert perfpred("profile", "matvec", "--variant", "naive", "--samples", "3", *out).code == 0
    refused = perfpred(*COMMAND, *out, "--resume")
    assert refused.code == 2
    assert "another plan" in refused.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--campaign", "a.toml", "--adaptive"), "cannot be combined with --campaign"),
        (("--check", "a.csv", "--adaptive"), "cannot be combined with --check"),
        (("matvec", "--tolerance", "0.1"), "--tolerance says when --adaptive stops"),
        (("matvec", "--adaptive"), "--out is missing"),
        (
            ("matvec", "--out", "a.csv", "--transfer-from", "nowhere"),
            "--transfer-from says what --adaptive need not measure",
        ),
        (("matvec", "--adaptive", "--out", "a.csv", "--transfer-from", "nowhere"), "nowhere"),
        (
            ("gemm_nothing", "--adaptive", "--out", "a.csv", "--transfer-from", str(ROOT / "models")),
            "unknown kernel 'gemm_nothing'",
        ),
        (("matvec", "--adaptive", "--out", "a.csv", "--samples", "29"), "starts with 30 sizes"),
        (("matvec", "--adaptive", "--out", "a.csv", "--samples", "601"), "chooses from 600 sizes, but 601"),
        (("matvec", "--adaptive", "--out", "a.csv", "--tolerance", "1"), "tolerance must be in 0..1"),
        (("nothing", "--adaptive", "--out", "a.csv"), "unknown kernel 'nothing'"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, perfpred, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    outcome = perfpred("profile", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert json.dumps(sorted(tmp_path.iterdir())) == "[]"
