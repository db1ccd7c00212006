"""What a figure claims holds on what is asked next: new sizes, new inputs, larger sizes, short times."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import perfpred as pp
from perfpred.errors import DataWarning, InputError
from perfpred.learn.fitting.terms import found_terms, terms_of

CASES = Path(__file__).parents[1] / "data" / "cases"


def trained(file, complexity=None, **more):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        profile = pp.read_profile(CASES / file, **more)
        [predictor] = pp.train(profile, complexity=complexity, n_jobs=1)
    return predictor


def asked(predictor, file):
    profile = pp.read_profile(CASES / file)
    answers = predictor.answers(profile.X)
    inside = (profile.time_s >= answers.low_s) & (profile.time_s <= answers.high_s)
    return profile, answers, inside


def measured(tmp_path, table, name="f.csv"):
    keys = {"kernel": "mine", "variant": "v", "hardware": "h"}
    path = tmp_path / name
    pd.DataFrame(table).assign(**keys).to_csv(path, index=False)
    return pp.read_profile(path)


class TestRepeats:
    FOLDER = "csv-01-repeated-rows"

    def test_new_sizes_lie_in_the_interval(self):
        predictor = trained(f"{self.FOLDER}/repeats.csv", {"w": "m*n"})
        _, _, inside = asked(predictor, f"{self.FOLDER}/new_sizes.csv")
        assert inside.mean() >= 0.85
        assert predictor.training.rows == 250
        assert predictor.training.sizes == 25
        assert predictor.formula.n_parameters <= 25
        assert predictor.training.noise == pytest.approx(0.0078, abs=0.002)

    def test_evaluate_claims_what_is_found(self, perfpred):
        found = perfpred(
            *("evaluate", CASES / self.FOLDER / "repeats.csv", "--complexity", "w=m*n"),
            *("--train-size", 200, "--repeats", 1, "--json"),
        ).json
        assert found[0]["judged_on"] == "sizes"
        assert found[0]["mape"] > 0.05  # on sizes it has seen it is 0.9%
        assert found[0]["n_test"] == 50

    def test_a_size_is_never_on_both_sides(self, tmp_path):
        rng = np.random.default_rng(0)
        table = pd.DataFrame({"n": np.repeat(np.arange(1, 31), rng.integers(1, 5, 30))})
        profile = measured(tmp_path, table.assign(time_s=1e-6 * table["n"]))
        from perfpred.learn.evaluation.splitting import kept_together, unseen_split

        train, test = unseen_split(kept_together(profile), 40, 0)
        sizes = profile.X["n"].to_numpy()
        assert not set(sizes[train]) & set(sizes[test])
        assert sorted([*train, *test]) == list(range(len(profile)))


class TestInputs:
    """Rows of one input, which no column describes."""

    FOLDER = "csv-17-rows-of-one-input"

    def test_new_inputs_lie_in_the_interval(self):
        predictor = trained(f"{self.FOLDER}/spmm.csv", {"w": "nnz", "r": "rows"})
        _, _, inside = asked(predictor, f"{self.FOLDER}/new_inputs.csv")
        assert inside.mean() >= 0.8

    def test_evaluate_judges_on_new_inputs_by_itself(self, perfpred):
        file = CASES / self.FOLDER / "spmm.csv"
        found = perfpred("evaluate", file, "--train-size", 150, "--repeats", 2, "--json").json
        assert {row["judged_on"] for row in found} == {"nnz, rows"}
        assert np.mean([row["mape"] for row in found]) > 0.15  # 47% on new inputs; 1% on those seen
        assert np.mean([row["coverage90"] for row in found]) >= 0.7

    @pytest.mark.parametrize("hidden", [0.7, 0.0])
    def test_one_column_that_names_inputs_is_told(self, tmp_path, hidden):
        rng = np.random.default_rng(10)
        edges, own = np.rint(np.exp(rng.uniform(9, 16, 16))), np.exp(hidden * rng.normal(size=16))
        place, tile = np.repeat(np.arange(16), 8), rng.choice([8, 16, 32, 64, 128], 128)
        noise = np.exp(0.02 * rng.normal(size=128))
        time_s = (1e-5 + 1e-9 * edges * (1 + 8 / tile.reshape(16, 8)).T * own).T.ravel() * noise
        profile = measured(tmp_path, {"edges": edges[place], "tile": tile, "time_s": time_s})
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = pp.evaluate(profile, repeats=1, n_jobs=1)
        assert found["judged_on"].tolist() == ["sizes"]
        said = [str(each.message) for each in caught]
        assert sum("(--group edges judges" in each for each in said) == (hidden > 0)

    def test_inputs_named_by_a_category_are_told(self, tmp_path):
        place = np.repeat(np.arange(20), 8)
        names = [f"matrix-{each}" for each in place]
        tile = np.tile([1, 2, 4, 8], 40)
        table = {"nnz": 100 * place + 7, "rows": place**2 + 1, "tile": tile, "name": names}
        profile = measured(tmp_path, table | {"time_s": 1e-6 * (place + 1) * tile})
        with pytest.raises(InputError, match=r"--ignore what names each input: name$"):
            pp.evaluate(profile, repeats=1, n_jobs=1)

    def test_a_group_may_be_named(self, perfpred):
        file = CASES / self.FOLDER / "spmm.csv"
        found = perfpred(
            "evaluate", file, "--group", "nnz", "--repeats", 1, "--train-size", 150, "--json"
        ).json
        assert found[0]["judged_on"] == "nnz"

    def test_a_named_group_of_texts_is_no_parameter(self, tmp_path):
        rng = np.random.default_rng(1)
        names = np.repeat([f"matrix-{i}" for i in range(20)], 8)
        work = np.repeat(rng.integers(1000, 100_000, 20), 8) + rng.integers(0, 99, 160)
        own = np.repeat(np.exp(0.5 * rng.normal(size=20)), 8)
        profile = measured(tmp_path, {"name": names, "work": work, "time_s": 1e-9 * work * own})
        from perfpred.profile.columns.mapping import ColumnMapping

        grouped = pp.read_profile(tmp_path / "f.csv", columns=ColumnMapping(group="name"))
        [predictor] = pp.train(grouped, n_jobs=1)
        low, high = predictor.interval.at_median()
        assert high - low > 1  # a factor that no column tells is in the interval
        assert predictor.training.judged_on == "name"
        assert "name" in profile.parameters


class TestWithoutComplexity:
    @pytest.mark.parametrize(
        ("file", "variant", "terms"),
        [
            ("csv-08-box-range/tall_or_wide.csv", "v", ["rows*cols"]),
            ("csv-02-slow-variant-measured-small-only/sort.csv", "insertion", ["n**2"]),
            ("csv-02-slow-variant-measured-small-only/sort.csv", "merge", ["n*log2(n + 1)"]),
        ],
    )
    def test_terms_are_found(self, file, variant, terms):
        parts = {key.variant: part for key, part in pp.read_profile(CASES / file).ok.combinations()}
        assert list(found_terms(parts[variant])) == terms

    def test_a_product_beyond_all_measured_is_out_of_range_and_follows_the_law(self):
        predictor = trained("csv-08-box-range/tall_or_wide.csv")
        found = predictor.predict({"rows": 10_000, "cols": 10_000})
        assert not found.in_range
        assert found.time_s == pytest.approx(0.2, rel=0.2)
        assert found.low_s <= 0.2 <= found.high_s
        assert found.high_s / found.low_s > 3
        assert "rows*cols=1e+08 is outside" in found.reason

    def test_the_interval_grows_with_distance(self):
        predictor = trained("csv-08-box-range/tall_or_wide.csv")
        widths = []
        for side in (300, 1000, 3000, 10_000, 30_000):
            found = predictor.predict({"rows": side, "cols": side})
            widths.append(found.high_s / found.low_s)
        assert widths == sorted(widths)

    def test_corners_that_no_product_tells_are_out_of_range(self, tmp_path):
        rng = np.random.default_rng(2)
        long, short = rng.integers(1, 40_000, 150), rng.integers(1, 60, 150)
        swap = rng.random(150) < 0.5
        rows, cols = np.where(swap, long, short), np.where(swap, short, long)
        noise = np.exp(0.01 * rng.normal(size=150))
        profile = measured(tmp_path, {"rows": rows, "cols": cols, "time_s": 2e-9 * rows * cols * noise})
        [predictor] = pp.train(profile, n_jobs=1)
        assert not predictor.predict({"rows": 1000, "cols": 1000}).in_range  # both arms are narrow
        assert predictor.predict({"rows": 20_000, "cols": 30}).in_range

    def test_nothing_found_is_nothing_claimed(self, tmp_path):
        rng = np.random.default_rng(3)
        profile = measured(tmp_path, {"seed": rng.integers(1, 1000, 60), "time_s": rng.lognormal(size=60)})
        [(_, part)] = profile.combinations()
        assert found_terms(part) == {}
        [predictor] = pp.train(profile, n_jobs=1)
        assert predictor.training.found
        low, high = predictor.interval.at_median()
        assert high - low > 2

    def test_train_prints_the_terms(self, tmp_path, perfpred):
        file = CASES / "csv-08-box-range" / "tall_or_wide.csv"
        outcome = perfpred("train", file, "--models", tmp_path / "m", "--json")
        assert "its time was found to follow rows*cols" in outcome.err
        assert outcome.json[0]["complexity_found"] is True


class TestWidths:
    FOLDER = "csv-11-one-width-for-all"

    def test_short_and_long_times_are_covered_alike(self):
        predictor = trained(f"{self.FOLDER}/jitter.csv", {"w": "n"})
        profile, answers, inside = asked(predictor, f"{self.FOLDER}/more.csv")
        short = profile.X["n"].to_numpy() < 1000
        assert inside[short].mean() >= 0.8
        assert 0.85 <= inside[~short].mean() <= 0.99
        assert np.median((answers.high_s / answers.low_s)[~short]) < 1.2

    def test_each_third_of_predicted_time_is_covered(self, tmp_path):
        rng = np.random.default_rng(4)

        def draw(count):
            n = np.exp(rng.uniform(2, 14, count)).astype(int)
            spread = np.where(n < 3000, 0.2, 0.02)
            return {"n": n, "time_s": (2e-6 + 1e-9 * n) * np.exp(spread * rng.normal(size=count))}

        [predictor] = pp.train(measured(tmp_path, draw(250)), n_jobs=1)
        new = measured(tmp_path, draw(600), "new.csv")
        answers = predictor.answers(new.X)
        inside = (new.time_s >= answers.low_s) & (new.time_s <= answers.high_s)
        for third in np.array_split(np.argsort(answers.time_s), 3):
            assert inside[third].mean() >= 0.8
        assert 0.85 <= inside.mean() <= 0.95


class TestLevels:
    def test_between_two_measured_values_the_interval_is_wider(self, tmp_path):
        sizes = [256, 512, 1024, 2048, 4096]
        rng = np.random.default_rng(5)
        own = dict(zip(sizes, np.exp(0.4 * rng.normal(size=5)), strict=True))
        table = [
            {"n": n, "tile": tile, "time_s": 1e-9 * n * own[n] * (1 + 1 / tile) * (1 + 0.01 * rng.normal())}
            for n in sizes
            for tile in (1, 2, 4, 8, 16, 32, 64, 128)
        ]
        [predictor] = pp.train(measured(tmp_path, table), n_jobs=1)
        there, between = predictor.predict({"n": 1024, "tile": 8}), predictor.predict({"n": 1500, "tile": 8})
        assert between.high_s / between.low_s > 1.5 * there.high_s / there.low_s
        assert "n=1500 lies between the 5 values measured" in between.reason


class TestContradictions:
    def test_equal_parameters_with_very_different_times_are_said(self):
        files = [CASES / "csv-04-problem-size-lost" / name for name in ("small.csv", "large.csv")]
        with pytest.warns(DataWarning, match="6 sizes were timed with very different results") as said:
            [predictor] = pp.train(pp.read_profile(files), n_jobs=1)
        assert "The files differ in" in str(said[0].message)
        assert "problem_size" in str(said[0].message)
        found = predictor.predict({"block_size_x": 128})
        assert found.high_s / found.low_s > 30

    def test_repeats_that_scatter_are_no_contradiction(self, tmp_path, recwarn):
        rng = np.random.default_rng(6)
        n = np.repeat(np.arange(100, 130), 4)
        profile = measured(tmp_path, {"n": n, "time_s": 1e-9 * n * np.exp(0.1 * rng.normal(size=120))})
        pp.train(profile, model="linear-c", n_jobs=1)
        assert not [each for each in recwarn if issubclass(each.category, DataWarning)]


class TestKernelsOfOnesOwn:
    @pytest.mark.parametrize("file", ["gemm.csv", "conv.csv"])
    def test_a_built_in_name_with_other_columns_is_the_users(self, file, tmp_path, perfpred):
        table = CASES / "csv-07-builtin-kernel-name" / file
        outcome = perfpred("train", table, "--models", tmp_path / "m", "--model", "linear-c")
        assert outcome.code == 0
        assert "it is taken for a kernel of your own" in outcome.err

    def test_own_columns_with_sizes_it_has_no_output_for(self, tmp_path):
        rng = np.random.default_rng(7)
        table = {name: rng.integers(1, 9, 40) for name in ("h", "w", "f")}
        profile = measured(tmp_path, {**table, "time_s": 1e-6 * table["h"] * table["w"]})
        table = profile.table.assign(kernel="conv2d")
        with pytest.warns(DataWarning, match="kernel of your own"):
            pp.train(pp.Profile(table, profile.parameters), model="linear-c", n_jobs=1)


class TestUnevenFiles:
    FOLDER = CASES / "csv-12-evaluate-small-or-uneven-files"

    def test_the_default_fits_a_small_file(self, perfpred):
        outcome = perfpred(
            "evaluate", self.FOLDER / "small.csv", "--repeats", 1, "--model", "linear-c", "--json"
        )
        assert [row["train_size"] for row in outcome.json] == [48]

    def test_small_combinations_are_left_out_with_a_notice(self, perfpred):
        outcome = perfpred(
            "evaluate", self.FOLDER / "uneven.csv", "--repeats", 1, "--model", "linear-c", "--json"
        )
        assert [row["variant"] for row in outcome.json] == ["common"]
        assert "k / rare / h (3 rows, 3 sizes)" in outcome.err

    def test_nothing_left_names_the_option_as_typed(self, tmp_path):
        with pytest.raises(InputError, match="each needs more than --train-size 60 rows"):
            pp.evaluate(pp.read_profile(self.FOLDER / "small.csv"), train_size=60)


class TestManySizes:
    def test_some_that_cover_all_are_fitted(self, tmp_path):
        rng = np.random.default_rng(10)
        n, m = rng.integers(1, 5000, (2, 6000))
        time_s = 1e-9 * n * m * np.exp(0.03 * rng.normal(size=6000)) + 1e-6
        profile = measured(tmp_path, {"n": n, "m": m, "time_s": time_s})
        with pytest.warns(DataWarning, match="augmented is fitted to 1000 of 60.. sizes|59.. sizes"):
            [predictor] = pp.train(profile, complexity={"w": "n*m"}, n_jobs=1)
        answers = predictor.answers(profile.X)
        inside = (time_s >= answers.low_s) & (time_s <= answers.high_s)
        assert 0.87 <= inside.mean() <= 0.93
        assert answers.in_range.mean() > 0.98
        assert predictor.training.rows == 6000


@pytest.mark.parametrize("model", ["linear-c", "gp-c", "forest-c"])
def test_larger_sizes_lie_in_the_interval(model, tmp_path):
    rng = np.random.default_rng(9)
    n, m = rng.integers(8, 2000, (2, 160))
    time_s = (3e-6 + 1e-9 * n * m) * np.exp(0.03 * rng.normal(size=160))
    order = np.argsort(n * m)
    small, large = order[:96], order[128:]
    profile = measured(tmp_path, {"n": n, "m": m, "time_s": time_s})
    [predictor] = pp.train(profile.take(small), model=model, n_jobs=1)
    answers = predictor.answers(profile.X.iloc[large])
    inside = (time_s[large] >= answers.low_s) & (time_s[large] <= answers.high_s)
    assert inside.mean() >= 0.8
    assert not answers.in_range.any()


def test_a_model_of_the_old_format_still_answers(tmp_path):
    old = Path(__file__).parents[1] / "data" / "models" / "version-1.json"
    shutil.copy(old, tmp_path / "m.json")
    [predictor] = pp.load(tmp_path / "m.json")
    near, far = predictor.predict({"m": 100, "n": 100}), predictor.predict({"m": 8000, "n": 8000})
    assert near.in_range
    assert not far.in_range
    assert far.high_s / far.low_s > 2 * near.high_s / near.low_s


class TestOverheadAlone:
    """All that was measured is overhead: how times rise beyond it, no row tells."""

    @pytest.mark.parametrize("zeros", [False, True])
    def test_sizes_far_beyond_lie_in_the_interval(self, tmp_path, zeros):
        rng = np.random.default_rng(5)
        sizes = np.rint(np.exp(rng.uniform(0, np.log(1000), 90)))
        sizes[: 15 * zeros] = 0
        noise = np.exp(0.03 * rng.normal(size=90))
        measured(tmp_path, {"n": sizes, "time_s": (1e-4 + 1e-9 * sizes) * noise})
        predictor = trained(tmp_path / "f.csv")
        assert predictor.training.complexity == {}
        for size in (10_000, 100_000, 1_000_000, 10_000_000):
            found = predictor.predict({"n": size})
            assert not found.in_range
            assert found.low_s <= 1e-4 + 1e-9 * size <= found.high_s


def test_sizes_that_may_be_zero_are_in_terms(tmp_path):
    rng = np.random.default_rng(6)
    nnz, cols = np.rint(np.exp(rng.uniform(0, 11, 120))), rng.integers(1, 65, 120)
    nnz[:20] = 0
    flag = rng.integers(0, 2, 120)
    noise = np.exp(0.03 * rng.normal(size=120))
    table = {"nnz": nnz, "cols": cols, "flag": flag, "time_s": (1e-5 + 1e-9 * nnz * cols) * noise}
    measured(tmp_path, table)
    predictor = trained(tmp_path / "f.csv")
    assert list(predictor.training.complexity) == ["(nnz + 1)*cols"]
    empty, large = (predictor.predict({"nnz": n, "cols": 32, "flag": 1}) for n in (0, 1e7))
    assert empty.in_range
    assert empty.low_s <= 1e-5 <= empty.high_s
    assert not large.in_range
    assert large.time_s == pytest.approx(0.32, rel=0.3)
    assert large.low_s <= 0.32 <= large.high_s


def test_times_that_are_all_the_same_have_no_terms():
    sizes = {"n": np.arange(1.0, 41.0)}
    assert terms_of(sizes, np.full(40, 1e-3)) == {}
    assert list(terms_of(sizes, 1e-6 * sizes["n"])) == ["n"]


def test_one_split_claims_nothing_of_others(perfpred, tmp_path):
    rng = np.random.default_rng(3)
    sizes = rng.integers(10, 5000, 40)
    measured(tmp_path, {"n": sizes, "time_s": 1e-6 * sizes * np.exp(0.1 * rng.normal(size=40))})
    outcome = perfpred("evaluate", tmp_path / "f.csv", "--repeats", 1, "--model", "linear-c")
    assert "training rows, 1 split " in outcome.out
    assert " 0.0% " not in outcome.out
