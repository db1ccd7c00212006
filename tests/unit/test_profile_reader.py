import gzip
import json

import pytest

from perfpred.errors import InputError, ProfileError
from perfpred.profile import read_profile

HEADER = "kernel,variant,hardware,m,time_s\n"
ROW = "matmul,eigen,cpu,64,1.5\n"
ORDER = ["kernel", "variant", "hardware", "m", "time_s", "noise", "rounds", "status"]


@pytest.fixture
def read(tmp_path):
    """Write text or bytes to a file and read it."""

    def reading(content, **supplied):
        path = tmp_path / "p.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_profile(path, **supplied)

    return reading


@pytest.fixture
def problems(read, tmp_path):
    def of(content, **supplied):
        with pytest.raises(ProfileError) as caught:
            read(content, **supplied)
        assert caught.value.source == str(tmp_path / "p.csv")
        return list(caught.value.problems)

    return of


def test_a_plain_file(read):
    profile = read(HEADER + ROW + "matmul,eigen,cpu,128,12e-1\n")
    assert list(profile.table) == ORDER
    assert profile.parameters == ("m",)
    assert profile.X["m"].tolist() == [64, 128]
    assert profile.X["m"].dtype == "int64"
    assert profile.time_s.tolist() == [1.5, 1.2]
    assert profile.table["status"].tolist() == ["ok", "ok"]
    assert profile.table[["noise", "rounds"]].isna().all(axis=None)
    assert profile.metadata == {}


@pytest.mark.parametrize(
    "content",
    [
        "\N{BYTE ORDER MARK}" + HEADER + ROW,
        (HEADER + ROW).replace("\n", "\r\n"),
        (HEADER + ROW).replace("\n", "\r"),
        (HEADER + ROW).replace(",", " , "),
        "\n" + HEADER + "\n\n" + ROW + "\n",
        (HEADER + ROW).rstrip(),
        HEADER + '"matmul","eigen","cpu","64","1.5"\n',
        gzip.compress((HEADER + ROW).encode(), mtime=0),
    ],
)
def test_spellings_of_one_file(read, content):
    assert read(content).data_hash == read(HEADER + ROW).data_hash


@pytest.mark.parametrize(
    ("unit", "typed"), [("s", "0.25"), ("ms", "250"), ("us", "250e3"), ("ns", "250000000")]
)
def test_time_units(read, unit, typed):
    assert read(f"time_{unit},kernel,variant,hardware,m\n{typed},a,b,c,1\n").time_s.tolist() == [0.25]


def test_optional_columns_failed_rows_and_categories(read):
    profile = read(
        "kernel,variant,hardware,layout,m,time_s,noise,rounds,status\n"
        "a,b,c,nchw,1,2,0.02,12,ok\n"
        "a,b,c,true,2,,,0,compile_error\n"
    )
    assert profile.parameters == ("layout", "m")
    assert profile.X["layout"].tolist() == ["nchw", "true"]
    assert profile.table["status"].tolist() == ["ok", "compile_error"]
    assert profile.table["rounds"].tolist() == [12.0, 0.0]
    assert profile.noise_floor == 0.02
    assert len(profile.ok) == 1


def test_supplied_columns(read):
    profile = read("kernel,m,time_s\nmatmul,64,1\n", kernel="matmul", variant="eigen", hardware=" cpu ")
    assert profile.table.loc[0, ["kernel", "variant", "hardware"]].tolist() == ["matmul", "eigen", "cpu"]


def test_several_kernels_in_one_file(read):
    profile = read("kernel,variant,hardware,m,f,time_s\na,b,c,64,,1\nd,b,c,,3,1\n")
    assert [each.parameters for _, each in profile.combinations()] == [("m",), ("f",)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", ["the file is empty; a header and rows are needed"]),
        ("\n\n", ["the file is empty; a header and rows are needed"]),
        (HEADER, ["there is a header but no row"]),
        (
            b"kernel,m\nmatm\xfcl,3\n",
            ["byte 0xfc on line 2 is not UTF-8 text; save the file as CSV in UTF-8"],
        ),
        (
            gzip.compress((HEADER + ROW).encode(), mtime=0)[:-9],
            [
                "this is not a whole gzip file: "
                "Compressed file ended before the end-of-stream marker was reached"
            ],
        ),
        (
            "kernel;m;time_s\na;3;1.5\n",
            [
                "there is no column 'variant'; supply variant=... (on the command line --variant)",
                "there is no column 'hardware'; supply hardware=... (on the command line --hardware)",
            ],
        ),
        (
            HEADER + "a,b,c,1\n" + ROW + "a,b,c,1,2,3\n",
            [
                "row 1 (line 2): 4 cells, but the header has 5",
                "row 3 (line 4): 6 cells, but the header has 5",
            ],
        ),
        (HEADER + ROW + 'a,b,"c,1,2\n' + ROW, ["line 3 cannot be read: unexpected end of data"]),
        (
            "kernel,variant,hardware,m,time\na,b,c,1,2\n",
            [
                "there is no time column; one of time_s, time_ms, time_us, time_ns is needed; "
                "is it --time time --unit s (or ns, us, ms, min)? perfpred inspect shows all columns"
            ],
        ),
        (
            "kernel,variant,hardware,m,time_s,time_ms\na,b,c,1,2,2000\n",
            ["there are several time columns, time_s, time_ms; choose one, such as --time time_s"],
        ),
        (
            "kernel,variant,hardware,m,m,time_s\na,b,c,1,1,2\n",
            ["two columns are named 'm'"],
        ),
        (
            "m,kernel,variant,hardware,,time_s\n0,a,b,c,1,2\n",
            ["column 5 has no name; name it, or leave it out"],
        ),
        ("kernel,variant,hardware,time_s\na,b,c,1\n", ["there is no parameter column, such as m or n"]),
        (
            "Kernel,variant,hardware,m,time_s\na,b,c,1,1\n",
            [
                "column 'Kernel' would be a parameter; is it 'kernel' (or --kernel-column Kernel)?",
                "there is no column 'kernel'; supply kernel=... (on the command line --kernel)",
            ],
        ),
        (
            "m,time_s\n1,1\n",
            [
                "there is no column 'kernel'; supply kernel=... (on the command line --kernel)",
                "there is no column 'variant'; supply variant=... (on the command line --variant)",
                "there is no column 'hardware'; supply hardware=... (on the command line --hardware)",
            ],
        ),
        (
            "kernel,variant,hardware,m,q,time_s\na,b,c,1,,2\n",
            ["column 'q' is blank in every row; --ignore q leaves it out"],
        ),
        (
            "kernel,variant,hardware,m,n,time_s\na,b,c,1,2,2\na,b,c,1,,2\n",
            [
                "row 2 (line 3): n must be given in every row of a kernel, variant and hardware, or in none, "
                "but is blank"
            ],
        ),
        (
            HEADER + "a,b,c,1,2\na,b,c,2,2\na,b,c,3x,2\n",
            [
                "row 3 (line 4): m must be a number as in most rows: a column holds numbers or text, "
                "not both, but is '3x'"
            ],
        ),
        (HEADER + " ,b,c,1,2\n", ["row 1 (line 2): kernel must not be blank, but is blank"]),
    ],
)
def test_errors(problems, content, expected):
    assert problems(content) == expected


def test_every_bad_time_is_told_as_typed(problems):
    typed = [
        "1",
        "-1.50",
        "0",
        "inf",
        "1e-400",
        "fast",
        "",
        "nan",
        "1_000",
        "0x10",
        "1e400",
        "\N{ARABIC-INDIC DIGIT ONE}",
    ]
    content = "kernel,variant,hardware,m,time_us\n" + "".join(
        f"a,b,c,{i},{time}\n" for i, time in enumerate(typed)
    )
    assert problems(content) == [
        "row 2 (line 3): time_us must be > 0 and finite, but is '-1.50'",
        "row 3 (line 4): time_us must be > 0 and finite, but is '0'",
        "row 4 (line 5): time_us must be > 0 and finite, but is 'inf'",
        "row 5 (line 6): time_us must be > 0 and finite, but is '1e-400'",
        "row 6 (line 7): time_us must be a number, but is 'fast'",
        "row 7 (line 8): time_us must be given where the status is ok, but is blank",
        "row 8 (line 9): time_us must be given where the status is ok, but is 'nan'",
        "row 9 (line 10): time_us must be a number, but is '1_000'",
        "row 10 (line 11): time_us must be a number, but is '0x10'",
        "row 11 (line 12): time_us must be > 0 and finite, but is '1e400'",
        "row 12 (line 13): time_us must be a number, but is '\N{ARABIC-INDIC DIGIT ONE}'",
    ]


def test_status_noise_and_rounds(problems):
    rows = ["2,0.1,1,OK", "2,-0.1,1,ok", "2,x,1,timeout", ",,1.5,timeout", "2,,-1,", "2,,,cancelled"]
    header = "kernel,variant,hardware,m,time_s,noise,rounds,status\n"
    known = "ok, compile_error, runtime_error, timeout, wrong_result"
    assert problems(header + "".join(f"a,b,c,1,{row}\n" for row in rows)) == [
        f"row 1 (line 2): status must be one of {known}, but is 'OK'; did you mean 'ok'?",
        "row 2 (line 3): noise must be >= 0 and finite, or blank, but is '-0.1'",
        "row 3 (line 4): time_s must be blank where the status is not ok, but is '2'",
        "row 3 (line 4): noise must be a number, but is 'x'",
        "row 4 (line 5): rounds must be a whole number >= 0, or blank, but is '1.5'",
        "row 5 (line 6): rounds must be a whole number >= 0, or blank, but is '-1'",
        f"row 5 (line 6): status must be one of {known}, but is blank",
        f"row 6 (line 7): status must be one of {known}, but is 'cancelled'",
    ]


def test_line_numbers_count_blank_lines_and_line_breaks_in_quotes(problems):
    content = HEADER + '\n"mat\nmul",b,c,1,1\n\na,b,c,1,-1\n'
    assert problems(content) == ["row 2 (line 6): time_s must be > 0 and finite, but is '-1'"]


def test_problems_of_every_kind_come_together_and_stop_at_20(read):
    content = "kernel,variant,m,time_s\n" + "a,b,1\n" + "a,b,1,-1\n" * 30
    with pytest.raises(ProfileError) as caught:
        read(content)
    lines = str(caught.value).splitlines()
    assert lines[0].endswith("p.csv: 32 problems")
    assert lines[1] == "  there is no column 'hardware'; supply hardware=... (on the command line --hardware)"
    assert lines[2] == "  row 1 (line 2): 3 cells, but the header has 4"
    assert lines[3] == "  row 2 (line 3): time_s must be > 0 and finite, but is '-1'"
    assert lines[21] == "  ... and 12 more"
    assert len(lines) == 22


def test_supplied_and_contradicted(problems, read):
    content = HEADER + ROW + "conv,eigen,cpu,3,1\n" * 2 + "pool,eigen,cpu,3,1\n"
    assert problems(content, kernel="matmul", variant="eigen") == [
        "row 2 (line 3): kernel is 'conv', but kernel='matmul' was supplied",
        "row 4 (line 5): kernel is 'pool', but kernel='matmul' was supplied",
    ]
    with pytest.raises(InputError, match="variant must be text and not blank, but got ' '"):
        read(content, variant=" ")


@pytest.mark.parametrize(
    ("name", "message"),
    [("none.csv", "there is no such file"), (".", "this is a folder; name the CSV file in it")],
)
def test_nothing_to_read(tmp_path, name, message):
    with pytest.raises(ProfileError) as caught:
        read_profile(tmp_path / name)
    assert str(caught.value) == f"{tmp_path / name}: 1 problem\n  {message}"


def test_several_files(tmp_path):
    one, two = tmp_path / "one.csv", tmp_path / "two.csv"
    one.write_text(HEADER + ROW)
    two.write_text("kernel,variant,hardware,f,time_s\npool,b,c,2,3\n")
    both = read_profile([one, str(two)])
    assert both.parameters == ("m", "f")
    assert both.time_s.tolist() == [1.5, 3.0]
    two.write_text(HEADER + "a,b,c,1,0\n")
    with pytest.raises(ProfileError) as caught:
        read_profile([one, two])
    assert caught.value.source == str(two)
    one.unlink()
    with pytest.raises(ProfileError) as caught:
        read_profile([one, two])
    assert str(caught.value).splitlines() == [
        "2 files: 2 problems",
        f"  {one}: there is no such file",
        f"  {two}: row 1 (line 2): time_s must be > 0 and finite, but is '0'",
    ]
    with pytest.raises(InputError, match="no file to read a profile from"):
        read_profile([])


def test_sidecar(read, tmp_path):
    metadata = {"cpu": "xeon", "complexity": {"work": "m**3"}}
    (tmp_path / "p.meta.json").write_text(json.dumps(metadata))
    assert read(HEADER + ROW).metadata == metadata
    assert read(HEADER + ROW).complexity == {"work": "m**3"}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b"{",
            "p.meta.json: not JSON: Expecting property name enclosed in double quotes at line 1",
        ),
        (
            b"\xff",
            "p.meta.json: byte 1 is not UTF-8 text; is this a JSON file?",
        ),
        (b"[1]", "p.meta.json must hold a JSON object"),
        (b"[" * 100_000, "p.meta.json: not JSON: it nests too deeply"),
        (
            b'{"complexity": {"work": "m*"}}',
            "p.meta.json: complexity 'work': invalid syntax, at character 3:",
        ),
    ],
)
def test_a_broken_sidecar_is_told_with_the_rest(problems, tmp_path, content, expected):
    (tmp_path / "p.meta.json").write_bytes(content)
    found = problems(HEADER + "a,b,c,1,0\n")
    assert found[0].startswith(expected)
    assert found[1:] == ["row 1 (line 2): time_s must be > 0 and finite, but is '0'"]


def test_a_parameter_may_be_called_none(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("kernel,variant,hardware,None,time_s\na,b,c,7,1.5\na,b,c,9,1.6\n")
    assert read_profile(path).parameters == ("None",)
