"""CSV files that are wide, long, hold long cells, or are cut and quoted badly: quick, small and clear."""

import random
import tracemalloc

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import ProfileError
from perfpred.profile import Profile, csv_text, read_profile
from perfpred.profile.cells import value_of
from perfpred.profile.csv_text import read_sheet

HEADER = "kernel,variant,hardware,m,time_s\n"
ROW = "a,b,c,1,2\n"


@pytest.fixture
def read(tmp_path):
    def reading(content, **supplied):
        path = tmp_path / "p.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_profile(path, **supplied)

    return reading


@pytest.fixture
def problems(read):
    def of(content, **supplied):
        with pytest.raises(ProfileError) as caught:
            read(content, **supplied)
        return list(caught.value.problems)

    return of


@pytest.mark.parametrize("last", ["x", "e", ".", "-", "", "e5e"])
@pytest.mark.parametrize("unit", ["1", "1.", ".1", "1e", "+", "0"])
def test_texts_like_long_numbers_are_told_apart_at_once(unit, last):
    for length in (10, 990, 100_000):
        text = unit * length + last
        value = value_of(text)
        assert isinstance(value, str) if length == 100_000 else isinstance(value, str | int | float)


def test_a_cell_of_digits_that_ends_in_a_letter(problems):
    found = problems(HEADER + f"a,b,c,1,2\na,b,c,2,2\na,b,c,{'1' * 24_000}x,2\n")
    assert len(found) == 1
    assert found[0].startswith("row 3 (line 4): m must be a number as in most rows")
    assert found[0].endswith("'... (24,001 characters)")
    assert len(found[0]) < 300


def test_long_names_and_texts(problems, read):
    name = "x" * 201
    content = f"kernel,variant,hardware,{name},time_s\na,b,c,1,2\n"
    assert problems(content) == [
        f"column '{'x' * 60}'... (201 characters) has a name of 201 characters; at most 200 are allowed"
    ]
    assert problems(content.replace(name, " ." * 60_000 + "x")) == [
        "a column's name has at most 1,000 characters, but that of column 4 has 120,000"
    ]
    level = "L" * 1001
    found = problems(f"kernel,variant,hardware,layout,m,time_s\na,b,{level},{level},1,2\na,b,c,d,2,2\n")
    assert found == [
        f"row 1 (line 2): {column} must have at most 1,000 characters, "
        f"but is '{'L' * 60}'... (1,001 characters)"
        for column in ("hardware", "layout")
    ]
    assert len(read(f"kernel,variant,hardware,{'x' * 200},time_s\n{'k' * 1000},b,c,1,2\n")) == 1


def test_long_names_in_a_table():
    table = pd.DataFrame({"x" * 201: [1], "time_s": [1.0], "kernel": "k", "variant": "v", "hardware": "h"})
    with pytest.raises(ProfileError, match="has a name of 201 characters; at most 200 are allowed"):
        Profile(table, ("x" * 201,))


def test_many_columns(read, problems):
    count = 5_000
    header = ",".join(f"p{i}" for i in range(count))
    supplied = {"kernel": "k", "variant": "v", "hardware": "h"}
    profile = read(f"{header},time_s\n" + f"{','.join(['1'] * count)},1\n" * 3, **supplied)
    assert len(profile.parameters) == count
    [(_, part)] = profile.combinations()
    assert len(part.ok.parameters) == count
    bad = ",".join(["1"] * (count - 1) + [""])
    assert problems(f"{header},time_s\n{','.join(['1'] * count)},1\n{bad},1\n", **supplied) == [
        f"row 2 (line 3): p{count - 1} must be given in every row of a kernel, variant and hardware, "
        "or in none, but is blank"
    ]
    wide = ",".join(f"p{i}" for i in range(50_001))
    assert problems(f"{wide}\n{wide}\n") == ["a file has at most 50,000 columns, but the header has 50,001"]


def test_a_row_of_very_many_cells(problems):
    assert problems(HEADER + ROW + "1," * 100_000 + "1\n") == [
        "row 2 (line 3): 100001 cells, but the header has 5"
    ]


def test_too_many_cells(problems, monkeypatch):
    monkeypatch.setattr(csv_text, "MAX_CELLS", 100)
    assert problems(HEADER + ROW * 30) == [
        "a file has at most 100 cells, but this one has about 155; split it"
    ]
    assert problems("\n" * 200) == ["a file has at most 100 cells, but this one has about 200; split it"]


@pytest.mark.parametrize("line", [b"\0", b"1", b"\xc3\xa9"])
def test_a_line_without_end(problems, line):
    content = HEADER.encode() + line * (20 << 20)
    tracemalloc.start()
    assert problems(content) == ["a line has at most 16,777,216 bytes, but one has more"]
    assert tracemalloc.get_traced_memory()[1] < 100 << 20
    tracemalloc.stop()


def test_an_open_quote_ends_at_the_limit_of_a_cell(problems):
    content = HEADER + ROW + 'a,b,"c,1,2\n' + ROW * 100_000
    assert problems(content) == ["line 3 cannot be read: field larger than field limit (131072)"]


@pytest.mark.parametrize(
    ("bad", "shown"),
    [(b"\xed\xa0\x80", "0xed"), (b"\xc0\x80", "0xc0"), (b"\xe2\x82", "0xe2"), (b"\xf8", "0xf8")],
)
@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"])
def test_bytes_that_are_no_text_are_told_with_their_line(problems, bad, shown, before):
    content = before + HEADER.encode() + ROW.encode() * 2 + bad
    assert problems(content) == [f"byte {shown} on line 4 is not UTF-8 text; save the file as CSV in UTF-8"]


def test_a_character_across_two_pieces(read, monkeypatch):
    monkeypatch.setattr(csv_text, "_PIECE", 3)
    content = HEADER + ROW.replace("a", "é€\U0001f4a9")
    assert read(content).table["kernel"].tolist() == ["é€\U0001f4a9"]


def test_nulls_and_carriage_returns(read):
    content = (HEADER + ROW.replace("a", "a\0b") + ROW).replace("\n", "\r")
    assert read(content).table["kernel"].tolist() == ["a\0b", "a"]


def test_a_sheet_in_many_chunks_is_the_one_in_a_single_chunk(tmp_path, monkeypatch):
    rng = random.Random(0)
    cells = ["", " ", "1", "-2.5", "é" * 30, '"a,b"', '"x\ny"', "nan", "9" * 400]
    lines = [",".join(rng.choice(cells) for _ in range(4)) for _ in range(500)]
    lines[7] = "ragged"
    (tmp_path / "p.csv").write_text("a,b,c,d\n" + "\n".join(lines))
    whole = read_sheet(tmp_path / "p.csv")
    for chunk, narrow in ((4, 256), (50, 256), (50, 2)):
        monkeypatch.setattr(csv_text, "_CHUNK", chunk)
        monkeypatch.setattr(csv_text, "_NARROW", narrow)
        sheet = read_sheet(tmp_path / "p.csv")
        assert len(sheet.chunks) > 10
        for place in (2, 0, 2):
            assert sheet.column(place).tolist() == whole.column(place).tolist()
        assert sheet.rows == whole.rows
        assert (sheet.numbers, sheet.lines) == (whole.numbers, whole.lines)
        assert sheet.problems == whole.problems


def test_long_columns_take_little_memory(read):
    rng = np.random.default_rng(0)
    times = rng.random(20_000).tolist()
    content = HEADER + "".join(f"matmul,openblas,xeon-gold-1t,{n % 4096},{t}\n" for n, t in enumerate(times))
    tracemalloc.start()
    profile = read(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert profile.time_s.tolist() == times
    assert peak / len(times) < 1000  # bytes per row of five cells


def test_whole_and_real_numbers_over_several_parts(read, monkeypatch):
    def column(*cells):
        return read(HEADER + "".join(f"a,b,c,{cell},1\n" for cell in cells)).X["m"]

    monkeypatch.setattr("perfpred.profile.cells._PART", 3)
    assert column("1", "2", "3", "4", "5", "6").dtype == "int64"
    assert column("1", "2", "3", "4", "5.5", "6").tolist() == [1, 2, 3, 4, 5.5, 6]
    found = column("1", "-9223372036854775808", "9223372036854775807", "+7")
    assert found.dtype == "int64"
    assert found.tolist() == [1, -(2**63), 2**63 - 1, 7]
    assert column("1", "2", "9223372036854775808").tolist() == [1.0, 2.0, 2.0**63]


def test_a_table_that_changes_later_leaves_the_profile_as_it_was():
    table = pd.DataFrame({"m": [1, 2], "time_s": [1.0, 2.0], "kernel": "k", "variant": "v", "hardware": "h"})
    profile = Profile(table, ("m",))
    table.loc[0, "m"] = 7
    table.loc[0, "time_s"] = 7.0
    assert profile.X["m"].tolist() == [1, 2]
    assert profile.time_s.tolist() == [1.0, 2.0]


def test_sizes_and_times_beyond_what_can_be_multiplied(problems, read):
    rows = [
        "1e31,1",
        "1e-31,1",
        "-1e300,1",
        "0,1",
        "1e30,1",
        "-1e-30,1",
        "1,1e31",
        "1,1e-31",
        "1,1e-310",
        "1e999,1",
    ]
    found = problems(HEADER + "".join(f"a,b,c,{row}\n" for row in rows))
    size = "m must be 0 or from 1e-30 to 1e+30 in size: sizes are multiplied, but is"
    assert found == [
        f"row 1 (line 2): {size} '1e31'",
        f"row 2 (line 3): {size} '1e-31'",
        f"row 3 (line 4): {size} '-1e300'",
        "row 7 (line 8): time_s must be from 1e-30 to 1e+30 seconds, but is '1e31'",
        "row 8 (line 9): time_s must be from 1e-30 to 1e+30 seconds, but is '1e-31'",
        "row 9 (line 10): time_s must be from 1e-30 to 1e+30 seconds, but is '1e-310'",
        "row 10 (line 11): m must be finite, but is '1e999'",
    ]
    assert len(read(HEADER.replace("time_s", "time_ns") + "a,b,c,9223372036854775807,1e30\n")) == 1


def test_ragged_rows_of_a_large_file_are_told_before_the_rest_is_checked(tmp_path, monkeypatch):
    monkeypatch.setattr("perfpred.profile.reader.MAX_RAGGED_CELLS", 3)
    (tmp_path / "f.csv").write_text("n,time_s\nx,1\n1,2,3\ny,-1\n")
    with pytest.raises(ProfileError, match=r"1 problem\n.*row 2 .*: 3 cells, but the header has 2"):
        read_profile(tmp_path / "f.csv", kernel="k", variant="v", hardware="h")
