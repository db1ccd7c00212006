"""Who may write where: one campaign per output, placeholders alone, a stranger's campaign at home."""

import os
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from perfpred.documents.claim import Claim
from perfpred.errors import InputError, MeasurementError
from perfpred.hardware import probe
from perfpred.measure.campaign_file import read_campaign
from perfpred.measure.destination import Destination
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.outputs import Outputs
from perfpred.measure.process import MeasuringProcess

PROFILE = (
    "profile",
    "matvec",
    "--variant",
    "openblas",
    "--samples",
    "3",
    "--min-rounds",
    "2",
    "--max-rounds",
    "2",
)
OK = {"status": "ok", "time_s": 1e-3, "monitor_s": 5e-6}


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(MeasuringProcess, "ask", lambda self, sizes, check: OK)


HOLD = """
import subprocess, sys, time
from pathlib import Path
from perfpred.documents.claim import Claim
claim = Claim(Path(sys.argv[1]))
child = subprocess.Popen(["sleep", "60"], close_fds=False)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_a_second_campaign_is_refused_at_once_and_touches_nothing(tmp_path, perfpred, quick):
    assert perfpred(*PROFILE, "--out", tmp_path / "a.csv").code == 0
    journal = tmp_path / "a.journal"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(journal)], stdout=subprocess.PIPE, text=True)
    try:
        child = int(holder.stdout.readline())
        before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
        for more in ((), ("--resume",), ("--overwrite",), ("--adaptive", "--samples", "60", "--overwrite")):
            outcome = perfpred(*PROFILE, "--out", tmp_path / "a.csv", *more)
            assert outcome.code == 2
            assert "is in use by another campaign" in outcome.err
            assert f"process {holder.pid} on " in outcome.err or not Path("/proc/locks").exists()
        assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    finally:
        holder.kill()
        holder.wait()
    try:  # the lock ends with its process, whatever its children do
        assert perfpred(*PROFILE, "--out", tmp_path / "a.csv", "--resume").code == 0
    finally:
        os.kill(child, signal.SIGKILL)


def test_halide_profile_is_refused_too(tmp_path, perfpred):
    pytest.importorskip("halide")
    with Claim(tmp_path / "a.journal"):
        outcome = perfpred("halide", "profile", "blur", "--candidates", "2", "--out", tmp_path / "a.csv")
    assert outcome.code == 2 and "is in use by another campaign" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_an_unused_claim_leaves_nothing_and_waits_for_nobody(tmp_path):
    for _ in range(3):
        with Claim(tmp_path / "a.journal"), pytest.raises(InputError, match="in use"):
            Claim(tmp_path / "a.journal")
        assert list(tmp_path.iterdir()) == []


def test_overwrite_keeps_the_old_journal_until_the_new_campaign_can_begin(
    tmp_path, perfpred, quick, monkeypatch
):
    assert perfpred(*PROFILE, "--out", tmp_path / "a.csv").code == 0
    before = (tmp_path / "a.journal").read_bytes()

    def fail(subjects):
        raise MeasurementError("no compiler")

    monkeypatch.setattr("perfpred.measure.profiling.prepare", fail)
    assert perfpred(*PROFILE, "--out", tmp_path / "a.csv", "--overwrite").code == 1
    assert (tmp_path / "a.journal").read_bytes() == before


def test_a_csv_that_others_write_meanwhile_is_not_replaced(tmp_path, perfpred, monkeypatch):
    def ask(self, sizes, *, check):
        (tmp_path / "a.csv").write_text("of another campaign, with a journal of another name")
        return OK

    monkeypatch.setattr(MeasuringProcess, "ask", ask)
    outcome = perfpred(*PROFILE, "--out", tmp_path / "a.csv")
    assert outcome.code == 1 and "was written by something else while this campaign ran" in outcome.err
    assert (tmp_path / "a.csv").read_text().startswith("of another")
    (tmp_path / "a.csv").unlink()
    monkeypatch.setattr(MeasuringProcess, "ask", lambda self, sizes, check: OK)
    assert perfpred(*PROFILE, "--out", tmp_path / "a.csv", "--resume").code == 0


BAD = [
    "{kernel.x}.csv",
    "{kernel[x]}.csv",
    "{kernel:>9999999999}.csv",
    "{kernel.__class__.__mro__}.csv",
    "{kernel!r}.csv",
    "{}.csv",
    "{0}.csv",
    "{{kernel}}.csv",
    "{kernel",
    "kernel}.csv",
    "{ kernel }.csv",
    "{Kernel}.csv",
    "a\0b.csv",
    "a\nb.csv",
    "a\x1b[31m.csv",
    "a\u202eb.csv",
    "",
    ".",
    "..",
    "a/",
    "a/..",
    "x" * 2000,
]
OUTSIDE = ["/tmp/{kernel}.csv", "../{kernel}.csv", "a/../../{kernel}.csv", "a/../b.csv"]


@pytest.mark.parametrize("out", BAD)
def test_what_out_may_not_be(out):
    for within in (None, Path("here")):
        with pytest.raises(InputError):
            Destination(out, within=within)


@pytest.mark.parametrize("out", ["{kernel.x}.csv", "{kernel:>9999999999}.csv", "{kernel}/{cpu"])
def test_wrong_braces_are_a_wrong_request(tmp_path, perfpred, out):
    outcome = perfpred(*PROFILE, "--out", tmp_path / out)
    assert outcome.code == 2 and "but no other braces" in outcome.err
    assert list(tmp_path.iterdir()) == []


def campaign(folder, out, more=""):
    folder.mkdir(exist_ok=True)
    path = folder / "c.toml"
    text = out.replace("\\", "\\\\").replace('"', '\\"')
    path.write_text(
        f'out = "{text}"\nsamples = 2\nmin_rounds = 2\nmax_rounds = 2\n{more}\n'
        '[[measure]]\nkernels = ["matvec"]\nvariants = ["openblas"]\n'
    )
    return path


@pytest.mark.parametrize("out", OUTSIDE)
def test_a_campaign_file_stays_in_its_folder(tmp_path, perfpred, quick, out):
    path = campaign(tmp_path / "c", out)
    outcome = perfpred("profile", "--campaign", path)
    assert outcome.code == 2 and "must stay in the folder of that file" in outcome.err
    assert list(tmp_path.iterdir()) == [path.parent]
    assert perfpred("profile", "--campaign", path, "--out", tmp_path / "{kernel}.csv").code == 0
    assert (tmp_path / "matvec.csv").exists()


@pytest.mark.parametrize("link", ["sub", "matvec.csv", "c.journal"])
def test_links_do_not_lead_a_campaign_file_out_of_its_folder(tmp_path, perfpred, quick, link):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere"
    if link != "sub":
        target /= "x"
    path = campaign(tmp_path / "c", "sub/{kernel}.csv" if link == "sub" else "{kernel}.csv")
    (tmp_path / "c" / link).symlink_to(target)
    for more in ((), ("--overwrite",), ("--resume",)):
        outcome = perfpred("profile", "--campaign", path, *more)
        assert outcome.code == 2 and "symbolic link" in outcome.err
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_card_is_not_written_through_a_link(tmp_path, perfpred, quick):
    (tmp_path / "outside.txt").write_text("precious")
    (tmp_path / "a.md").symlink_to(tmp_path / "outside.txt")
    assert perfpred(*PROFILE, "--out", tmp_path / "a.csv").code == 0
    assert (tmp_path / "outside.txt").read_text() == "precious"


def test_a_kernel_may_have_a_folder_of_its_own_beside_one_journal(tmp_path, perfpred, quick):
    path = campaign(tmp_path / "c{x}", "{kernel}/{variant}.csv")
    assert perfpred("profile", "--campaign", path).code == 0
    assert (tmp_path / "c{x}" / "matvec" / "openblas.csv").exists()
    assert Destination("{kernel}/{variant}.csv").journal.as_posix() == "campaign.journal"
    assert Destination("{kernel}/data.csv").journal.as_posix() == "data.journal"
    assert Destination("a/{kernel}/data-{cpu}.csv").journal.as_posix() == "a/data.journal"


WRONG_TOML = [
    "samples = " + "9" * 5000,
    "seed = " + "9" * 5000,
    "x = " + "[" * 5000,
    "x = " + "{a=" * 3000,
    ".".join("a" * 3000) + " = 1",
    "samples = 1e999",
    "samples = 1000000000000",
    "samples = true",
    "row_limit_s = inf",
    "row_limit_s = nan",
    "target_noise = nan",
    "max_rounds = 1000000000000",
    'seed = "' + "x" * 100_000 + '"',
    "seed = -1",
    "seed = 2024-01-01",
    '"\\u001b[31m" = 1',
    "out = 3",
    "\0",
    "\ufffe",
]


@pytest.mark.parametrize("more", WRONG_TOML, ids=range(len(WRONG_TOML)))
def test_a_wrong_campaign_is_a_clear_error(tmp_path, perfpred, more):
    path = campaign(tmp_path, "{kernel}.csv", more.replace("samples", "samples", 1))
    if more.startswith("samples"):
        path.write_text(path.read_text().replace("samples = 2\n", "", 1))
    if more.startswith("max_rounds"):
        path.write_text(path.read_text().replace("max_rounds = 2\n", "", 1))
    outcome = perfpred("profile", "--campaign", path)
    assert outcome.code == 2 and outcome.err.startswith("error: ")
    assert "bug" not in outcome.err and len(outcome.err) < 3000 and "\x1b" not in outcome.err


def test_a_campaign_that_never_ends_is_not_read_to_its_end(tmp_path, perfpred):
    assert perfpred("profile", "--campaign", "/dev/zero").code == 2
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe")
    assert perfpred("profile", "--campaign", tmp_path / "c.toml").code == 2
    assert perfpred("profile", "--campaign", tmp_path).code == 2


@pytest.mark.parametrize("option", ["--row-limit", "--time-limit", "--target-noise"])
def test_limits_are_numbers(tmp_path, perfpred, option):
    outcome = perfpred(*PROFILE, "--out", tmp_path / "a.csv", option, "nan")
    assert outcome.code == 2 and "got nan" in outcome.err


@pytest.mark.parametrize("limit", ["nan", "0", "-1", "inf"])
def test_limits_of_compilations_are_numbers(tmp_path, perfpred, limit):
    pytest.importorskip("halide")
    outcome = perfpred("halide", "profile", "blur", "--compile-limit", limit, "--out", tmp_path / "a.csv")
    assert outcome.code == 2 and "a time limit must be in" in outcome.err
    assert list(tmp_path.iterdir()) == []


def test_all_rows_failing_is_failed_work_and_some_is_said(tmp_path, perfpred, monkeypatch):
    failed = {"status": "runtime_error", "message": "no"}
    monkeypatch.setattr(MeasuringProcess, "ask", lambda self, sizes, check: failed)
    outcome = perfpred(*PROFILE, "--out", tmp_path / "a.csv", "--json")
    assert outcome.code == 1 and "none of 3 rows could be timed" in outcome.err
    assert outcome.json[0]["rows_ok"] == 0 and (tmp_path / "a.csv").exists()
    path = campaign(tmp_path, "{kernel}.csv")
    assert perfpred("profile", "--campaign", path).code == 1
    monkeypatch.setattr(MeasuringProcess, "ask", lambda self, sizes, check: failed if sizes["m"] % 2 else OK)
    outcome = perfpred(*PROFILE[:5], "20", *PROFILE[6:], "--out", tmp_path / "b.csv")
    assert outcome.code == 0 and "of 20 rows failed" in outcome.err


def test_a_clock_that_stands_still_is_no_timing(tmp_path, perfpred, monkeypatch):
    for value in (0.0, -1.0, float("nan"), float("inf"), "1", None, True):
        monkeypatch.setattr(
            MeasuringProcess, "ask", lambda self, sizes, check, value=value: {**OK, "time_s": value}
        )
        assert perfpred(*PROFILE, "--out", tmp_path / "a.csv", "--overwrite").code == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_leaves_a_whole_journal_and_says_how_to_go_on(tmp_path, number):
    command = [
        sys.executable,
        "-m",
        "perfpred",
        "profile",
        "matvec",
        "--variant",
        "openblas",
        "--samples",
        "100",
    ]
    journal = tmp_path / "a.journal"
    running = subprocess.Popen(
        [*command, "--out", str(tmp_path / "a.csv")], stderr=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 60
    while (not journal.exists() or journal.read_bytes().count(b"\n") < 5) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(number)
    _, err = running.communicate(timeout=60)
    assert running.returncode == 128 + number
    assert "repeat the command with --resume" in err and "Traceback" not in err
    assert journal.read_bytes().endswith(b"\n")
    plan = tomllib.loads("a = 1")
    with pytest.raises(InputError, match="another plan"):
        CampaignJournal(journal, plan, resume=True)


def test_a_campaign_file_is_where_it_says(tmp_path):
    file = read_campaign(campaign(tmp_path, "{kernel}.csv"), probe())
    assert file.out == str(tmp_path / "{kernel}.csv")
    assert list(Outputs(file.plan, file.where, replace=False).paths) == [tmp_path / "matvec.csv"]
