import dataclasses
import math

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import ExpressionError, InputError, ProfileError
from perfpred.profile import Combination, Profile, concat

KEYS = {"kernel": "matmul", "variant": "eigen", "hardware": "cpu"}


def frame(**columns):
    return pd.DataFrame(KEYS | {"m": [64, 128], "time_s": [1.0, 2.0]} | columns)


def profile(parameters=("m",), metadata=None, **columns):
    return Profile(frame(**columns), parameters, metadata or {})


@pytest.fixture
def mixed():
    """Two kernels, one failed row."""
    return Profile(
        pd.DataFrame(
            {
                "kernel": ["matmul", "matmul", "pool", "pool"],
                "variant": ["eigen", "ublas", "eigen", "eigen"],
                "hardware": "cpu",
                "m": [64, 128, None, None],
                "f": [None, None, 3, 5],
                "layout": [None, None, "nchw", "nhwc"],
                "time_s": [1.0, 2.0, 3.0, None],
                "noise": [0.01, None, 0.03, 0.5],
                "status": ["ok", "ok", "ok", "timeout"],
            }
        ),
        ("m", "f", "layout"),
        {"complexity": {"matmul": {"work": "m**3"}, "pool": {"work": "f**2"}}, "cpu": "xeon"},
    )


def test_columns_are_completed_and_ordered():
    made = Profile(
        frame()[["time_s", "m", "hardware", "variant", "kernel"]].set_index("m", drop=False), ["m"]
    )
    assert list(made.table) == ["kernel", "variant", "hardware", "m", "time_s", "noise", "rounds", "status"]
    assert made.table.index.tolist() == [0, 1]
    assert made.parameters == ("m",)
    assert made.metadata == {}
    assert made.table["status"].tolist() == ["ok", "ok"]
    assert made.table[["noise", "rounds"]].isna().all(axis=None)
    assert len(made) == 2
    assert made.X.equals(pd.DataFrame({"m": [64, 128]}))
    np.testing.assert_array_equal(made.time_s, [1.0, 2.0], strict=True)


def test_the_profile_does_not_change_with_what_it_was_made_of():
    table, metadata = frame(), {"cpu": {"name": "xeon"}}
    made = Profile(table, ("m",), metadata)
    table.loc[0, "time_s"] = -1.0
    metadata["cpu"]["name"] = "other"
    made.time_s[0] = -1.0
    assert made.time_s.tolist() == [1.0, 2.0]
    assert made.metadata == {"cpu": {"name": "xeon"}}
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.table = table


@pytest.mark.parametrize(
    ("cells", "expected", "kind"),
    [
        ([64, 128], [64, 128], "int64"),
        (np.array([64, 100], dtype=np.int8), [64, 100], "int64"),
        ([64.0, 0.5], [64.0, 0.5], "float64"),
        (["64", " 128"], [64, 128], "int64"),
        (["64", "1.5e2"], [64.0, 150.0], "float64"),
        ([True, False], [1, 0], "int64"),
        (pd.array([64, 128], dtype="Int64"), [64, 128], "int64"),
        (pd.Categorical(["a", "b"]), ["a", "b"], None),
        ([" a ", "b"], ["a", "b"], None),
        ([2**70, 1], [2.0**70, 1.0], "float64"),
    ],
)
def test_parameter_kinds(cells, expected, kind):
    column = profile(m=cells).X["m"]
    assert column.tolist() == expected
    assert column.dtype == (kind or pd.Series(["a"]).dtype)


def test_ok_noise_and_hash(mixed):
    assert len(mixed.ok) == 3
    assert mixed.ok.table["status"].unique().tolist() == ["ok"]
    assert mixed.ok.parameters == mixed.parameters
    assert mixed.ok.metadata == mixed.metadata
    assert mixed.noise_floor == pytest.approx(0.02)
    assert math.isnan(profile().noise_floor)
    failed = profile(time_s=[None, None], status=["timeout", "compile_error"])
    assert len(failed.ok) == 0
    assert list(failed.ok.combinations()) == []


def test_hash_is_of_the_content():
    base = profile()
    assert base.data_hash == "e8d17e9686d530d1929a6a98e7c2ff56391bcd8ded5c2746d9e582df72e3dc27"
    two = profile(("m", "n"), n=[1, 2])
    assert two.data_hash == profile(("n", "m"), n=[1.0, 2.0], metadata={"cpu": "xeon"}).data_hash
    others = [
        profile(m=[64, 129]),
        profile(time_s=[1.0, math.nextafter(2, 3)]),
        profile(noise=[0.1, 0.1]),
        two,
    ]
    others += [profile(m=[128, 64], time_s=[2.0, 1.0]), profile(kernel="conv"), profile(m=["a", "b"])]
    assert len({each.data_hash for each in [base, *others]}) == len(others) + 1


def test_combinations_drop_the_parameters_of_others(mixed):
    found = dict(mixed.combinations())
    assert [str(combination) for combination in found] == [
        "matmul / eigen / cpu",
        "matmul / ublas / cpu",
        "pool / eigen / cpu",
    ]
    pool = found[Combination("pool", "eigen", "cpu")]
    assert pool.parameters == ("f", "layout")
    assert "m" not in pool.table
    assert len(pool) == 2
    assert pool.complexity == {"work": "f**2"}
    assert found[Combination("matmul", "ublas", "cpu")].X.to_dict("list") == {"m": [128.0]}


def test_complexity(mixed):
    assert profile().complexity == {}
    assert profile(metadata={"complexity": {"work": "m"}}).complexity == {"work": "m"}
    with pytest.raises(InputError) as caught:
        _ = mixed.complexity
    assert str(caught.value) == "each kernel has its own complexity, and here are matmul, pool"


@pytest.mark.parametrize(
    ("complexity", "error", "message"),
    [
        ({"work": "m*"}, ExpressionError, "complexity 'work': invalid syntax, at character 3:\n  m*\n    ^"),
        (["m"], InputError, "complexity must map names to expressions, but is ['m']"),
        (
            {"matmul": {"work": "m"}, "flops": "m"},
            InputError,
            "complexity must map each kernel to its expressions, but holds 'm'",
        ),
    ],
)
def test_complexity_is_checked(complexity, error, message):
    with pytest.raises(error) as caught:
        profile(metadata={"complexity": complexity})
    assert str(caught.value) == message


def test_every_broken_row_is_told():
    with pytest.raises(ProfileError) as caught:
        profile(
            variant=["eigen", " "],
            m=[math.inf, None],
            time_s=[0.0, 2.0],
            noise=[-0.1, math.inf],
            rounds=[1.5, -1],
            status=["ok", "Timeuot"],
        )
    assert str(caught.value).splitlines() == [
        "profile: 9 problems",
        "  row 1: m must be finite, but is inf",
        "  row 1: time_s must be > 0 and finite, but is 0.0",
        "  row 1: noise must be >= 0 and finite, or blank, but is -0.1",
        "  row 1: rounds must be a whole number >= 0, or blank, but is 1.5",
        "  row 2: variant must not be blank, but is blank",
        "  row 2: m or another parameter must be given, but is blank",
        "  row 2: noise must be >= 0 and finite, or blank, but is inf",
        "  row 2: rounds must be a whole number >= 0, or blank, but is -1.0",
        "  row 2: status must be one of ok, compile_error, runtime_error, timeout, wrong_result, "
        "but is 'Timeuot'; did you mean 'timeout'?",
    ]


def test_times_and_status_go_together():
    with pytest.raises(ProfileError) as caught:
        profile(time_s=[None, 2.0], status=["ok", "timeout"])
    assert caught.value.problems == (
        "row 1: time_s must be given where the status is ok, but is blank",
        "row 2: time_s must be blank where the status is not ok, but is 2.0",
    )


def test_numbers_and_texts_do_not_mix():
    with pytest.raises(ProfileError) as caught:
        profile(("m", "layout"), m=["64", "12x8"], layout=["a", "b"])
    assert caught.value.problems == (
        "row 2: m must be a number as in most rows: a column holds numbers or text, not both, but is '12x8'",
    )
    table = pd.DataFrame(KEYS | {"layout": ["a", "b", "7"], "time_s": 1.0})
    with pytest.raises(ProfileError) as caught:
        Profile(table, ("layout",))
    assert caught.value.problems == (
        "row 3: layout must be text as in most rows: a column holds numbers or text, not both, but is '7'",
    )


def test_a_parameter_is_given_throughout_a_combination_or_not_at_all():
    with pytest.raises(ProfileError) as caught:
        profile(("m", "n", "q"), n=[None, 3], q=[None, None])
    assert caught.value.problems == (
        "column 'q' is blank in every row",
        "row 1: n must be given in every row of a kernel, variant and hardware, or in none, but is blank",
    )


@pytest.mark.parametrize(
    ("table", "parameters", "message"),
    [
        (frame(), (), "a profile needs at least one parameter"),
        (
            frame(),
            ("m", "time_ms"),
            "'time_ms' cannot name a parameter; reserved: kernel, variant, hardware, "
            "time_s, time_ms, time_us, time_ns, noise, rounds, status",
        ),
        (
            frame(),
            ("m", "m"),
            "columns and parameters must differ from each other, but got "
            "['kernel', 'variant', 'hardware', 'm', 'time_s'], ('m', 'm')",
        ),
        (frame(), ("m", "n"), "a profile needs column 'n'; got kernel, variant, hardware, m, time_s"),
        (
            frame().rename(columns={"kernel": "kernal"}),
            ("m",),
            "a profile needs column 'kernel' (is it 'kernal'?); got kernal, variant, hardware, m, time_s",
        ),
        (frame(n=1, time_us=2), ("m",), "columns must be named as parameters or left out: n, time_us"),
        (frame(m=[(1, 2), (3, 4)]), ("m",), "a profile holds numbers and text, but got (1, 2)"),
        (frame(m=[[1], [3]]), ("m",), "a profile holds numbers and text, but got [1]"),
        (frame(kernel=[1, 2]), ("m",), "kernel, variant, hardware and status are text, but got 1"),
    ],
)
def test_wrong_columns(table, parameters, message):
    with pytest.raises(InputError) as caught:
        Profile(table, parameters)
    assert str(caught.value) == message


def test_concat(mixed):
    matmul = profile(metadata={"cpu": "xeon", "load": 1, "complexity": {"work": "m**3"}})
    pool = Profile(frame(kernel="pool", f=[3, 5]).drop(columns="m"), ("f",), {"cpu": "xeon", "load": 2})
    both = concat([matmul, pool])
    assert both.parameters == ("m", "f")
    expected = pd.DataFrame({"m": [64, 128, None, None], "f": [None, None, 3, 5]}, dtype=float)
    pd.testing.assert_frame_equal(both.X, expected)
    assert both.metadata == {
        "cpu": "xeon",
        "parts": [{"load": 1}, {"load": 2}],
        "complexity": {"matmul": {"work": "m**3"}, "pool": {}},
    }
    assert [each.complexity for _, each in both.combinations()] == [{"work": "m**3"}, {}]
    assert concat([matmul]) is matmul
    twice = concat([matmul, matmul])
    assert twice.metadata == matmul.metadata
    assert twice.X["m"].dtype == "int64"
    failed = profile(hardware="gpu", time_s=None, status="timeout")
    assert len(concat([mixed, failed])) == 6


def test_concat_errors():
    with pytest.raises(InputError, match="there is no profile to put together"):
        concat([])
    with pytest.raises(InputError) as caught:
        concat([profile(metadata={"complexity": {"work": text}}) for text in ("m", "m**2")])
    assert str(caught.value) == "complexity 'work' of matmul is 'm' in one profile and 'm**2' in another"
    with pytest.raises(
        ProfileError, match="row 3: n must be given in every row of a kernel, variant and hardware"
    ):
        concat([profile(("m", "n"), n=3), profile()])
    with pytest.raises(ProfileError, match="a column holds numbers or text, not both"):
        concat([profile(), profile(m=["a", "b"])])
