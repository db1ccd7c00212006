"""Parameters whose names hold an equals sign can be asked for."""

import pandas as pd
import pytest

from perfpred.app.arguments import assignments
from perfpred.errors import InputError


def split(text, *known):
    return assignments([text], "a parameter", lambda: known)


@pytest.mark.parametrize(
    ("text", "known", "expected"),
    [
        ("a=b=5", ["a=b"], {"a=b": "5"}),
        (" a=b = 5", ["a=b", "c"], {"a=b": "5"}),
        ("a=b=c=5", ["a=b=c"], {"a=b=c": "5"}),
        ("a=b=c=5", ["a=b"], {"a=b": "c=5"}),
        ("a=b=5", ["a"], {"a": "b=5"}),
        ("a=b=5", ["other"], {"a": "b=5"}),
        ("a==5", ["a="], {"a=": "5"}),
        ("=a=5", ["=a"], {"=a": "5"}),
    ],
)
def test_the_known_name_is_taken(text, known, expected):
    assert split(text, *known) == expected


def test_two_known_names_are_never_guessed_between():
    with pytest.raises(InputError, match="'a=b=5' could give 'a' and 'a=b', which are both known"):
        split("a=b=5", "a=b", "a")


@pytest.mark.parametrize("text", ["a", "=5", "a=", "a=b="])
def test_what_gives_nothing_is_refused(text):
    with pytest.raises(InputError, match="must be NAME=VALUE"):
        split(text, "a=b")


def test_names_are_asked_for_only_where_they_decide():
    assert assignments(["a=5"], "a parameter", lambda: pytest.fail("not needed")) == {"a": "5"}


@pytest.fixture
def csv(tmp_path):
    sizes = [2**power for power in range(4, 12)]
    table = pd.DataFrame([(n, block) for n in sizes for block in (8, 16, 32)], columns=["size=n", "block"])
    times = table["size=n"] * 1e-8 * (1 + table["block"] / 100)
    path = tmp_path / "equals.csv"
    table.assign(kernel="k", variant="v", hardware="h", time_s=times).to_csv(path, index=False)
    return path


def test_commands_take_them(perfpred, csv, tmp_path):
    models = tmp_path / "models"
    assert perfpred("train", csv, "--models", models).code == 0
    for command in ("predict", "select"):
        assert perfpred(command, "k", "--models", models, "size=n=100", "block=8", "--json").code == 0
    refused = perfpred("predict", "k", "--models", models, "size=m=100", "block=8")
    assert "unknown parameter of k 'size'; did you mean 'size=n'?" in " ".join(refused.err.split())
    found = perfpred("best", csv, "size=n=64", "--json").json
    assert found["fixed"] == {"size=n": 64}
    assert found["best"]["parameters"] == {"block": 8}
