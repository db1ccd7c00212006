"""Tuning spaces: products, processes, the ensemble, searches of recorded measurements, warm starts."""

import numpy as np
import pandas as pd
import pytest

import perfpred as pp
from perfpred.complexity import Complexity
from perfpred.errors import InputError
from perfpred.learn.estimators.ensemble import EnsembleRegressor
from perfpred.learn.fitting.process import Process, Scales
from perfpred.learn.fitting.products import MAX_PRODUCTS, products
from perfpred.surrogates.gaussian import GaussianSurrogate
from perfpred.surrogates.source_task import SourceTask
from perfpred.surrogates.transfer import TransferSurrogate
from perfpred.tuning.inputs import ConfigurationInputs
from perfpred.tuning.recorded import RecordedSpace
from perfpred.tuning.replay import Trial, replay, replay_all


def tuning_table(hardware="gpu-a", fastest=256, seed=0):
    """A made-up tuning space: time depends on threads a block, a tile and a flag; wide blocks fail."""
    rows = [
        (x, y, tile, flag, order)
        for x in (16, 32, 48, 64, 128)
        for y in (1, 2, 4, 8, 16)
        for tile in (1, 2, 3, 4)
        for flag in (0, 1)
        for order in ("row", "column")
    ]
    table = pd.DataFrame(rows, columns=["block_x", "block_y", "tile", "flag", "order"])
    threads = table["block_x"] * table["block_y"]
    off = np.log2(threads / fastest) ** 2 + 0.5 * (table["tile"] - 3) ** 2 + 0.3 * table["flag"]
    noise = np.random.default_rng(seed).normal(0, 0.01, len(table))
    table["time_ms"] = np.exp(0.2 * off + 0.4 * (table["order"] == "row") + noise)
    table["status"] = np.where(threads > 1024, "runtime_error", "ok")
    table.loc[threads > 1024, "time_ms"] = np.nan
    return table.assign(kernel="conv", variant="tuned", hardware=hardware, constant=1)


@pytest.fixture
def space_csv(tmp_path):
    path = tmp_path / "conv-a.csv"
    tuning_table().to_csv(path, index=False)
    return path


@pytest.fixture
def other_csv(tmp_path):
    path = tmp_path / "conv-b.csv"
    tuning_table("gpu-b", fastest=256, seed=1).to_csv(path, index=False)
    return path


def test_products_can_be_evaluated_and_vary():
    columns = {
        "a": np.array([1.0, 2, 3, 64]),
        "b": np.array([8.0, 16, 5, 32]),
        "on": np.array([0.0, 1, 0, 1]),
    }
    found = products(columns)
    assert "log2(a*b)" in found
    assert any("% 32" in text for text in found)
    for text in found:
        assert np.ptp(Complexity(text)(columns)) > 0
    many = {f"p{i}": np.arange(1.0, 9) + i for i in range(30)}
    assert len(products(many)) == MAX_PRODUCTS
    assert products({"on": np.array([0.0, 1.0])}) == {}


def test_a_process_learns_a_function_and_knows_where_it_does_not_know():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.5, 1.5, (60, 3))
    y = np.sin(2 * x[:, 0]) + 0.3 * x[:, 1]  # the third input makes no difference
    process = Process.fit(x, (y - y.mean()) / y.std())
    inside = rng.uniform(-1, 1, (100, 3))
    posterior = process.posterior(inside)
    expected = (np.sin(2 * inside[:, 0]) + 0.3 * inside[:, 1] - y.mean()) / y.std()
    assert np.sqrt(np.mean((posterior.mean - expected) ** 2)) < 0.05
    assert np.argmin(process.scales.log_inverse_length) == 2
    far = process.posterior(np.full((1, 3), 9.0))
    assert far.variance[0] > 10 * posterior.variance.mean()


def test_a_process_conditioned_on_a_point_is_as_sure_as_one_that_measured_it():
    rng = np.random.default_rng(1)
    x, points = rng.standard_normal((20, 2)), rng.standard_normal((30, 2))
    y = rng.standard_normal(20)
    scales = Scales(np.array([0.1, -0.3]), 0.2, -3.0)
    posterior = Process.given(x, y, scales).posterior(points)
    posterior.condition_on(4)
    posterior.condition_on(7)
    measured = Process.given(np.vstack([x, points[[4, 7]]]), np.append(y, [0.0, 0.0]), scales)
    np.testing.assert_allclose(posterior.variance, measured.posterior(points).variance, rtol=1e-6)


def test_the_ensemble_profits_from_products():
    table = tuning_table().query("status == 'ok'").reset_index(drop=True)
    X, time_s = table[["block_x", "block_y", "tile", "flag", "order"]], table["time_ms"].to_numpy() / 1e3
    train = np.random.default_rng(0).permutation(len(X)) < 120
    errors = {}
    for use_products in (True, False):
        fitted = EnsembleRegressor(use_products=use_products).fit(X[train], time_s[train])
        assert fitted.formula_.weights.sum() == pytest.approx(1)
        errors[use_products] = np.abs(fitted.predict(X[~train]) / time_s[~train] - 1).mean()
    assert errors[True] < errors[False] < 0.2


def test_the_ensemble_is_stored_and_served(space_csv, tmp_path):
    bank = pp.train(pp.read_profile(space_csv), model="ensemble", train_size=80)
    bank.save(tmp_path / "models")
    query = {"block_x": 32, "block_y": 4, "tile": 2, "flag": 0, "order": "row", "constant": 1}
    names = {"variant": "tuned", "hardware": "gpu-a"}
    assert pp.load(tmp_path / "models").predict("conv", **names, **query).time_s == pytest.approx(
        bank.predict("conv", **names, **query).time_s
    )


def test_a_recorded_space_holds_what_varies(space_csv):
    recorded = RecordedSpace.of(pp.read_profile(space_csv))
    assert recorded.space.parameters == ("block_x", "block_y", "tile", "flag", "order")
    assert len(recorded.space) == 400
    outcomes = recorded.objective.outcomes
    assert sum(not each.ok for each in outcomes.values()) == 16
    assert recorded.worst_s == max(each.time_s for each in outcomes.values() if each.ok)


def test_a_configuration_measured_twice_counts_once():
    table = tuning_table().query("status == 'ok'")
    twice = pd.concat([table, table.assign(time_ms=3 * table["time_ms"])])
    profile = pp.Profile(
        twice.assign(time_s=twice["time_ms"] / 1e3).drop(columns="time_ms").reset_index(drop=True),
        ("block_x", "block_y", "tile", "flag", "order", "constant"),
    )
    recorded = RecordedSpace.of(profile)
    assert recorded.objective.optimum_s == pytest.approx(2e-3 * table["time_ms"].min())


def test_inputs_say_which_parameters_they_are_made_of():
    columns = {
        "a": np.array([1, 2, 3, 4]),
        "b": np.array([5, 7, 9, 12]),
        "kind": np.array(["x", "y", "x", "y"]),
    }
    inputs = ConfigurationInputs(columns)
    of_a = inputs.made_of(["a"])
    assert [text for text, only in zip(inputs.expressions, of_a, strict=True) if only] == [
        "log2(max(a, 0) + 3)"
    ] + [text for text in inputs.expressions if text.startswith("(a % 2")]
    assert inputs.made_of(["a", "b", "kind"]).all()
    assert inputs.of_configurations([(1, 5, "x"), (2, 7, "unseen")]).shape == (2, len(inputs.expressions))


class TestWarmStart:
    @pytest.fixture
    def here(self, space_csv):
        return RecordedSpace.of(pp.read_profile(space_csv))

    def test_a_like_machine_speeds_up_the_search(self, here, other_csv):
        source = here.source_task(pp.read_profile(other_csv))
        ratios = {"warm": [], "cold": []}
        for seed in range(3):
            for start, sources in (("warm", [source]), ("cold", [])):
                trace = replay(here, "model", 12, seed, source_tasks=sources).trace
                ratios[start].append(trace.best.outcome.time_s / here.objective.optimum_s)
        assert np.mean(ratios["warm"]) < 1.05
        assert np.mean(ratios["warm"]) < np.mean(ratios["cold"])

    def test_the_fastest_of_each_stratum_is_tried_early(self, here, other_csv):
        source = here.source_task(pp.read_profile(other_csv))
        tried = replay(here, "model", 9, 0, source_tasks=[source]).trace.candidates
        best = {(flag, order) for _, _, tile, flag, order in (tried[0], *tried[5:]) if tile == 3}
        assert best == {(flag, order) for flag in (0, 1) for order in ("row", "column")}

    def test_strata_are_not_tried_where_the_first_few_contradict(self):
        rng = np.random.default_rng(0)
        x = np.column_stack([rng.uniform(0, 1, 200), np.arange(200) % 2])
        elsewhere = x.sum(axis=1)
        surrogate = TransferSurrogate([SourceTask(x, elsewhere, np.ones(2, dtype=bool))])
        tried = []
        while (asked := surrogate.initial_design(x, tried, np.exp(-elsewhere[tried]))) is not None:
            tried.append(asked)
        assert len(tried) == 5

    def test_a_machine_that_likes_another_kind_is_soon_understood(self, space_csv, here):
        table = tuning_table("gpu-b", seed=1)
        table["time_ms"] *= np.exp(1.5 * (table["flag"] == 0))
        table.assign(time_s=table.pop("time_ms") / 1e3).to_csv(space_csv, index=False)
        source = here.source_task(pp.read_profile(space_csv))
        trace = replay(here, "model", 9, 0, source_tasks=[source]).trace
        assert trace.best.outcome.time_s < 1.05 * here.objective.optimum_s

    def test_without_switches_all_candidates_are_of_one_stratum(self):
        x = np.random.default_rng(0).uniform(0, 1, (200, 2))
        surrogate = TransferSurrogate([SourceTask(x, x[:, 0], np.ones(2, dtype=bool))])
        wanted = [surrogate.initial_design(x, range(n), np.ones(n)) for n in range(6)]
        assert wanted[0] == x[:, 0].argmin()
        assert wanted[-1] is None
        assert len(set(wanted)) == 6

    def test_evaluations_without_gain_turn_to_finer_strata(self):
        rng = np.random.default_rng(0)
        x = np.column_stack([rng.uniform(0, 1, 200), np.arange(200) % 4])
        time_s = np.exp(x.sum(axis=1))
        surrogate = TransferSurrogate([SourceTask(x, np.log(time_s), np.ones(2, dtype=bool))])
        tried = []
        while (asked := surrogate.initial_design(x, tried, time_s[tried])) is not None:
            tried.append(asked)
        assert surrogate.is_ready(x[tried], time_s[tried])
        slow = np.argsort(-time_s)[:4].tolist()
        asked = [surrogate.initial_design(x, tried + slow[:n], time_s[tried + slow[:n]]) for n in range(5)]
        next_stratum = np.flatnonzero(x[:, 1] == 1)
        fastest = next_stratum[time_s[next_stratum].argmin()]
        assert asked == [fastest, fastest, None, fastest, fastest]

    def test_a_contradicting_one_is_dropped(self, here, other_csv):
        profile = pp.read_profile(other_csv)
        times = profile.table["time_s"]
        contrary = profile.table.assign(time_s=times.min() * times.max() / times)
        source = here.source_task(pp.Profile(contrary, profile.parameters))
        surrogate = TransferSurrogate([source])
        replayed = replay(here, "model", 40, 0, source_tasks=[source])
        x = here.space.encode(replayed.trace.candidates)
        assert not surrogate.is_ready(x[:6], replayed.trace.times_s[:6])
        assert surrogate.is_ready(x, replayed.trace.times_s)
        surrogate.posterior(x, replayed.trace.times_s, x)
        assert surrogate.kept is None
        assert replayed.trace.best.outcome.time_s < 1.2 * here.objective.optimum_s

    def test_a_parameter_that_is_not_there_is_passed_over(self, here, other_csv):
        profile = pp.read_profile(other_csv)
        table = profile.table.drop(columns=["order", "flag"])
        less = pp.Profile(table, ("block_x", "block_y", "tile", "constant"))
        source = here.source_task(less)
        trace = replay(here, "model", 25, 0, source_tasks=[source]).trace
        assert trace.best.outcome.time_s < 1.1 * here.objective.optimum_s

    def test_nothing_in_common_is_refused(self, here, csv):
        with pytest.raises(
            InputError, match="parameters in common, but block_x, block_y, tile, flag, order vary here"
        ):
            here.source_task(pp.read_profile(csv))

    def test_too_few_rows_are_refused(self, here, other_csv):
        with pytest.raises(InputError, match="at least 10 rows with a time, but got 5"):
            here.source_task(pp.read_profile(other_csv).take(range(5)))


def test_replays_of_all_strategies(space_csv):
    trial = Trial(("model", "random"), (5, 20), repeats=2)
    found = replay_all(pp.read_profile(space_csv), trial, n_jobs=1)
    assert len(found) == 2 * 2 * 2
    assert (found["ratio"] >= 1).all()
    assert (found["evaluations"] == found["budget"]).all()
    gains = found.set_index(["strategy", "budget"])["expected_gain"]
    assert gains["model", 20].notna().all()
    assert gains["model", 5].isna().all()
    assert gains["random", 20].isna().all()


@pytest.mark.parametrize(
    "wrong", [{"strategies": ("modl",)}, {"repeats": 0}, {"budgets": ()}, {"budgets": (0, 5)}]
)
def test_a_wrong_trial_is_refused(wrong):
    with pytest.raises(InputError):
        Trial(**{"strategies": ("model",), "budgets": (5,), **wrong})


def test_a_space_without_times_or_choice_is_refused():
    table = tuning_table().assign(time_s=np.nan, status="timeout").drop(columns="time_ms")
    parameters = ("block_x", "block_y", "tile", "flag", "order", "constant")
    with pytest.raises(InputError, match="no recorded candidate has a time"):
        RecordedSpace.of(pp.Profile(table, parameters))
    one = tuning_table().head(1).assign(time_s=1.0).drop(columns="time_ms")
    with pytest.raises(InputError, match="no parameter varies"):
        RecordedSpace.of(pp.Profile(one, parameters))


def test_the_surrogate_expects_failures_where_it_saw_them():
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, (60, 2))
    times = np.where(x[:, 0] > 0.5, np.nan, 1 + x[:, 1])
    posterior = GaussianSurrogate().posterior(x, times, np.array([[0.1, 0.5], [0.9, 0.5]]))
    assert posterior.p_feasible[0] > 0.9 > 0.1 > posterior.p_feasible[1]


class TestCommand:
    def test_one_document_of_results(self, perfpred, space_csv):
        outcome = perfpred("search", space_csv, "--budget", "5,15", "--repeats", 2, "--json")
        assert outcome.code == 0
        assert len(outcome.json) == 4
        first = outcome.json[0]
        keys = {"file", "strategy", "budget", "repeat", "best_time_s", "optimum_s", "ratio"}
        assert keys <= first.keys()
        assert first["file"] == str(space_csv)
        assert first["ratio"] == pytest.approx(first["best_time_s"] / first["optimum_s"])

    def test_table_warm_start_and_early_end(self, perfpred, space_csv, other_csv):
        outcome = perfpred(
            "search", space_csv, "--warm-start", other_csv, "--repeats", 2, "--budget", 200, "--until", 2
        )
        assert outcome.code == 0
        assert "conv-a.csv" in outcome.out
        cells = outcome.out.strip().splitlines()[-1].split()
        assert int(cells[-2]) < 200

    def test_plot(self, perfpred, space_csv, tmp_path):
        pytest.importorskip("matplotlib")
        path = tmp_path / "found.png"
        outcome = perfpred(
            "search",
            space_csv,
            "--repeats",
            2,
            "--budget",
            12,
            "--strategy",
            "random",
            "--plot",
            path,
            "--json",
        )
        assert path.read_bytes().startswith(b"\x89PNG")
        assert {each["budget"] for each in outcome.json} == {12}

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            (["--strategy", "modl"], "unknown strategy 'modl'; did you mean 'model'?"),
            (["--budget", "ten"], "--budget must be whole numbers, but got 'ten'"),
            (["--budget", ""], "budgets must be >= 1"),
            (["--repeats", "0"], "repeats must be from 1 to 100,000, but got 0"),
            (["--warm-start", "nowhere.csv"], "there is no such file"),
        ],
    )
    def test_a_wrong_request_is_one_sentence(self, perfpred, space_csv, wrong, message):
        outcome = perfpred("search", space_csv, *wrong)
        assert outcome.code == 2
        assert message in outcome.err

    def test_a_warm_start_of_another_kernel_is_refused(self, perfpred, space_csv, csv):
        outcome = perfpred("search", space_csv, "--warm-start", csv)
        assert outcome.code == 2
        assert "a warm start needs parameters in common" in outcome.err
