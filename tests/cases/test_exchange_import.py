"""Files to import that are wrong: each failure names its entry and costs no more than that entry."""

# ruff: noqa: E501

import json
from pathlib import Path

import pytest

from perfpred.documents.json_text import HugeNumber, NotJSONError, json_decoder, parse_json
from perfpred.errors import InputError
from perfpred.exchange import Names, import_file
from perfpred.search.listed import ListedSpace
from perfpred.search.trace_lines import trace_of

CASES = Path(__file__).parents[1] / "data" / "cases" / "files-10-import-traceback"
NAMES = Names("k", "v", "h")
GOOD_T4 = '{"configuration": {"x": 1}, "measurements": [{"name": "time", "value": 2.0}]}'
GOOD_CACHE = '"1": {"x": 1, "time": 2.0}'


@pytest.fixture
def t4(tmp_path):
    """Import a T4 file of one good entry and the text of another."""

    def read(entry):
        path = tmp_path / "t4.json"
        path.write_text(f'{{"results": [{GOOD_T4}, {entry}]}}')
        return import_file(path, NAMES)

    return read


@pytest.fixture
def cache(tmp_path):
    """Import a Kernel Tuner cache of one good entry and the text of another."""

    def read(entry):
        path = tmp_path / "cache.json"
        path.write_text(f'{{"tune_params_keys": ["x"], "cache": {{{GOOD_CACHE}, "2": {entry}}}}}')
        return import_file(path, NAMES)

    return read


@pytest.mark.parametrize("name", ["dup", "int5000", "time400", "noise400"])
def test_the_command_has_no_traceback(name, tmp_path, perfpred):
    arguments = ("--out", tmp_path / "o.csv", "--kernel", "k", "--hardware", "h")
    outcome = perfpred("import", CASES / f"{name}.json", *arguments)
    assert outcome.code == (0 if name == "dup" else 2)
    assert "bug" not in outcome.err
    assert "Traceback" not in outcome.err


def test_a_parameter_declared_twice_counts_once():
    found = import_file(CASES / "dup.json", NAMES)
    assert found.profile.parameters == ("x",)
    assert found.remarks == ["'tune_params_keys' names a parameter twice; it counts once"]


NINES = "9" * 5000
BIG = "1" + "0" * 400
DEEP = "[" * 500 + "]" * 500


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (f'{{"x": {NINES}, "time": 1}}', "parameter 'x' must be finite and not blank, but is 99999999999999999999... (5000"),
        (f'{{"x": -{BIG}, "time": 1}}', "parameter 'x' must be finite"),
        (f'{{"x": 2, "time": {BIG}}}', "the time must be > 0 and finite, but is 1000"),
        (f'{{"x": 2, "time": {NINES}}}', "the time must be > 0 and finite, but is 9999"),
        ('{"x": 2, "time": 1e999}', "the time must be > 0 and finite, but is 1e999"),
        ('{"x": 2, "time": 1e-999}', "the time must be > 0 and finite, but is 0.0"),
        ('{"x": 2, "time": -Infinity}', "the time must be > 0 and finite, but is -inf"),
        ('{"x": 2, "time": 1e-320}', "time_s must be from 1e-30 to 1e+30 seconds, but is 1e-323"),
        ('{"x": 1e300, "time": 1}', "x must be 0 or from 1e-30 to 1e+30 in size"),
        ('{"x": 2, "time": NaN}', "the time must be > 0 and finite, but is nan"),
        ('{"x": 2, "time": "1.5"}', 'the time must be a number, but is "1.5"'),
        (f'{{"x": {DEEP}, "time": 1}}', "parameter 'x' must be a number or a text, but is [[[["),
        (f'{{"x": 2, "time": {DEEP}}}', "the time must be a number, but is [[[["),
        ('{"x": {"y": [1]}, "time": 1}', "parameter 'x' must be a number or a text"),
        ('{"x": "\\ud800", "time": 1}', "parameter 'x' must be valid Unicode"),
        ('{"x": 2, "x": 3, "time": 1}', "the entry names 'x' twice"),
        ('{"x": 2, "time": 1, "time": 9}', "the entry names 'time' twice"),
        ('{"time": 1}', "parameter 'x' is missing"),
        ("7", "an entry must be a JSON object"),
        ("null", "an entry must be a JSON object"),
        ("[[]]", "an entry must be a JSON object"),
    ],
)  # fmt: skip
def test_a_bad_entry_of_a_cache_costs_itself(cache, entry, reason):
    found = cache(entry)
    assert len(found.profile) == 1
    assert [each.place for each in found.rejected] == ['cache["2"]']
    assert found.rejected[0].reason.startswith(reason)
    json.dumps(found.profile.metadata, allow_nan=False).encode()


def timed(value, **more):
    entry = {"configuration": {"x": 2}, "measurements": [{"name": "time", "value": "VALUE"}], **more}
    return json.dumps(entry).replace('"VALUE"', value)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (timed(BIG), "the time must be > 0 and finite"),
        (timed(NINES), "the time must be > 0 and finite"),
        (timed(DEEP), "the time must be a number"),
        (timed('"3"'), 'the time must be a number, but is "3"'),
        (timed("1", configuration={"x": [1]}), "parameter 'x' must be a number or a text"),
        (timed("1", configuration=[]), "a configuration must be a JSON object"),
        (timed("1", measurements=3), "the time must be a number, but is null"),
        (timed("1", measurements=[[]]), "the time must be a number, but is null"),
        (timed('1}, {"name": "time", "value": 2'), "the entry has two measurements named 'time'"),
        ('{"configuration": {"x": 2, "x": 3}}', "the entry names 'x' twice"),
        (timed("1", measurements=[{"name": "time", "value": 1, "unit": ["ms"]}]), "unknown unit of time"),
    ],
)
def test_a_bad_entry_of_t4_costs_itself(t4, entry, reason):
    found = t4(entry)
    assert len(found.profile) == 1
    assert [each.place for each in found.rejected] == ["results[1]"]
    assert found.rejected[0].reason.startswith(reason)
    json.dumps(found.profile.metadata, allow_nan=False).encode()


@pytest.mark.parametrize(
    "more",
    [{"times": 5}, {"times": {"runtimes": [DEEP, None]}}, {"invalidity": {"a": 1}}, {"objectives": [[1]]},
     {"correctness": "no"}],
)  # fmt: skip
def test_odd_company_of_a_time_is_no_traceback(t4, more):
    assert len(t4(timed("1", **more)).profile) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"results": [], "results": []}', "the file names 'results' twice"),
        ('{"results": [], "metadata": {"timeunit": "s", "timeunit": "ms"}}', "names 'timeunit' twice"),
        ('{"tune_params_keys": ["x"], "cache": {}, "cache": {}}', "the file names 'cache' twice"),
        ('{"results": [1]', "not JSON, as all known formats are: Expecting ',' delimiter at line 1, column 16"),
        ("\x00", "not JSON"),
        ("", "not JSON"),
    ],
)  # fmt: skip
def test_what_concerns_all_entries_is_refused(tmp_path, text, said):
    path = tmp_path / "f.json"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        import_file(path, NAMES)
    assert said in str(error.value)


def test_a_space_that_cannot_be_read_is_left_out(tmp_path):
    path = tmp_path / "f.json"
    path.write_text(
        f'{{"tune_params_keys": ["x"], "tune_params": {{"x": [1, [2]]}}, "cache": {{{GOOD_CACHE}}}}}'
    )
    found = import_file(path, NAMES)
    assert found.remarks == [
        "'tune_params' is left out, because of 'x': a value must be a finite number or a text, but one is [2]"
    ]
    assert "space" not in found.profile.metadata


def test_a_key_that_a_cut_cache_names_twice_is_told_of(tmp_path):
    path = tmp_path / "cut.json"
    path.write_text(
        f'{{"tune_params_keys": ["x"], "cache": {{{GOOD_CACHE}, "1": {{"x": 1, "time": 3.0}}, "9": {{'
    )
    found = import_file(path, NAMES)
    assert len(found.profile) == 1
    assert sorted(each.reason.split(",")[0] for each in found.rejected) == [
        'the configuration is already at cache["1"]', "the entry is not whole",
    ]  # fmt: skip


class TestParse:
    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ('{"a": 1, "b": 2, "a": 3}', "an object names 'a' twice"),
            ('{"a": NaN}', "NaN is no number of JSON"),
            ("[-Infinity]", "-Infinity is no number of JSON"),
            ("[" * 100_000, "it nests too deeply"),
            (b"[\xff]", "byte 2 is not UTF-8 text"),
            ("[1,]", "at line 1, column"),
        ],
    )
    def test_what_is_refused(self, text, problem):
        with pytest.raises(NotJSONError) as error:
            parse_json(text)
        assert problem in error.value.problem

    def test_numbers_without_a_float_are_infinite_and_say_so(self):
        for text in (NINES, "-" + NINES, "1e400"):
            value = parse_json(text)
            assert isinstance(value, HugeNumber)
            assert value in (float("inf"), float("-inf"))
        assert repr(parse_json("1e400")) == "1e400"
        assert parse_json(b"\xef\xbb\xbf[1]") == [1]

    def test_constants_where_they_are_wanted(self):
        assert parse_json("[Infinity]", json_decoder(constants=True)) == [float("inf")]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f'{{"candidate": {{"x": 1}}, "time_s": {BIG}, "status": "ok", "cost_s": 0}}', "time_s must be finite, but is 1000"),
        (f'{{"candidate": {{"x": 1}}, "time_s": {NINES}, "status": "ok", "cost_s": 0}}', "time_s must be finite"),
        ('{"candidate": {"x": 1}, "time_s": "1", "status": "ok", "cost_s": 0}', "time_s must be a number, but is '1'"),
        ('{"candidate": {"x": 1}, "time_s": 1, "status": "ok", "cost_s": null}', "cost_s must be a number"),
        ('{"candidate": {"x": 1}, "time_s": 1, "status": "ok", "cost_s": -1}', "cost_s must be finite and >= 0"),
        ('{"candidate": {"x": 1}, "time_s": 1, "status": [1], "cost_s": 0}', "status must be a text"),
        ('{"candidate": {"x": 1}, "time_s": 1, "time_s": 2, "status": "ok", "cost_s": 0}', "names 'time_s' twice"),
        ('{"candidate": {"x": NaN}, "time_s": 1, "status": "ok", "cost_s": 0}', "NaN is no number"),
        ('{"candidate": {"x": [1]}, "time_s": 1, "status": "ok", "cost_s": 0}', "the space has no configuration"),
        ("[]", "it must hold candidate"),
        ("[" * 5000, "it nests too deeply"),
    ],
)  # fmt: skip
def test_a_bad_line_of_a_trace_is_named(line, said):
    space = ListedSpace(["x"], [(1,), (2,)], lambda chosen: None)
    good = '{"candidate": {"x": 2}, "time_s": 1, "status": "ok", "cost_s": 0}'
    with pytest.raises(InputError) as error:
        trace_of([line, good], space)
    assert str(error.value).startswith("line 1 of the trace")
    assert said in str(error.value)
