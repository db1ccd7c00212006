"""JSON of benchmark tools, the estimate of repeats, and the problem size of imported files."""

# ruff: noqa: E501

import json
import math
from pathlib import Path

import pytest

from perfpred.errors import InputError
from perfpred.exchange import ImportOptions, Names, import_file
from perfpred.exchange.estimates import repeatability
from perfpred.profile import read_profile

CASES = Path(__file__).parents[1] / "data" / "cases"
HYPERFINE = CASES / "csv-15-hyperfine-json-taken-for-t4" / "hyperfine.json"
SLOW_FIRST = CASES / "csv-16-mean-of-repeats-with-slow-first-run" / "cache.json"
SIZES = CASES / "csv-04-problem-size-lost"
NAMES = Names("k", None, "h")


@pytest.fixture
def imported(tmp_path):
    """Import a document, or a text, as a file."""

    def run(document, names=NAMES, **wishes):
        path = tmp_path / "f.json"
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return import_file(path, names, None, ImportOptions(**wishes))

    return run


class TestHyperfine:
    def test_the_case(self, tmp_path, perfpred):
        out = tmp_path / "c.csv"
        assert perfpred("import", HYPERFINE, "--out", out, "--hardware", "h").code == 0
        row = read_profile(out).table.iloc[0]
        assert (row["kernel"], row["variant"], row["n"]) == ("sort", "sort {n}", 64)
        assert (row["time_s"], row["rounds"]) == (0.2, 2)

    def test_commands_are_variants_and_exit_codes_statuses(self, imported):
        def entry(command, n, times, codes):
            parameters = {"n": n, "kind": "radix"}
            return {
                "command": command,
                "times": times,
                "mean": 9,
                "exit_codes": codes,
                "parameters": parameters,
            }

        found = imported(
            {
                "results": [
                    entry("sort -n 64 radix", "64", [0.9, 0.5, 0.5], [0, 0, 0]),
                    entry("sort -n 128 radix", "128", [1.0, 1.0, 1.0], [0, 0, 0]),
                    entry("qsort 64", "64", [0.4], [0]),
                    entry("qsort 128", "128", [0.1], [3]),
                    entry("qsort 256", "256", [0.1], [None]),
                    {"note": 1},
                ]
            }
        )
        table = found.profile.table
        assert table["variant"].tolist() == ["sort -n {n} {kind}"] * 2 + ["qsort {n}"] * 3
        assert table["n"].tolist() == [64, 128, 64, 128, 256]
        assert table["status"].tolist() == ["ok", "ok", "ok", "runtime_error", "runtime_error"]
        assert found.unit.name == "s"
        assert not found.unit.assumed
        assert [each.place for each in found.rejected] == ["results[5]"]
        words = [group["words"]["value"] for group in found.profile.metadata["failure_words"]]
        assert words == ["exit code 3", "ended by a signal"]

    def test_without_parameters_it_says_what_to_give(self, imported):
        document = {"results": [{"command": "a", "mean": 1.0, "times": [1.0]}]}
        with pytest.raises(
            InputError, match="no parameter; if they share a size, give it as --param NAME=VALUE"
        ):
            imported(document)
        assert imported(document, constants={"n": 7}).profile.table["n"].tolist() == [7]

    def test_a_median_without_times(self, imported):
        document = {"results": [{"command": "a 3", "mean": 2.0, "median": 1.0, "parameters": {"n": "3"}}]}
        assert imported(document).profile.time_s.tolist() == [1.0]


class TestGoogleBenchmark:
    def run_of(self, name, time, **more):
        return {
            "name": name,
            "run_name": name,
            "run_type": "iteration",
            "real_time": time,
            "time_unit": "us",
            **more,
        }

    def test_arguments_repetitions_and_aggregates(self, imported):
        found = imported(
            {
                "context": {"host_name": "node7", "executable": "./build/bench", "num_cpus": 8},
                "benchmarks": [
                    self.run_of("BM_copy<float>/512/64", 30.0, repetition_index=0),
                    self.run_of("BM_copy<float>/512/64", 10.0, repetition_index=1),
                    self.run_of("BM_copy<float>/512/64", 12.0, repetition_index=2),
                    {"name": "BM_copy<float>/512/64_mean", "run_type": "aggregate", "aggregate_name": "mean",
                     "run_name": "BM_copy<float>/512/64", "real_time": 17.0, "time_unit": "us"},
                    self.run_of("BM_copy<float>/1024/64", 24.0),
                    self.run_of("BM_fill/n:512/threads:2/real_time", 5.0, time_unit="ns"),
                    self.run_of("BM_fill/n:64/threads:2/real_time", 0.0, error_occurred=True, error_message="no"),
                    self.run_of("BM_none", 1.0),
                ],
            },
            Names(),
        )  # fmt: skip
        table = found.profile.table
        assert table["kernel"].unique().tolist() == ["bench"]
        assert table["hardware"].unique().tolist() == ["node7"]
        assert table["variant"].tolist() == ["BM_copy<float>"] * 2 + ["BM_fill"] * 2
        assert table["time_s"].tolist()[:3] == [12e-6, 24e-6, pytest.approx(5e-9)]
        assert table["status"].tolist() == ["ok", "ok", "ok", "runtime_error"]
        parts = {key.variant: part.parameters for key, part in found.profile.combinations()}
        assert parts == {"BM_copy<float>": ("arg0", "arg1"), "BM_fill": ("n", "threads")}
        assert [each.reason.split(";")[0] for each in found.rejected] == ["the entry has no parameter"]

    def test_aggregates_alone_serve_where_runs_were_left_out(self, imported):
        def aggregate(kind, time):
            return self.run_of("BM_x/8", time, run_type="aggregate", aggregate_name=kind)

        found = imported(
            {"benchmarks": [aggregate("mean", 3.0), aggregate("median", 2.0), aggregate("cv", 0.1)]}
        )
        assert found.profile.time_s.tolist() == [pytest.approx(2e-6)]

    def test_a_unit_that_is_none(self, imported):
        with pytest.raises(InputError, match="unknown unit of time 'kg'"):
            imported({"benchmarks": [self.run_of("BM_x/8", 1.0, time_unit="kg")]})


class TestPytestBenchmark:
    def entry(self, name, params, stats, group=None):
        return {"name": name, "fullname": f"t.py::{name}", "group": group, "params": params, "stats": stats}

    def test_parameters_and_repeats(self, imported):
        found = imported(
            {
                "machine_info": {"node": "host", "cpu": {"brand_raw": "Some CPU @ 3 GHz"}},
                "benchmarks": [
                    self.entry(
                        "test_a[8]", {"n": 8}, {"mean": 2.0, "median": 1.0, "data": [1.0, 1.0, 4.0]}, "mm"
                    ),
                    self.entry("test_a[16]", {"n": 16}, {"mean": 3.0, "median": 2.5, "rounds": 40}, "mm"),
                    self.entry("test_b[x]", {"n": [1]}, {"mean": 3.0}, "mm"),
                    self.entry("test_c", None, {"mean": 3.0}, "mm"),
                ],
            },
            Names(),
        )
        table = found.profile.table
        assert table["time_s"].tolist() == [1.0, 2.5]
        assert table["rounds"].tolist() == [3, 40]
        assert (table["kernel"][0], table["variant"][0]) == ("mm", "test_a")
        assert [each.reason.split(",")[0] for each in found.rejected] == [
            "parameter 'n' must be a number or a text",
            "the entry has no parameter; if all share a size",
        ]


@pytest.mark.parametrize(
    "document",
    [
        {"results": [{"a": 1}]},
        {"results": [1, 2]},
        {"results": [{"name": "x", "times": [1]}]},
        {"benchmarks": [{"name": "x"}]},
        {"benchmarks": []},
        {"configuration": {"x": 1}},
        [],
        3,
    ],
)
def test_an_unknown_format_is_told_which_are_known(imported, document):
    with pytest.raises(InputError) as error:
        imported(document)
    assert "this is a file of no known format; known: T4 results, Kernel Tuner cache, hyperfine" in str(
        error.value
    )


class TestEstimate:
    def test_the_case(self, tmp_path, perfpred):
        out = tmp_path / "c.csv"
        outcome = perfpred("import", SLOW_FIRST, "--out", out, "--json")
        assert outcome.code == 0
        assert outcome.json["noise"] < 0.05
        assert "4 rows: the mean of the repeats differs from their median, by up to 118%" in outcome.err
        table = read_profile(out).table
        assert table.sort_values("time_s")["block"].tolist() == [1024, 512, 256, 128, 64]
        mean = perfpred("import", SLOW_FIRST, "--out", out, "--estimate", "mean", "--json")
        assert "the noise floor is 78.2%" in mean.err
        assert mean.json["noise"] == pytest.approx(0.782, abs=1e-3)
        assert read_profile(out).table.sort_values("time_s")["block"].iloc[0] == 128
        assert perfpred("import", SLOW_FIRST, "--out", out, "--estimate", "mode").code == 2

    @pytest.mark.parametrize(
        ("estimate", "time_ms"), [("median", 2.0), ("min", 1.0), ("mean", 3.0), ("recorded", 2.9)]
    )
    def test_each(self, imported, estimate, time_ms):
        cache = {"1": {"x": 1, "time": 2.9, "times": [6.0, 1.0, 2.0]}}
        found = imported({"tune_params_keys": ["x"], "cache": cache}, estimate=estimate)
        assert found.profile.time_s.tolist() == [pytest.approx(time_ms * 1e-3)]

    def test_repeats_of_another_unit_are_not_taken(self, imported):
        cache = {"1": {"x": 1, "time": 2.0, "times": [2000.0, 2001.0]}, "2": {"x": 2, "time": 2.0}}
        found = imported({"tune_params_keys": ["x"], "cache": cache})
        assert found.profile.time_s.tolist() == [2e-3, 2e-3]
        assert found.remarks == [
            "1 row: the recorded time lies outside its repeats, as if they had another unit; "
            "it is kept as recorded, and its noise is unknown"
        ]

    @pytest.mark.parametrize(
        "repeats", [[1.0, None], [1.0, "2"], [1.0, True], [1.0, 0.0], [math.nan], [-1.0]]
    )
    def test_a_repeat_that_is_no_time(self, imported, repeats):
        cache = {"1": {"x": 1, "time": 2.0, "times": repeats}}
        found = imported({"tune_params_keys": ["x"], "cache": cache})
        assert found.profile.time_s.tolist() == [2e-3]
        assert math.isnan(found.profile.table["noise"][0])
        assert found.remarks == [
            "1 row: a repeat is no time; the recorded time is kept, and its noise is unknown"
        ]

    @pytest.mark.parametrize("count", range(3, 12))
    def test_a_slow_first_run_is_no_noise(self, count):
        assert repeatability([10.0, *[1.0] * (count - 1)], "median") == 0.0

    def test_drift_is_noise(self):
        assert repeatability([1.0, 1.0, 1.0, 1.2, 1.2, 1.2], "median") == pytest.approx(0.2 / 1.1, abs=1e-6)
        assert math.isnan(repeatability([1.0], "median"))


class TestProblemSize:
    def test_it_is_a_column_that_tells_files_apart(self, tmp_path, perfpred):
        for name in ("small", "large"):
            assert perfpred("import", SIZES / f"{name}.json", "--out", tmp_path / f"{name}.csv").code == 0
        files = (tmp_path / "small.csv", tmp_path / "large.csv")
        assert read_profile(files[0]).table["problem_size"].unique().tolist() == [100_000]
        trained = perfpred("train", *files, "--models", tmp_path / "m", "--json")
        assert trained.json[0]["interval90"][1] < 0.3
        for size, time_s in ((100_000, 2.2e-5), (100_000_000, 6e-3)):
            query = (
                "predict",
                "vector_add",
                "--models",
                tmp_path / "m",
                "block_size_x=128",
                f"problem_size={size}",
            )
            assert perfpred(*query, "--json").json["time_s"] == pytest.approx(time_s, rel=0.1)

    @pytest.mark.parametrize(
        ("stated", "columns"),
        [
            (4096, {"problem_size": 4096}),
            ("4096", {"problem_size": 4096}),
            ([4096, 512], {"problem_size_x": 4096, "problem_size_y": 512}),
            ([7, 8, 9], {"problem_size_x": 7, "problem_size_y": 8, "problem_size_z": 9}),
            (["n", 8], {}),
            ("n*m", {}),
            ([], {}),
            ([1, 2, 3, 4], {}),
            (None, {}),
            ({"x": 1}, {}),
            (math.inf, {}),
            (True, {}),
        ],
    )
    def test_what_is_one(self, imported, stated, columns):
        document = {"tune_params_keys": ["x"], "problem_size": stated, "cache": {"1": {"x": 1, "time": 2.0}}}
        found = imported(document)
        assert found.profile.parameters == ("x", *columns)
        assert found.profile.X.iloc[0].to_dict() == {"x": 1, **columns}

    def test_constants(self, imported):
        document = {"tune_params_keys": ["x"], "problem_size": 8, "cache": {"1": {"x": 1, "time": 2.0}}}
        found = imported(document, constants={"layout": "nchw", "problem_size": "8"})
        assert found.profile.X.iloc[0].to_dict() == {"x": 1, "problem_size": 8, "layout": "nchw"}
        for constants, message in (
            ({"x": 3}, "--param x: the file has a parameter of that name"),
            ({"problem_size": 9}, "--param problem_size=9: the file says that it is 8"),
            ({"n": "nan"}, "--param n: a value must be a finite number or a text"),
            ({"time_s": 1}, "a parameter is named 'time_s'"),
        ):
            with pytest.raises(InputError) as error:
                imported(document, constants=constants)
            assert message in str(error.value)
