"""``perfpred profile`` for real, at a small scale: files, resuming, refusing, being killed."""

import json
import signal
import subprocess
import sys
import time

import pytest

from perfpred.profile import read_profile

QUICK = ("--samples", "5", "--min-rounds", "2", "--max-rounds", "2")


def test_a_profile_is_measured_with_metadata_and_card(tmp_path, perfpred):
    out = tmp_path / "{variant}.csv"
    outcome = perfpred("profile", "matmul", "--variant", "openblas", "--out", out, *QUICK, "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json[0]["rows_ok"] == 5
    profile = read_profile(tmp_path / "openblas.csv")
    assert profile.parameters == ("m", "n", "k")
    assert profile.metadata["complexity"]["work"] == "m*n*k"
    assert profile.metadata["machine"]["caches_bytes"]
    assert (profile.table["rounds"] == 2).all()
    assert "**Noise floor.**" in (tmp_path / "openblas.md").read_text()


def test_an_output_is_not_overwritten_unasked(tmp_path, perfpred):
    command = ("profile", "matmul", "--variant", "openblas", "--out", tmp_path / "a.csv", *QUICK)
    assert perfpred(*command).code == 0
    before = (tmp_path / "a.csv").read_bytes()
    refused = perfpred(*command)
    assert refused.code == 2
    assert "continue with --resume, replace with --overwrite" in refused.err
    assert perfpred(*command, "--resume").code == 0
    assert (tmp_path / "a.csv").read_bytes() == before
    assert perfpred(*command, "--overwrite").code == 0


def test_killed_while_measuring_it_resumes_with_every_timing(tmp_path):
    command = [
        *(sys.executable, "-m", "perfpred", "profile", "matmul", "--variant", "openblas"),
        *("--out", str(tmp_path / "a.csv"), "--samples", "40", "--min-rounds", "30", "--max-rounds", "30"),
    ]
    journal = tmp_path / "a.journal"
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while (not journal.exists() or journal.read_text().count("\n") < 20) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGKILL)
    running.wait()
    before = [line for line in journal.read_text().splitlines()[1:] if line.endswith("}")]
    assert 19 <= len(before) < 40 * 30
    assert not (tmp_path / "a.csv").exists()
    finished = subprocess.run(
        [*command, "--resume", "--max-rounds", "30"], capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    after = journal.read_text().splitlines()[1:]
    assert after[: len(before)] == before
    assert len(after) == 40 * 30
    assert len(read_profile(tmp_path / "a.csv").ok) == 40


def test_ctrl_c_says_how_to_go_on(tmp_path):
    command = [sys.executable, "-m", "perfpred", "profile", "matmul", "--variant", "openblas"]
    options = ["--out", str(tmp_path / "a.csv"), "--samples", "200", "--min-rounds", "40"]
    running = subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True)
    journal = tmp_path / "a.journal"
    deadline = time.monotonic() + 60
    while (not journal.exists() or journal.read_text().count("\n") < 5) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "--resume" in err
    assert "Traceback" not in err


@pytest.mark.parametrize("status", ["wrong_result", "timeout"])
def test_a_failing_variant_is_recorded_not_timed(tmp_path, perfpred, monkeypatch, status):
    from perfpred.measure.process import MeasuringProcess

    def ask(self, sizes, *, check):
        good = {"status": "ok", "time_s": 1e-3, "monitor_s": 5e-6}
        return {"status": status, "message": "so it is"} if sizes["m"] % 2 else good

    monkeypatch.setattr(MeasuringProcess, "ask", ask)
    outcome = perfpred("profile", "matmul", "--variant", "openblas", "--out", tmp_path / "a.csv", *QUICK)
    assert outcome.code == 0, outcome.err
    table = read_profile(tmp_path / "a.csv").table
    assert set(table["status"]) == {"ok", status}
    assert table.loc[table["status"] != "ok", "time_s"].isna().all()
    meta = json.loads((tmp_path / "a.meta.json").read_text())
    assert meta["failures"][0]["message"] == "so it is"


def test_nothing_timed_is_a_failure_not_a_file(tmp_path, perfpred):
    out = tmp_path / "a.csv"
    outcome = perfpred("profile", "matmul", "--variant", "openblas", "--out", out, "--time-limit", "0")
    assert outcome.code == 1
    assert "no row was timed" in outcome.err
    assert not out.exists()
