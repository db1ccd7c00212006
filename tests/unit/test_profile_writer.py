import gzip
import json

import pandas as pd
import pytest

from perfpred.errors import InputError, ProfileError
from perfpred.profile import Profile, read_profile, write_profile


@pytest.fixture
def profile():
    return Profile(
        pd.DataFrame(
            {
                "kernel": "matmul",
                "variant": ["a,b", 'a"b', "a\nb"],
                "hardware": "größe",
                "m": [64, 128, 2**40],
                "alpha": [0.1, 1.0, 5e-24],
                "layout": ["nchw", "x", "-"],
                "time_s": [0.1 + 0.2, None, 1e-7],
                "noise": [0.02, None, None],
                "rounds": [12, None, 3],
                "status": ["ok", "timeout", "ok"],
            }
        ),
        ("m", "alpha", "layout"),
        {"cpu": {"name": "Xeon®", "mhz": 2100.5}, "complexity": {"work": "m*alpha"}},
    )


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz", "p"])
def test_round_trip(profile, tmp_path, name):
    path = tmp_path / name
    write_profile(profile, path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([name, "p.meta.json"])
    again = read_profile(path)
    pd.testing.assert_frame_equal(again.table, profile.table)
    assert again.parameters == profile.parameters
    assert again.metadata == profile.metadata
    assert again.data_hash == profile.data_hash
    first = path.read_bytes()
    write_profile(again, path)
    assert path.read_bytes() == first


def test_what_is_written(profile, tmp_path):
    write_profile(profile, tmp_path / "p.csv")
    assert (tmp_path / "p.csv").read_text() == (
        "kernel,variant,hardware,m,alpha,layout,time_s,noise,rounds,status\n"
        'matmul,"a,b",größe,64,0.1,nchw,0.30000000000000004,0.02,12,ok\n'
        'matmul,"a""b",größe,128,1.0,x,,,,timeout\n'
        'matmul,"a\nb",größe,1099511627776,5e-24,-,1e-07,,3,ok\n'
    )
    assert json.loads((tmp_path / "p.meta.json").read_text()) == profile.metadata
    write_profile(profile, tmp_path / "q.csv.gz")
    assert gzip.decompress((tmp_path / "q.csv.gz").read_bytes()) == (tmp_path / "p.csv").read_bytes()


def test_an_older_description_never_stays(profile, tmp_path):
    write_profile(profile, tmp_path / "p.csv")
    write_profile(Profile(profile.table, profile.parameters), tmp_path / "p.csv")
    assert read_profile(tmp_path / "p.csv").metadata == {}


def test_errors(profile, tmp_path):
    failed = Profile(profile.table[1:2], profile.parameters)
    with pytest.raises(ProfileError, match="a profile without rows cannot be written"):
        write_profile(failed.ok, tmp_path / "p.csv")
    with pytest.raises(InputError, match=r"the metadata must be of JSON's types: .* set"):
        write_profile(Profile(profile.table, profile.parameters, {"isa": {"avx2"}}), tmp_path / "p.csv")
    odd = pd.Series(["\ud800"] * len(profile.table), dtype=object)
    with pytest.raises(InputError, match="a profile must be valid Unicode"):
        write_profile(Profile(profile.table.assign(kernel=odd), profile.parameters), tmp_path / "p.csv")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="No such file or directory"):
        write_profile(profile, tmp_path / "none" / "p.csv")
