"""Cards of datasets and models: made by one code, and free of what files could smuggle into them."""

from pathlib import Path

import pytest

from perfpred.cards import dataset
from perfpred.cards.markdown import table
from perfpred.cards.models import MARK, NAME, card, write_card
from perfpred.predict.bank import Bank, load
from perfpred.profile import read_profile

ROOT = Path(__file__).parent.parent.parent
CARDS = sorted((ROOT / "datasets").glob("*-*.md"))


@pytest.mark.parametrize("name", [CARDS[0].name, CARDS[-1].name])
def test_a_shipped_card_is_what_the_code_makes(name):
    profile = read_profile(ROOT / "datasets" / Path(name).with_suffix(".csv"))
    made = dataset.card(profile, Path(name).with_suffix(".csv").name)
    assert made == (ROOT / "datasets" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def bank():
    shipped = load(ROOT / "models")
    return Bank([each for each in shipped if each.combination.kernel == "softmax"])


def test_the_card_of_models_tells_rows_noise_errors_ranges_and_limits(bank):
    text = card(bank, "Models in mine")
    assert text.startswith(
        "# Models in mine\n\n**What.** 9 predictors of time in s, for softmax; model augmented."
    )
    for section in ("Trained on", "Errors", "Range", "Limits"):
        assert f"\n\n**{section}.** " in text
    assert "| softmax | eigen | intel-xeon-6-207-avx512-1t | 500 | 2.44% | m\\*n" in text
    assert "| softmax | m " in text
    assert text.endswith(f"{MARK}\n")


def test_a_readme_that_a_person_wrote_is_kept(bank, tmp_path):
    assert write_card(bank, tmp_path) == tmp_path / NAME
    assert write_card(bank, tmp_path) == tmp_path / NAME  # its own is renewed
    (tmp_path / NAME).write_text("mine\n")
    assert write_card(bank, tmp_path) is None
    assert (tmp_path / NAME).read_text() == "mine\n"


def test_names_from_files_stay_text():
    made = table(["variant"], [["a|b\n# c <script>alert(1)</script> \x1b[2J"]])
    assert made.splitlines()[-1] == r"| a\|b # c \<script\>alert(1)\</script\> ?\[2J |"


def test_train_writes_the_card(perfpred, tmp_path):
    rows = [f"k,v,h,{n},{1e-6 * n}" for n in range(10, 40)]
    (tmp_path / "f.csv").write_text("\n".join(["kernel,variant,hardware,n,time_s", *rows]) + "\n")
    outcome = perfpred("train", tmp_path / "f.csv", "--models", tmp_path / "m", "--model", "linear-c")
    assert outcome.code == 0, outcome.err
    assert "1 predictor of time in s, for k; model linear-c" in (tmp_path / "m" / NAME).read_text()
    assert len(load(tmp_path / "m")) == 1
