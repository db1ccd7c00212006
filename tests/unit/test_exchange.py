"""Files of other tools to profiles: what becomes a row, what is told of what does not, and the way back."""

import gzip
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import InputError, ProblemsError
from perfpred.exchange import Imported, ImportOptions, Names, import_file, read_space, write_t4
from perfpred.exchange.statuses import STATUS_WORDS
from perfpred.profile import STATUSES, read_profile, write_profile

NAMES = Names("conv", None, "gpu")


def t4_entry(x, value, **others):
    entry = {
        "configuration": {"x": x, "y": 1},
        "times": {"runtimes": [value, value]},
        "invalidity": "correct",
        "correctness": 1,
        "measurements": [{"name": "time", "value": value, "unit": ""}],
        "objectives": ["time"],
    }
    return entry | others


def failed(x, invalidity, word):
    measurements = [{"name": "time", "value": word, "unit": ""}]
    return t4_entry(x, word, invalidity=invalidity, correctness=0, times={}, measurements=measurements)


def measured(value, unit):
    return [{"name": "time", "value": value, "unit": unit}]


def at(**configuration):
    return t4_entry(0, 1.0, configuration=configuration)


KILOGRAMS = "unknown unit of time 'kg'; known: microseconds, milliseconds, nanoseconds, seconds"


@pytest.fixture
def imported(tmp_path):
    """Import T4 entries, or a Kernel Tuner cache of entries by key."""

    def run(entries, space=None, **document) -> Imported:
        content = {"results": entries, "metadata": {"timeunit": "miliseconds"}}
        if isinstance(entries, dict):
            content = {"cache": entries, "tune_params_keys": ["x", "y"], "objective": "time"}
        path = tmp_path / "some.json"
        path.write_text(json.dumps(content | document))
        return import_file(path, NAMES, space)

    return run


def test_t4_results_become_rows(extracts):
    found = import_file(extracts / "convolution_milo-A6000.T4.json", NAMES)
    table = found.profile.table
    assert found.format == "T4 results"
    assert table["status"].value_counts().to_dict() == {"runtime_error": 16, "compile_error": 14, "ok": 8}
    assert set(table["variant"]) == {"tuned"}
    assert found.profile.parameters[:2] == ("block_size_x", "block_size_y")
    assert "use_cmem" in found.profile.parameters  # constant, and kept
    assert found.rejected == []
    assert found.remarks[0].endswith("failed rows hold repeats, which are left out")
    metadata = found.profile.metadata
    assert metadata["source"]["file"] == "convolution_milo-A6000.T4.json"
    assert metadata["objective"] == "time"
    assert metadata["recorded_unit"] == {
        "time": "milliseconds",
        "known": "metadata.timeunit is 'miliseconds'",
        "assumed": False,
    }


def test_times_are_the_recorded_ones_in_seconds(extracts):
    path = extracts / "convolution_milo-A6000.T4.json"
    table = import_file(path, NAMES, None, ImportOptions("recorded")).profile.table
    entries = json.loads(path.read_text())["results"]
    for row, entry in zip(table.to_dict("records"), entries, strict=True):
        value = entry["measurements"][0]["value"]
        if row["status"] == "ok":
            assert row["time_s"] == value / 1e3
            repeats = entry["times"]["runtimes"]
            halves = abs(np.mean(repeats[:16]) - np.mean(repeats[16:])) / value
            assert (row["rounds"], row["noise"]) == (32, pytest.approx(halves, abs=1e-6))
        else:
            assert isinstance(value, str)
            assert math.isnan(row["time_s"])


def test_kernel_tuner_caches_name_kernel_and_device(extracts):
    found = import_file(extracts / "pnpoly-RTX_3090.kernel_tuner.json")
    first = found.profile.table.iloc[0]
    assert (first["kernel"], first["hardware"]) == ("cn_pnpoly", "nvidia-geforce-rtx-3090")
    assert found.profile.table["status"].value_counts().to_dict() == {"ok": 8, "runtime_error": 8}
    assert found.unit.assumed
    assert found.profile.metadata["space"]["parameters"]["use_method"] == [0, 1, 2]
    assert found.profile.metadata["source"]["problem_size"] == 20000000
    assert found.outside == []


def test_gzipped_files_are_read_whatever_their_name(extracts, tmp_path):
    plain = extracts / "pnpoly-RTX_3090.kernel_tuner.json"
    packed = tmp_path / "packed.json"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert import_file(packed).profile.data_hash == import_file(plain).profile.data_hash


LAST = '"3,896,20,1"'


@pytest.mark.parametrize(
    ("after", "further", "remark", "rejected"),
    [
        ('+00:00"}', 0, "the file lacks its closing '}}'", []),
        ('+00:00"}}', 0, "the file lacks its closing '}'", []),
        (LAST, 50, "the file is cut off in the middle of an entry", [f"cache[{LAST}]"]),
        (LAST, 1, "the file is cut off in the middle of an entry", [f"cache[{LAST}]"]),
        (LAST, -3, "the file is cut off in the middle of an entry", ['cache["3,896,20']),
    ],
)
def test_cut_caches_keep_what_is_whole(extracts, tmp_path, after, further, remark, rejected):
    whole = extracts / "pnpoly-RTX_3090.kernel_tuner.json"
    text = whole.read_text()
    path = tmp_path / "cut.json"
    path.write_text(text[: text.rindex(after) + len(after) + further])
    found = import_file(path)
    assert found.remarks == [remark]
    assert [each.place for each in found.rejected] == rejected
    assert len(found.profile) == len(import_file(whole).profile) - len(rejected)


def test_a_cache_cut_anywhere_is_no_traceback(extracts, tmp_path):
    text = (extracts / "pnpoly-RTX_3090.kernel_tuner.json").read_text()
    path = tmp_path / "cut.json"
    whole = import_file(extracts / "pnpoly-RTX_3090.kernel_tuner.json").profile.table
    for stop in range(0, len(text), 97):
        path.write_text(text[:stop])
        try:
            table = import_file(path).profile.table
        except InputError:
            assert stop < text.index("\n", text.index('"cache"') + 11)
        else:
            pd.testing.assert_frame_equal(table, whole[: len(table)])


def test_a_damaged_entry_in_the_middle_costs_only_itself(extracts, tmp_path):
    text = (extracts / "pnpoly-RTX_3090.kernel_tuner.json").read_text()
    path = tmp_path / "damaged.json"
    path.write_text(text.replace('"use_method": 1, "time"', '"use_method": 1, time', 1))
    found = import_file(path)
    assert len(found.rejected) == 1
    assert len(found.profile) == 15
    assert found.remarks == ["entries of the file are damaged"]


@pytest.mark.parametrize(
    ("metadata", "unit", "seconds", "assumed"),
    [
        ({"timeunit": "miliseconds"}, "", 2e-3, False),
        ({"timeunit": "microseconds"}, "", 2e-6, False),
        ({}, "", 2e-3, True),
        ({"timeunit": ""}, "", 2e-3, True),
        ({}, "s", 2.0, False),
        ({"timeunit": "seconds"}, "ns", 2e-9, False),
    ],
)
def test_the_unit_is_the_measurements_then_the_files_then_assumed(imported, metadata, unit, seconds, assumed):
    found = imported([t4_entry(1, 2.0, measurements=measured(2.0, unit))], metadata=metadata)
    assert found.profile.time_s.tolist() == [seconds]
    assert found.unit.assumed is assumed
    assert found.profile.metadata["recorded_unit"]["assumed"] is assumed


def test_an_unknown_unit_is_refused(imported):
    with pytest.raises(InputError, match="unknown unit of time 'fortnights'; known: microseconds"):
        imported([t4_entry(1, 2.0)], metadata={"timeunit": "fortnights"})


def test_an_objective_that_is_no_time_is_no_time(imported):
    entry = t4_entry(1, 2.0, objectives=["GFLOP/s"], measurements=[{"name": "GFLOP/s", "value": 900.0}])
    with pytest.raises(InputError, match="the time must be a number, but is null"):
        imported([entry])
    both = [*measured(2.0, "ms"), {"name": "GFLOP/s", "value": 900.0}]
    found = imported([entry | {"measurements": both}])
    assert found.profile.time_s.tolist() == [2e-3]
    assert found.profile.metadata["objective"] == "GFLOP/s"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (t4_entry(2, -1.0), "the time must be > 0 and finite, but is -1.0"),
        (t4_entry(2, 0), "the time must be > 0 and finite, but is 0"),
        (t4_entry(2, math.nan), "the time must be > 0 and finite, but is nan"),
        (t4_entry(2, math.inf), "the time must be > 0 and finite, but is inf"),
        (t4_entry(2, True), "the time must be a number, but is true"),
        (t4_entry(2, None), "the time must be a number, but is null"),
        (t4_entry(2, [1.0]), "the time must be a number, but is [1.0]"),
        (t4_entry(2, 1.0, measurements=[]), "the time must be a number, but is null"),
        (at(x=2), "parameter 'y' is missing"),
        (at(x=2, y=1, z=1), "parameter 'z' is not one that other rows have"),
        (at(x=None, y=1), "parameter 'x' must be a number or a text, but is null"),
        (at(x=" ", y=1), "parameter 'x' must be finite and not blank, but is \" \""),
        (at(x=math.inf, y=1), "parameter 'x' must be finite and not blank, but is Infinity"),
        (at(x="wide", y=1), "parameter 'x' must be a number as in most rows"),
        (t4_entry(2, 1.0, configuration=[2, 1]), "a configuration must be a JSON object, but is [2, 1]"),
        (t4_entry(1, 1.0), "the configuration is already at results[0], with another value"),
        (t4_entry(1, 5.0), "the configuration is already at results[0], with the same value"),
        (t4_entry(2, 1.0, measurements=measured(1.0, "kg")), KILOGRAMS),
        ("oops", "an entry must be a JSON object"),
    ],
)  # fmt: skip
def test_what_can_be_no_row_is_told_of_with_its_place(imported, entry, reason):
    found = imported([t4_entry(1, 5.0), t4_entry(7, 5.0), entry])
    assert len(found.profile) == 2
    assert [(each.place, each.reason) for each in found.rejected] == [("results[2]", reason)]
    assert found.profile.metadata["rejected"][0]["reason"] == reason


def test_a_key_that_a_cache_names_twice_is_told_of(tmp_path):
    path = tmp_path / "twice.json"
    path.write_text(
        '{"tune_params_keys": ["x", "y"], "cache": '
        '{"1,1": {"x": 1, "y": 1, "time": 2.0}, "1,1": {"x": 1, "y": 1, "time": 3.0}}}'
    )
    found = import_file(path, NAMES)
    assert found.profile.time_s.tolist() == [2e-3]
    assert [each.reason for each in found.rejected] == [
        'the configuration is already at cache["1,1"], with another value'
    ]


def test_words_become_statuses_and_are_kept(imported):
    entries = [
        t4_entry(1, 1.0),
        failed(2, "compile", "CompilationFailedConfig"),
        failed(3, "constraints", "InvalidConfig"),
        failed(4, "runtime", "RuntimeFailedConfig"),
        failed(5, "timeout", "TimeoutConfig"),
        t4_entry(6, 1.5, invalidity="correctness", correctness=0),
        failed(7, "cosmic ray", "BitFlip"),
        t4_entry(8, 1.5, correctness=0),
        t4_entry(9, "BitFlip"),
    ]
    found = imported(entries)
    assert found.profile.table["status"].tolist() == [
        "ok",
        *["compile_error"] * 2,
        "runtime_error",
        "timeout",
        "wrong_result",
        "runtime_error",
        "wrong_result",
        "runtime_error",
    ]
    words = [group["words"] for group in found.profile.metadata["failure_words"]]
    assert {"invalidity": "cosmic ray", "value": "BitFlip"} in words
    assert sum(group["rows"] for group in found.profile.metadata["failure_words"]) == 8
    second = next(
        g for g in found.profile.metadata["failure_words"] if g["words"].get("value") == "InvalidConfig"
    )
    assert second["configurations"] == [[3, 1]]


def test_a_rejected_entry_is_of_json(imported):
    found = imported([t4_entry(1, 5.0), t4_entry(2, math.nan)])
    entry = {"configuration": {"x": 2, "y": 1}, "value": "nan"}
    assert found.profile.metadata["rejected"][0]["entry"] == entry


def test_kernel_tuners_old_number_for_failure_is_one(imported):
    found = imported({"1,1": {"x": 1, "y": 1, "time": 1e20}, "2,1": {"x": 2, "y": 1, "time": 4.0}})
    assert found.profile.table["status"].tolist() == ["runtime_error", "ok"]


def test_every_status_word_means_a_status():
    assert set(STATUS_WORDS.values()) == set(STATUSES) - {"ok"}


def test_rows_outside_a_space_are_kept_and_told_of(imported, tmp_path):
    space = tmp_path / "s.T1.json"
    parameters = [{"Name": "x", "Values": "[2**i for i in range(3)]"}, {"Name": "y", "Values": "[1]"}]
    conditions = [{"Expression": "x == 1 or x % 4 == 0", "Parameters": ["x"]}]
    stated = {"TuningParameters": parameters, "Conditions": conditions}
    space.write_text(json.dumps({"General": {"BenchmarkName": "conv2"}, "ConfigurationSpace": stated}))
    found = imported([t4_entry(x, 1.0) for x in (1, 2, 3, 4)], space)
    assert len(found.profile) == 4
    assert [(each.place, each.reason) for each in found.outside] == [
        ("results[1]", "the condition x == 1 or x % 4 == 0 does not hold"),
        ("results[2]", "x is 3, which is none of the values of the space"),
    ]
    assert found.profile.metadata["space"] == {
        "parameters": {"x": [1, 2, 4], "y": [1]},
        "conditions": ["x == 1 or x % 4 == 0"],
    }
    assert len(found.profile.metadata["outside_space"]) == 2


def test_a_space_of_other_parameters_is_refused(imported, extracts):
    with pytest.raises(
        InputError, match="must have the same parameters, but only the space has 'block_size_x'"
    ):
        imported([t4_entry(1, 1.0)], extracts / "convolution_milo.T1.json")


def test_t1_spaces_are_read(extracts):
    stated = read_space(extracts / "convolution_milo.T1.json")
    assert stated.name == "convolution_milo"
    assert stated.space.parameters["tile_size_x"] == (1, 2, 3, 4)
    assert stated.space.size == 10240
    assert len(stated.space.conditions) == 4


def test_all_that_is_wrong_with_a_space_is_told_with_carets(tmp_path):
    path = tmp_path / "bad.T1.json"
    parameters = [
        {"Name": "x", "Values": "[1, 2"},
        {"Name": "y", "Values": "[open(1)]"},
        {"Values": "[1]"},
        {"Name": "z", "Values": 4},
    ]
    conditions = [{"Expression": "x & 1"}, {"Expression": "w > 1"}, {}]
    stated = {"TuningParameters": parameters, "Conditions": conditions}
    path.write_text(json.dumps({"ConfigurationSpace": stated}))
    with pytest.raises(ProblemsError) as error:
        read_space(path)
    assert [problem.split("\n")[0] for problem in error.value.problems] == [
        "the values of 'x': '[' was never closed, at character 1:",
        "the values of 'y': this is not allowed; of functions, range, list, sorted, min, max, len, sum, abs, "
        "int, float are, at character 2:",
        "TuningParameters[2] has no Name",
        "the values of 'z': must be the text of a list such as '[16, 32]', but is 4",
        "Conditions[0]: unexpected character '&', at character 3:",
        "Conditions[1]: 'w > 1' is about 'w', which is no parameter of the space",
        "Conditions[2]: an expression is text such as 'm*n*k', but got None",
    ]
    assert error.value.problems[4].endswith("\n    x & 1\n      ^")


@pytest.mark.parametrize("name", ["convolution_milo-A6000.T4.json", "pnpoly-RTX_3090.kernel_tuner.json"])
def test_the_way_through_t4_changes_nothing(extracts, tmp_path, name):
    space = extracts / "convolution_milo.T1.json" if "convolution" in name else None
    first = import_file(extracts / name, NAMES, space).profile
    write_t4(first, tmp_path / "back.T4.json.gz")
    second = import_file(tmp_path / "back.T4.json.gz").profile
    pd.testing.assert_frame_equal(second.table, first.table)
    assert second.metadata == first.metadata
    write_t4(second, tmp_path / "again.T4.json.gz")
    assert (tmp_path / "again.T4.json.gz").read_bytes() == (tmp_path / "back.T4.json.gz").read_bytes()


def test_words_and_odd_times_survive_t4(imported, tmp_path):
    entries = [
        *(t4_entry(x, 0.1 * x) for x in range(1, 40)),
        failed(50, "constraints", "InvalidConfig"),
        failed(51, "compile", "CompilationFailedConfig"),
        failed(52, "timeout", "TimeoutConfig"),
        failed(53, "cosmic ray", "BitFlip"),
        t4_entry(54, 1.5, invalidity="correctness", correctness=0),
    ]
    first = imported(entries).profile
    write_t4(first, tmp_path / "a.json")
    written = json.loads((tmp_path / "a.json").read_text())["results"]
    assert [(r["invalidity"], r["measurements"][0]["value"]) for r in written[39:]] == [
        ("constraints", "InvalidConfig"),
        ("compile", "CompilationFailedConfig"),
        ("timeout", "TimeoutConfig"),
        ("runtime", "BitFlip"),
        ("correctness", 1.5),
    ]
    second = import_file(tmp_path / "a.json").profile
    pd.testing.assert_frame_equal(second.table, first.table)
    assert second.metadata == first.metadata


def test_a_profile_of_our_own_goes_through_t4(csv, tmp_path):
    profile = read_profile(csv)
    eigen = profile.take(np.flatnonzero(profile.table["variant"] == "eigen"))
    write_t4(eigen, tmp_path / "e.json")
    pd.testing.assert_frame_equal(import_file(tmp_path / "e.json").profile.table, eigen.table)
    with pytest.raises(
        InputError, match="a T4 file holds one kernel, variant and hardware, but the profile has 2"
    ):
        write_t4(profile, tmp_path / "both.json")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "[]",
            "this is a file of no known format; known: T4 results, Kernel Tuner cache, "
            "hyperfine JSON, Google Benchmark JSON, pytest-benchmark JSON, T1 space, perfpred space\n"
            "  not T4 results: the file does not hold a JSON object\n"
            "  not Kernel Tuner cache: the file does not hold a JSON object\n",
        ),
        ('{"results": 3}', "not T4 results: it has no list 'results'\n  not Kernel Tuner cache: it has no"),
        ("m,n\n1,2\n", "not JSON, as all known formats are: Expecting value"),
        ('{"results": []}', "not T4 results: no entry of its list 'results' has a 'configuration'"),
        ('{"schema_version": "1", "results": []}', "none of 0 entries can be a row of a profile"),
        ('{"schema_version": "1", "results": [1]}', "results[0]: an entry must be a JSON object"),
        ("[" * 100_000, "not JSON, as all known formats are: it nests too deeply"),
    ],
)  # fmt: skip
def test_files_of_no_known_format_say_why(tmp_path, content, message):
    path = tmp_path / "odd.json"
    path.write_text(content)
    with pytest.raises(InputError) as error:
        import_file(path, NAMES)
    assert message in str(error.value)


def test_a_file_that_does_not_say_what_it_is_for_needs_names(extracts):
    with pytest.raises(InputError, match="does not say what it is for: give --kernel and --hardware"):
        import_file(extracts / "convolution_milo-A6000.T4.json")


WHOLE = {
    "convolution-RTX_3090.kernel_tuner": {"ok": 5220, "compile_error": 1426, "runtime_error": 122},
    "convolution_milo-A100.T4": {"ok": 4201, "runtime_error": 155, "compile_error": 6},
    "convolution_milo-A4000.T4": {"ok": 4201, "runtime_error": 155, "compile_error": 6},
    "convolution_milo-A6000.T4": {"ok": 3889, "compile_error": 252, "runtime_error": 221},
    "convolution_milo-W6600.T4": {"ok": 4362},
    "dedispersion_milo-A100.T4": {"ok": 11130},
    "dedispersion_milo-A4000.T4": {"ok": 11130},
    "dedispersion_milo-A6000.T4": {"ok": 11130},
    "dedispersion_milo-W6600.T4": {"ok": 11130},
    "gemm-RTX_3090.kernel_tuner": {"ok": 17956},
    "pnpoly-RTX_3090.kernel_tuner": {"ok": 3774, "runtime_error": 318},
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_spaces_are_imported(tuning_data: Path, tmp_path, name):
    kernel, _, device = name.partition(".")[0].partition("-")
    stated = tuning_data / f"{kernel}.T1.json"
    space = stated if stated.exists() else None
    found = import_file(tuning_data / f"{name}.json.gz", Names(kernel, None, device.lower()), space)
    assert found.profile.table["status"].value_counts().to_dict() == WHOLE[name]
    assert (found.rejected, found.outside) == ([], [])
    assert 1e-5 < np.nanmin(found.profile.time_s) < np.nanmax(found.profile.time_s) < 10
    write_profile(found.profile, tmp_path / "p.csv.gz")
    again = read_profile(tmp_path / "p.csv.gz")
    assert (again.data_hash, again.metadata) == (found.profile.data_hash, found.profile.metadata)
