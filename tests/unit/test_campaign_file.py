"""Campaign files: what they mean, and what is said of wrong ones; and measuring by one for real."""

import numpy as np
import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.hardware import probe
from perfpred.measure.campaign_file import read_campaign
from perfpred.measure.recheck import compare
from perfpred.profile import read_profile

GOOD = """
out = "{kernel}.csv"
samples = 4
min_rounds = 2
max_rounds = 3

[[measure]]
kernels = ["matvec", "softmax"]
variants = ["onednn"]

[[measure]]
kernels = ["matvec"]
variants = ["openblas"]
threads = [1, 64]
"""


def write(folder, text):
    path = folder / "campaign.toml"
    path.write_text(text)
    return path


def test_a_campaign_names_kernels_variants_and_effort(tmp_path):
    file = read_campaign(write(tmp_path, GOOD), probe())
    assert [(s.kernel, s.variant) for s in file.plan.subjects] == [
        ("matvec", "onednn"),
        ("matvec", "openblas"),
        ("softmax", "onednn"),
    ]
    assert file.out == str(tmp_path / "{kernel}.csv")
    assert (file.effort.min_rounds, file.effort.max_rounds) == (2, 3)
    assert len(file.plan.rows) == 12
    assert "threads must be in" in file.plan.skipped[0].reason


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("samples = 4", "samples = 0"), "samples: Input should be greater than or equal to 1, but got 0"),
        (("samples = 4", 'samples = "4"'), "samples: Input should be a valid integer"),
        (("samples = 4", "sample = 4"), "sample: Extra inputs are not permitted"),
        (('kernels = ["matvec"]', "kernels = []"), "measure.1.kernels: List should have at least 1 item"),
        (('out = "{kernel}.csv"', ""), "out: Field required"),
        (("[[measure]]", "[[measure"), "is not TOML"),
        (('"openblas"', '"openblass"'), "did you mean 'openblas'"),
        (('"softmax"', '"sofmax"'), "did you mean 'softmax'"),
    ],
)
def test_a_wrong_file_says_what_is_wrong(tmp_path, change, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        read_campaign(write(tmp_path, GOOD.replace(*change)), probe())


def test_all_broken_rules_are_listed(tmp_path):
    text = GOOD.replace("samples = 4", "samples = -1").replace("min_rounds = 2", "min_rounds = 0")
    with pytest.raises(InputError, match="2 problems"):
        read_campaign(write(tmp_path, text), probe())


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_campaign(tmp_path / "none.toml", probe())
    assert issubclass(UnknownNameError, InputError)


def test_a_campaign_is_measured_checked_and_resumed(tmp_path, perfpred):
    path = write(tmp_path, GOOD)
    outcome = perfpred("profile", "--campaign", path, "--json")
    assert outcome.code == 0, outcome.err
    assert [(d["kernel"], d["rows_ok"]) for d in outcome.json] == [
        ("matvec", 4),
        ("matvec", 4),
        ("softmax", 4),
    ]
    assert "left out: openblas on" in outcome.err
    assert read_profile(tmp_path / "softmax.csv").parameters == ("m", "n")
    assert (tmp_path / "campaign.journal").exists()
    assert perfpred("profile", "--campaign", path).code == 2
    assert perfpred("profile", "--campaign", path, "--resume").code == 0
    check = perfpred("profile", "--check", tmp_path / "matvec.csv", "--json")
    assert check.code in (0, 1)
    assert check.json["rows"] == 8
    assert check.json["reason"]


def test_rechecking_data_of_another_machine_is_refused(csv, perfpred):
    outcome = perfpred("profile", "--check", csv)
    assert outcome.code == 2
    assert "the data describes test-cpu-avx2-1t; this machine is" in outcome.err


@pytest.mark.parametrize(
    ("factor", "scatter", "valid", "reason"),
    [
        (1.03, 0.01, True, "within bounds"),
        (1.30, 0.01, False, "all rows have moved by"),
        (1.00, 0.30, False, "rows scatter by"),
    ],
)
def test_a_verdict_tells_a_shift_from_scatter(factor, scatter, valid, reason):
    rng = np.random.default_rng(0)
    before = rng.uniform(1e-6, 1e-3, 20)
    found = compare(before, before * factor * np.exp(scatter * rng.standard_normal(20)), 0.01)
    assert found.valid is valid
    assert reason in found.reason


@pytest.mark.parametrize(
    "arguments", [[], ["matmul", "--check", "a.csv"], ["--check", "a", "--campaign", "b"]]
)
def test_one_thing_at_a_time(perfpred, arguments):
    outcome = perfpred("profile", *arguments)
    assert outcome.code == 2
    assert "give one of KERNEL, --campaign, --check" in outcome.err


def test_an_output_is_needed(perfpred):
    outcome = perfpred("profile", "matmul")
    assert outcome.code == 2
    assert "--out is missing" in outcome.err
