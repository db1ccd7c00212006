import warnings

import pytest

from perfpred.app.column_options import OPTIONS, mapping_of
from perfpred.app.notices import data_warnings_as_notices
from perfpred.errors import DataWarning, InputError
from perfpred.profile.columns.mapping import ColumnMapping


def test_data_warnings_are_said_once_and_others_are_left_alone(capsys):
    with pytest.warns(UserWarning, match="other"), data_warnings_as_notices():
        for _ in range(2):
            warnings.warn("column 'x' is left out", DataWarning, stacklevel=1)
        warnings.warn("other", UserWarning, stacklevel=1)
    assert capsys.readouterr().err == "column 'x' is left out\n"


def test_every_entry_of_a_mapping_has_an_option():
    assert set(OPTIONS) == set(ColumnMapping.__dataclass_fields__)


def test_lists_of_columns_are_read_like_a_line_of_csv():
    assert mapping_of({"ignore": 'a, "b,c" ,d'}).ignore == ("a", "b,c", "d")
    with pytest.raises(InputError, match="--parameters must name at least one column"):
        mapping_of({"parameters": " , "})


@pytest.mark.parametrize("verb", ["train", "evaluate", "inspect"])
def test_the_commands_share_the_options(verb, perfpred):
    help_text = perfpred(verb, "--help").out
    assert all(f"--{name.replace('_', '-')}" in help_text for name in OPTIONS)


def test_several_files_without_a_variant_are_not_taken_for_one(tmp_path, perfpred):
    for name in ("cpu", "gpu"):
        (tmp_path / f"{name}.csv").write_text("n,time_ms\n1,1\n2,2\n3,3\n")
    files = (tmp_path / "cpu.csv", tmp_path / "gpu.csv")
    outcome = perfpred("train", *files, "--models", tmp_path / "m", "--kernel", "k")
    assert outcome.code == 2
    assert outcome.err.count("there is no column 'variant'") == 2
