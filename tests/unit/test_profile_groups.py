import pandas as pd
import pytest

import perfpred as pp
from perfpred.errors import InputError
from perfpred.profile import Profile, concat, write_profile


def table(rows=4, **columns):
    base = {"kernel": ["k"] * rows, "variant": ["a", "b"] * (rows // 2), "hardware": ["h"] * rows}
    return pd.DataFrame({**base, "n": range(1, rows + 1), "time_s": [1.0] * rows, **columns})


def grouped(rows=4, groups=("x", "x", "y", "z")):
    return Profile(table(rows), ("n",), groups=list(groups), group_column="matrix")


def test_groups_follow_their_rows():
    profile = grouped()
    assert profile.take([3, 0]).groups.tolist() == ["z", "x"]
    assert profile.take([3, 0]).groups.index.tolist() == [0, 1]
    assert [part.groups.tolist() for _, part in profile.combinations()] == [["x", "y"], ["x", "z"]]
    failed = table(status=["ok", "timeout", "ok", "ok"]).assign(time_s=[1.0, None, 1.0, 1.0])
    partly = Profile(failed, ("n",), groups=["x", "x", "y", "z"], group_column="matrix")
    assert partly.ok.groups.tolist() == ["x", "y", "z"]
    assert concat([profile, profile.take([1])]).groups.tolist() == ["x", "x", "y", "z", "x"]
    assert profile.ok.group_column == "matrix"


def test_a_parameter_can_be_the_group():
    profile = Profile(table(n=[1, 1, 2.5, 2.5]), ("n",), group_column="n")
    assert profile.groups.tolist() == ["1", "1", "2.5", "2.5"]
    assert profile.take([2]).parameters == ("n",)


def test_the_hash_tells_groups_apart_and_is_the_old_one_without():
    plain = Profile(table(), ("n",))
    hashes = {plain.data_hash, grouped().data_hash, grouped(groups=("x", "x", "y", "y")).data_hash}
    assert len(hashes) == 3


@pytest.mark.parametrize("name", ["f.csv", "f.csv.gz"])
def test_groups_survive_a_file(tmp_path, name):
    write_profile(grouped(groups=("a,b", "7", "7.5", 'q"')), tmp_path / name)
    back = pp.read_profile(tmp_path / name)
    assert back.groups.tolist() == ["a,b", "7", "7.5", 'q"']
    assert (back.group_column, back.parameters, back.metadata) == ("matrix", ("n",), {})
    assert back.data_hash == grouped(groups=("a,b", "7", "7.5", 'q"')).data_hash


def test_a_group_that_is_a_parameter_survives_a_file(tmp_path):
    profile = Profile(table(n=[1.0, 1.0, 2.0, 2.0]), ("n",), group_column="n")
    write_profile(profile, tmp_path / "f.csv")
    back = pp.read_profile(tmp_path / "f.csv")
    assert (back.groups.tolist(), back.parameters) == (["1", "1", "2", "2"], ("n",))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"groups": ["x"] * 4}, "groups need group_column, the name of their column"),
        ({"group_column": "matrix"}, "which is no parameter, and groups are not given"),
        ({"groups": ["x"] * 3, "group_column": "g"}, "there are 3 groups and 4 rows"),
        ({"groups": ["x", " ", None, "y"], "group_column": "g"}, "group 'g' must not be blank; row 2, 3"),
        ({"groups": ["x"] * 4, "group_column": "time_s"}, "'time_s' cannot name a group column"),
    ],
)
def test_wrong_groups_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        Profile(table(), ("n",), **arguments)


def test_profiles_must_agree_on_the_group_column():
    message = "must have the same group column, but have 'matrix', no group column"
    with pytest.raises(InputError, match=message):
        concat([grouped(), Profile(table(), ("n",))])


def test_a_sidecar_that_names_a_missing_group_column_is_refused(tmp_path):
    (tmp_path / "f.csv").write_text("kernel,variant,hardware,n,time_s\nk,v,h,1,1\n")
    (tmp_path / "f.meta.json").write_text('{"group_column": {"name": "matrix", "parameter": false}}')
    with pytest.raises(InputError, match="there is no column 'matrix', which is the group column"):
        pp.read_profile(tmp_path / "f.csv")
    (tmp_path / "f.meta.json").write_text('{"group_column": "matrix"}')
    with pytest.raises(InputError, match="group_column must be"):
        pp.read_profile(tmp_path / "f.csv")
