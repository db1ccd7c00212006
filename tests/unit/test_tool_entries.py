"""Entries of other tools' files: which count, in which unit, and what is said of those that do not."""

import json

import pytest

from perfpred.errors import InputError
from perfpred.exchange import google_benchmark, kernel_tuner, pytest_benchmark
from perfpred.exchange.document import Document
from perfpred.exchange.imported import Names
from perfpred.exchange.importing import import_file
from perfpred.hardware import this_cpu
from perfpred.predict.machine import cpu_of, is_this_machine


def document(content):
    """Return a document that holds this."""
    return Document(None, content)


def google(*entries, **context):
    """Return the results of Google Benchmark's entries."""
    return google_benchmark.read(document({"context": context, "benchmarks": list(entries)}))


def run(name="BM_x/512", time=2.0, **more):
    """Return an entry of Google Benchmark."""
    return {"name": name, "run_name": name, "real_time": time, "time_unit": "us", **more}


@pytest.mark.parametrize(
    ("module", "content", "reason"),
    [
        (google_benchmark, [], "the file does not hold a JSON object"),
        (google_benchmark, {"benchmarks": 3}, "it has no list 'benchmarks'"),
        (google_benchmark, {"benchmarks": [3]}, "no entry of its list 'benchmarks' has a 'real_time'"),
        (google_benchmark, {"benchmarks": [{"real_time": 1}]}, None),
        (pytest_benchmark, [], "the file does not hold a JSON object"),
        (pytest_benchmark, {}, "it has no list 'benchmarks'"),
        (pytest_benchmark, {"benchmarks": [{}]}, "no entry of its list 'benchmarks' has an object 'stats'"),
        (kernel_tuner, [], "the file does not hold a JSON object"),
        (kernel_tuner, {"cache": []}, "it has no object 'cache'"),
        (kernel_tuner, {"cache": {}, "tune_params_keys": [1]}, "it has no list 'tune_params_keys'"),
    ],
)
def test_a_file_of_another_format_is_told_by_what_it_lacks(module, content, reason):
    assert module.refusal(content) == reason


def test_runs_count_and_their_averages_only_without_them():
    mean = run(time=9.0, run_type="aggregate", aggregate_name="mean")
    [found] = google(run(time=1.0, run_type="iteration"), run(time=3.0, run_type="iteration"), mean).results
    assert (found.value, list(found.repeats), found.configuration) == (2.0, [1.0, 3.0], {"arg0": 512})
    median = run(time=7.0, run_type="aggregate", aggregate_name="median")
    spread = run(time=0.1, run_type="aggregate", aggregate_name="stddev")
    [alone] = google(mean, median, spread).results
    assert alone.value == 7.0
    [old] = google({"name": "BM_x/512_mean", "real_time": 4.0}).results  # before version 1.5
    assert (old.value, old.unit, old.variant) == (4.0, "ns", "BM_x")


def test_runs_in_several_units_are_put_into_one():
    [found] = google(run(time=2.0), run(time=0.004, time_unit="ms")).results
    assert found.unit == "s" and list(found.repeats) == pytest.approx([2e-6, 4e-6])
    [odd] = google(run(time=2.0), run(time=3.0, time_unit="parsecs")).results
    assert (odd.unit, odd.value) == ("us", 2.0)


def test_entries_that_failed_or_are_none_keep_their_words():
    failed = google(run(error_occurred=True, error_message="out of memory"), "x", {"real_time": 1})
    assert failed.results[0].words == {"value": "out of memory"}
    assert [each.place for each in failed.rejected] == ["benchmarks[1]", "benchmarks[2]"]
    assert google(run(skipped=True)).results[0].words == {"value": "error_occurred"}
    known = google(run(), executable="/bin/bench", host_name="node", num_cpus=4)
    assert (known.kernel, known.device, known.facts) == (
        "bench",
        "node",
        {"num_cpus": 4, "executable": "/bin/bench"},
    )


@pytest.mark.parametrize(
    ("stated", "constants"),
    [
        (512, {"problem_size": 512}),
        ([512, 256], {"problem_size_x": 512, "problem_size_y": 256}),
        (["512", 256], {"problem_size_x": 512, "problem_size_y": 256}),
        ([1, 2, 3, 4], {}),
        ([], {}),
        ("n * 2", {}),
        ([True], {}),
        (None, {}),
    ],
)
def test_a_problem_size_is_a_parameter_of_all_rows(stated, constants):
    cache = {"tune_params_keys": ["block"], "cache": {}, "problem_size": stated}
    assert kernel_tuner.read(document(cache)).constants == constants


def test_what_a_cache_says_twice_or_wrongly_is_remarked():
    cache = {
        "tune_params_keys": ["block", "block"],
        "tune_params": {"block": [1, None]},
        "cache": {
            "1": {"block": 1, "time": 2.0, "times": [2.0, 2.0]},
            "2": 3,
            "4": {"block": 4, "time": 1e20},
        },
    }
    found = kernel_tuner.read(document(cache))
    assert (
        found.space is None
        and len(found.remarks) == 2
        and found.remarks[0].startswith("'tune_params' is left")
    )
    assert [each.place for each in found.rejected] == ['cache["2"]']
    assert [each.words for each in found.results] == [{}, {"value": 1e20}]
    assert kernel_tuner.read(document({**cache, "tune_params": {"block": 3}})).space is None


def test_a_file_without_a_usable_entry_says_why(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"benchmarks": [run(time=-1.0), run("BM_x/64", "fast")]}))
    with pytest.raises(InputError, match=r"none of 2 entries can be a row of a profile"):
        import_file(path, Names(kernel="x", hardware="h"))


def test_an_id_of_this_cpu_is_this_machine():
    assert is_this_machine([f"{this_cpu()}-avx2-1t", "cluster"]) is True
    assert cpu_of("cluster") is None and is_this_machine(["cluster"]) is None
