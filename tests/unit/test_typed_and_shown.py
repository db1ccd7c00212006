"""What people type into options, and how values and names are shown to them."""

import io
import math
import sys
import warnings
from pathlib import Path

import pytest
import typer

from perfpred.app import console
from perfpred.app.arguments import assignments, comma_integers, comma_list
from perfpred.app.campaigns import require_any_ok, shown_campaign
from perfpred.app.column_options import mapping_of
from perfpred.app.console import percent
from perfpred.app.gates import finish, fraction, line
from perfpred.app.interrupts import WorkInterrupted
from perfpred.app.machine import check_machine
from perfpred.app.notices import data_warnings_as_notices
from perfpred.app.reading import transfer_folder
from perfpred.app.shown import make_safe, readable, shown
from perfpred.errors import DataWarning, InputError, MeasurementError, PerfpredWarning
from perfpred.profile.time_units import amount_text, seconds_text


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["work"], "--complexity must be NAME=VALUE, but got 'work'"),
        (["=m"], "--complexity must be NAME=VALUE, but got '=m'"),
        (["work= "], "--complexity must be NAME=VALUE, but got 'work= '"),
        (["a=1", "a=2"], "--complexity: 'a' is given twice"),
        (["a=b=1"], "--complexity: 'a=b=1' could give 'a' and 'a=b', which are both known: rename one"),
    ],
)
def test_pairs_are_a_name_and_a_value_once(texts, message):
    with pytest.raises(InputError) as caught:
        assignments(texts, "--complexity", lambda: ["a", "a=b"])
    assert str(caught.value).startswith(message)


def test_a_name_may_hold_what_separates_it_where_it_is_known():
    assert assignments(["size=n=512"], "a parameter", lambda: ["size=n"]) == {"size=n": "512"}
    assert assignments(["x=n=512"], "a parameter", lambda: ["size=n"]) == {"x": "n=512"}
    assert comma_list(" a, ,b,") == ["a", "b"] and comma_integers("1, 2", "threads") == [1, 2]
    with pytest.raises(InputError, match=r"threads must be whole numbers, but got '1\.5'"):
        comma_integers("1,1.5", "threads")


@pytest.mark.parametrize(
    ("text", "value"), [("5%", 0.05), (" 0.05 ", 0.05), ("1", 1.0), ("150%", 1.5), ("0", 0.0)]
)
def test_a_share_is_a_percentage_or_a_fraction(text, value):
    assert fraction(text, "--max-mape") == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("five", "--max-mape must be a share such as 5% or 0.05, but got 'five'"),
        ("", "--max-mape must be a share such as 5% or 0.05, but got ''"),
        ("5", r"--max-mape must be a share: did you mean 5%\? It is 5 times as it stands"),
    ],
)
def test_what_is_no_share_is_refused(text, message):
    with pytest.raises(InputError, match=message):
        fraction(text, "--max-mape")


@pytest.mark.parametrize(
    ("state", "strict", "fails"),
    [
        ("worse", False, True),
        ("no model", False, True),
        ("undecided", False, False),
        ("undecided", True, True),
        ("fine", True, False),
    ],
)
def test_a_gate_fails_by_its_verdicts(tmp_path, state, strict, fails):
    files = tmp_path / "a.xml", tmp_path / "a.md"
    judged = [line("matmul <b>", state, "7%", "it got slower")]
    if fails:
        with pytest.raises(typer.Exit) as caught:
            finish("audit", judged, "a footer", files, strict)
        assert caught.value.exit_code == 1
    else:
        finish("audit", judged, "a footer", (None, files[1]), strict)
        finish("audit", judged, "a footer", (files[0], None), strict)
    assert "matmul &lt;b&gt;" in files[0].read_text() and "matmul \\<b\\>" in files[1].read_text()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (math.inf, "-"),
        (1.5, "1.5 s"),
        (59.96, "60 s"),
        (1234.5, "1234 s"),
        (0.9996, "1 s"),
        (0.0009999, "1 ms"),
        (0.000999, "999 µs"),
        (9.999e-7, "1 µs"),
        (3e-10, "0.3 ns"),
    ],
)
def test_times_have_three_digits_and_no_exponent(value, text):
    assert seconds_text(value) == text


def test_other_quantities_and_shares_are_shown_with_their_unit():
    assert (amount_text(0.25, "J"), amount_text(0.25, "s")) == ("0.25 J", "250 ms")
    assert (percent(0.0123), percent(None), percent(math.nan)) == ("1.2%", "-", "-")


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("größe 日本", "größe 日本"),
        ("a\x1b[31m", "a\\x1b[31m"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202eabc", "\\u202eabc"),
        ("a\u200bb\u3164", "a\\u200bb\\u3164"),
        ("a\u00a0b", "a\\xa0b"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_would_obey_or_hide_is_escaped(text, safe):
    assert shown(text) == safe


def test_layout_is_kept_in_messages_alone():
    assert shown("a\n\tb\r", lines=True) == "a\n\tb\\r" and shown(Path("x")) == "x"


def test_an_encoding_that_lacks_a_letter_gets_another():
    assert readable("≥ 3 µs ± ß", "ascii") == ">= 3 us +/- \\xdf"
    assert readable("µß日", "latin-1") == "µß\\u65e5"
    assert readable("µ", "no-such-encoding") == "µ"
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    make_safe(stream)
    stream.write("3 µs → ß")
    stream.flush()
    assert stream.buffer.getvalue() == b"3 us -> \\xdf"
    make_safe(None)
    make_safe(io.StringIO())  # nothing to set there


def test_tables_and_headings_show_names_as_they_are(capsys, monkeypatch):
    monkeypatch.setattr(console, "_out", console.Console(width=80, file=None))
    console.heading("results [bold]")
    console.table("of a\x1b", {"name": "left", "time": "right"}, [["[red]x", "1 ms"]])
    console.say("two\nlines")
    found = capsys.readouterr().out
    assert "results [bold]" in found and "[red]x" in found and "of a\\x1b" in found
    assert "two\nlines" in found and "\x1b" not in found


def test_json_has_no_nan(capsys):
    console.print_json({"noise": math.nan, "sizes": (1, 2)})
    assert capsys.readouterr().out == '{\n  "noise": null,\n  "sizes": [\n    1,\n    2\n  ]\n}\n'


def test_what_is_told_of_data_is_told_once(capsys):
    with data_warnings_as_notices(), warnings.catch_warnings(record=True) as others:
        pass
    with pytest.warns(UserWarning, match="another"), data_warnings_as_notices():
        for _ in range(2):
            warnings.warn("column 'x' is left out", DataWarning, stacklevel=1)
            warnings.warn("the kernel 'k' of mine cannot be used", PerfpredWarning, stacklevel=1)
        warnings.warn("another", UserWarning, stacklevel=1)
    said = "column 'x' is left out\nwarning: the kernel 'k' of mine cannot be used\n"
    assert capsys.readouterr().err == said and not others


def test_the_earlier_name_of_an_option_is_said(capsys):
    assert transfer_folder(None, None) is None and transfer_folder(Path("a"), None) == Path("a")
    assert transfer_folder(None, Path("b")) == Path("b")
    assert capsys.readouterr().err == "--like is now called --transfer-from\n"
    with pytest.raises(InputError, match="--like is an earlier name of --transfer-from: give one of them"):
        transfer_folder(Path("a"), Path("b"))


def test_models_of_another_machine_are_said_unless_named(capsys):
    assert check_machine("matmul", ["acme-1-1-avx2-1t"], chosen=True) is False
    assert capsys.readouterr().err == ""
    assert check_machine("matmul", ["acme-1-1-avx2-1t"] * 2, chosen=False) is False
    said = capsys.readouterr().err
    assert "no model of matmul used here is of this machine" in said and "but of acme-1-1:" in said
    assert check_machine("matmul", ["cluster"], chosen=False) is None


def test_a_campaign_says_what_failed_and_warns(capsys):
    with shown_campaign("matmul") as bar:
        bar.update(1, 2, "x")
        warnings.warn("the clock is coarse", PerfpredWarning, stacklevel=1)
    assert "warning: the clock is coarse" in capsys.readouterr().err
    require_any_ok(3, 3, "F.csv")
    require_any_ok(1, 3, "F.csv")
    assert capsys.readouterr().err == "2 of 3 rows failed; F.csv says why\n"
    with pytest.raises(MeasurementError, match=r"none of 3 rows could be timed; F\.csv says why"):
        require_any_ok(0, 3, "F.csv")


def test_an_interrupted_campaign_says_how_to_go_on():
    message = "nothing timed is lost: repeat the command with --resume to continue"
    with pytest.raises(WorkInterrupted, match=message) as caught, shown_campaign("matmul"):
        raise KeyboardInterrupt
    assert caught.value.code == 130


def test_options_of_columns_may_hold_commas():
    stated = mapping_of({"time": "us", "ignore": 'a,"b,c"', "unit": None}).stated()
    assert stated == {"time": "us", "ignore": ["a", "b,c"]}
    with pytest.raises(InputError, match="--estimate must be one of median, min, mean, but got 'best'"):
        mapping_of({"estimate": "best"})


def test_a_process_without_streams_still_prints(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    console._open_missing_streams()
    assert sys.stdout.write("nowhere") == 7
    sys.stdout.close()
