"""Profiles survive files; files never end in anything but a perfpred error."""

import math

import pandas as pd
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from perfpred.errors import InputError
from perfpred.profile import STATUSES, Profile, read_profile, write_profile

QUICK = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
positive = st.floats(1e-30, 1e30)
finite = positive | positive.map(lambda size: -size) | st.just(0.0)


@st.composite
def profiles(draw):
    n = draw(st.integers(1, 5))

    def column(cells):
        return draw(st.lists(cells, min_size=n, max_size=n))

    names = draw(st.lists(texts.map(str.strip), min_size=1, max_size=3, unique=True))
    kinds = st.sampled_from([st.integers(-(2**63), 2**63 - 1), finite, texts])
    columns = {key: column(texts) for key in ("kernel", "variant", "hardware")}
    columns |= {name: column(draw(kinds)) for name in names}
    status = column(st.sampled_from(STATUSES))
    columns["status"] = status
    columns["time_s"] = [draw(positive) if each == "ok" else math.nan for each in status]
    columns["noise"] = column(st.none() | st.floats(0, 10))
    columns["rounds"] = column(st.none() | st.integers(0, 10**6))
    metadata = draw(
        st.dictionaries(texts, st.none() | st.booleans() | finite | texts | st.lists(texts), max_size=2)
    )
    try:
        return Profile(pd.DataFrame(columns), tuple(names), metadata)
    except InputError:
        assume(False)


@given(profile=profiles(), name=st.sampled_from(["p.csv", "p.csv.gz"]))
@QUICK
def test_round_trip(tmp_path, profile, name):
    write_profile(profile, tmp_path / name)
    again = read_profile(tmp_path / name)
    pd.testing.assert_frame_equal(again.table, profile.table, check_exact=True)
    assert again.parameters == profile.parameters
    assert again.metadata == profile.metadata
    assert again.data_hash == profile.data_hash


HEADINGS = ["kernel", "variant", "hardware", "m", "time_s", "time_ms", "noise", "rounds", "status"]
CELLS = ["ok", "timeout", "1", "-1", "1e999", "inf", "nan", "", " ", "x", "\0", "é", "9" * 5000]
BROKEN = ['"', '"a\nb"', "\r", "\N{BYTE ORDER MARK}"]
cells = st.sampled_from([*HEADINGS, *CELLS, *BROKEN])
sheets = st.lists(st.lists(cells, max_size=7).map(",".join), max_size=6).map("\n".join).map(str.encode)
VALID = b"kernel,variant,hardware,m,time_s,noise,rounds,status\n"
below_a_header = sheets.map(lambda rows: VALID + rows)


@given(content=st.binary() | sheets | below_a_header | st.binary().map(lambda rest: b"\x1f\x8b" + rest))
@QUICK
def test_no_file_ends_in_another_error(tmp_path, content):
    (tmp_path / "p.csv").write_bytes(content)
    try:
        profile = read_profile(tmp_path / "p.csv", variant="v")
    except InputError as error:
        assert str(error)
    else:
        assert len(profile) > 0


@given(content=st.binary() | st.text('{}[]":,complexity01m*').map(str.encode))
@QUICK
def test_no_sidecar_ends_in_another_error(tmp_path, content):
    (tmp_path / "p.csv").write_text("kernel,variant,hardware,m,time_s\na,b,c,1,1\n")
    (tmp_path / "p.meta.json").write_bytes(content)
    try:
        read_profile(tmp_path / "p.csv")
    except InputError as error:
        assert str(error)
