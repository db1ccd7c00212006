"""Categories of more values than a model takes are refused before any work, by every command alike."""

import numpy as np
import pandas as pd
import pytest

from perfpred.combination import Combination
from perfpred.errors import InputError
from perfpred.learn.rows.encoded_columns import MAX_COLUMNS, require_few_columns
from perfpred.profile import Profile
from perfpred.tuning.best import best_configuration
from perfpred.tuning.recorded import RecordedSpace
from perfpred.tuning.replay import require_few_values

MANY = 320
SAID = "a model takes at most 300 columns, of which a category has one per value, but there are"
OPTIONS = "name those that matter with --parameters, or leave some out with --ignore"
IN_FILE = "leave some out of the file, or list them as ignore in a TOML file of its name beside it"


def rows(levels, count=2 * MANY):
    n = np.array([512, 1024, 2048, 4096])[np.arange(count) % 4]
    block = np.array([8, 16, 32])[np.arange(count) % 3]
    config = [f"c{i % levels}" for i in range(count)]
    table = pd.DataFrame({"n": n, "block": block, "config": config, "time_s": n * 1e-8 * (1 + block / 100)})
    return table.assign(kernel="k", variant="v", hardware="h")


def profile(levels):
    return Profile(rows(levels), ("n", "block", "config"))


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "many.csv"
    rows(MANY).to_csv(path, index=False)
    return path


def test_the_limit_itself_is_taken():
    texts = [f"c{i}" for i in range(MAX_COLUMNS - 1)]
    require_few_columns({"n": range(len(texts)), "config": texts})
    with pytest.raises(InputError, match=f"{SAID} 301, 299 of them of 'config'; {OPTIONS}"):
        require_few_columns({"n": range(len(texts)), "m": range(len(texts)), "config": texts})


def test_numbers_are_a_column_each_whatever_their_values():
    require_few_columns({"n": range(5000), "text": [str(i) for i in range(5000)]})
    with pytest.raises(InputError, match=f"{SAID} 301; {OPTIONS}"):
        require_few_columns({f"n{i}": [1, 2] for i in range(301)})


def test_the_column_with_most_values_is_named():
    columns = {"few": [f"f{i % 150}" for i in range(200)], "most": [f"m{i}" for i in range(200)]}
    with pytest.raises(InputError, match="350, 200 of them of 'most'"):
        require_few_columns(columns)


@pytest.mark.parametrize("size", [(), ("--train-size", 100)])
@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_training_and_judging_refuse_the_same(perfpred, csv, tmp_path, command, size):
    models = ("--models", tmp_path / "models") if command == "train" else ()
    outcome = perfpred(command, csv, *models, *size)
    assert outcome.code == 2
    assert f"{SAID} 322, 320 of them of 'config'; {OPTIONS}" in " ".join(outcome.err.split())


@pytest.mark.parametrize("fixed", [(), ("--fixed", "none")])
def test_a_search_is_refused(perfpred, csv, fixed):
    outcome = perfpred("search", csv, *fixed)
    assert outcome.code == 2
    assert f"{SAID} 322" in " ".join(outcome.err.split())
    assert f"of 'config'; {IN_FILE}, or search each" in " ".join(outcome.err.split())


def test_a_search_from_elsewhere_is_refused(perfpred, csv, tmp_path):
    few = tmp_path / "few.csv"
    rows(3, 24).to_csv(few, index=False)
    outcome = perfpred("search", csv, "--fixed", "none", "--warm-start", few)
    assert outcome.code == 2
    assert "320 of them of 'config'" in outcome.err


def test_a_space_is_refused_whoever_makes_it():
    with pytest.raises(InputError, match=SAID):
        RecordedSpace.of(profile(MANY))


def test_a_search_takes_what_the_file_beside_leaves_out(perfpred, csv):
    csv.with_suffix(".toml").write_text('ignore = ["config"]\n')
    outcome = perfpred("search", csv, "--fixed", "n", "--strategy", "random", "--budget", 2, "--repeats", 1)
    assert outcome.code == 0, outcome.err


def test_rows_of_each_fixed_value_may_have_few():
    require_few_values(profile(MANY), ("block",))


def test_rows_of_one_fixed_value_may_have_too_many(perfpred, tmp_path):
    path = tmp_path / "fixed.csv"
    count = MANY * 2
    table = rows(MANY, count).assign(block=[8, 16] * MANY, config=[f"c{i // 2}" for i in range(count)])
    table[:602].to_csv(path, index=False)
    outcome = perfpred("search", path, "--fixed", "block")
    assert "301 of them of 'config'" in outcome.err


def test_best_is_refused_where_it_needs_a_model(perfpred, csv):
    outcome = perfpred("best", csv, "n=3000")
    assert outcome.code == 2
    assert f"{SAID} 322, 320 of them of 'config'; {IN_FILE}" in " ".join(outcome.err.split())


def test_best_answers_from_measurements_alone():
    key = Combination("k", "v", "h")
    assert best_configuration(key, profile(MANY), {"n": 1024}).best.parameters["block"] == 8


def test_inspect_says_that_its_command_will_be_refused(perfpred, csv):
    document = perfpred("inspect", csv, "--json").json
    (said,) = [each for each in document["warnings"] if SAID in each]
    assert said.startswith("train refuses the file as it is: k / v / h:")
    outcome = perfpred("inspect", csv)
    assert "once what the warnings name is put right" in outcome.out
    assert not any(
        SAID in each for each in perfpred("inspect", csv, "--ignore", "config", "--json").json["warnings"]
    )
