"""Choosing schedules: ranking at sizes not measured, caution, stored database, and the commands."""

import gzip
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import InputError, ModelFileError
from perfpred.halide.choose.database import ScheduleDatabase, load_database
from perfpred.halide.choose.lookup import find
from perfpred.halide.choose.ranking import Ranked, choose, known, rank
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.hardware import compiler
from perfpred.profile import Profile

SIZES = ((100, 100), (400, 400))


def candidates(n):
    sources = ["mullapudi2016", "adams2019"] + ["own"] * n
    return [
        Candidate((Directive("f", 0, "split", ("d0", "o", "i", place + 1)),), source)
        for place, source in enumerate(sources[:n])
    ]


def made_up(n=30, noise=0.01, seed=0, stated=None):
    """A profile in which schedule i is i% slower than the first own one, and the baselines 30%."""
    rng = np.random.default_rng(seed)
    rows = []
    for place, each in enumerate(candidates(n)):
        slower = 1.3 if place < 2 else 1 + 0.01 * (place - 2)
        features = dict(zip(FEATURES, rng.uniform(0, 3, len(FEATURES)), strict=True))
        for width, height in SIZES:
            cycles = np.log(width * height)
            row = {"width": width, "height": height, "schedule": each.id, **features, "log_estimate": cycles}
            time_s = 1e-8 * width * height * slower * np.exp(rng.normal(0, noise))
            rows.append({**row, "variant": each.source, "time_s": time_s, "noise": stated or noise})
    table = pd.DataFrame(rows).assign(kernel="made", hardware="cpu-2t")
    metadata = {"algorithm": "abc"}
    return Profile(table, ("width", "height", "schedule", *FEATURES), metadata)


@pytest.fixture
def database():
    return ScheduleDatabase.of(made_up(), {each.id: each for each in candidates(30)})


def test_a_size_between_is_interpolated(database):
    log_time, deviation = known(database, (200, 200))
    expected = np.log(1e-8 * 200 * 200 * (1 + 0.01 * np.arange(28)))
    np.testing.assert_allclose(log_time[2:], expected, atol=0.05)
    assert (deviation > 0.02).all()
    exact, sure = known(database, SIZES[0])
    np.testing.assert_allclose(exact, database.log_time[:, 0], atol=1e-3)
    assert sure.mean() < deviation.mean()


def test_the_best_is_taken_only_if_surely_faster(database):
    ranking = rank(database, (200, 200), None, None)
    choice = choose(ranking)
    assert choice.best.candidate.source == "own"
    assert choice.baseline.candidate.source in ("mullapudi2016", "adams2019")
    assert choice.reason.startswith("expected to be 1.")
    unsure = ScheduleDatabase.of(made_up(stated=0.4), {each.id: each for each in candidates(30)})
    careful = choose(rank(unsure, (200, 200), None, None))
    assert careful.is_left
    assert careful.best.is_baseline
    assert "not sure enough" in careful.reason


def test_what_an_autoscheduler_makes_here_is_judged_by_all_it_made_for_other_sizes():
    times = {"mullapudi2016": (0.8, 1.6, 1.6), "own": (1.0,)}
    made = [
        Ranked(Candidate((Directive("f", 0, "vectorize", (f"d{place}",)),), source), time_s, 0.02, True)
        for source, several in times.items()
        for place, time_s in enumerate(several)
    ]
    ranking = sorted(made, key=lambda each: each.expected_s)
    choice = choose(ranking)
    assert choice.baseline.expected_s == pytest.approx((0.8 * 1.6 * 1.6) ** (1 / 3))
    assert choice.baseline.deviation == pytest.approx(np.hypot(0.02, np.std(np.log([0.8, 1.6, 1.6]))))
    assert choice.best == ranking[0]  # made for another size, and a schedule like others here
    assert not choice.is_left
    assert "as fast as what mullapudi2016 makes for a size" in choice.reason
    alone = choose([each for each in ranking if each.is_baseline][:1])
    assert alone.is_left


def test_without_a_size_it_is_as_if_never_measured(database):
    less = database.without(SIZES[1])
    assert less.sizes == SIZES[:1]
    assert less.log_time.shape == (30, 1)
    log_time, _ = known(less, SIZES[1])
    assert np.exp(log_time[2]) == pytest.approx(1e-8 * 160000, rel=0.1)  # by the area


def test_pipelines_have_files_of_their_own_and_earlier_names_are_found(database, tmp_path):
    names = ("my_pipe", "My_pipe", "mypipe", "my__pipe")
    paths = {replace(database, pipeline=name).save(tmp_path).name.lower() for name in names}
    assert len(paths) == 4
    assert [find(tmp_path, name, "cpu-2t").pipeline for name in names] == list(names)
    earlier = tmp_path / "old" / "halide" / "my-pipe-cpu-2t.json.gz"
    earlier.parent.mkdir(parents=True)
    replace(database, pipeline="my_pipe").save(tmp_path / "new").rename(earlier)
    assert find(tmp_path / "old", "my_pipe", "cpu-2t").pipeline == "my_pipe"
    assert find(tmp_path / "old", "my__pipe", "cpu-2t") is None


def test_unseen_schedules_are_predicted(database):
    rows = made_up().table
    predicted = database.of_unseen(rows[list(FEATURES)].to_numpy(dtype=float))
    off = predicted - np.log(rows["time_s"].to_numpy())
    assert np.abs(off).mean() < 0.1


def test_it_is_stored_and_found(database, tmp_path):
    path = database.save(tmp_path)
    again = load_database(path)
    assert again.candidates == database.candidates
    np.testing.assert_array_equal(again.log_time, database.log_time)
    assert find(tmp_path, "made", "cpu-2t").algorithm == "abc"
    assert find(tmp_path, "made", "cpu-1t") is None
    document = json.loads(gzip.decompress(path.read_bytes()))
    document["experience"]["log_time"][0][0] = 1.0
    path.write_text(json.dumps(document))
    with pytest.raises(ModelFileError, match="does not match its hash"):
        load_database(path)
    path.write_text(json.dumps({"format": "perfpred-halide", "version": 9}))
    with pytest.raises(ModelFileError, match="format version must be 1, but is 9"):
        load_database(path)
    path.write_text("{")
    with pytest.raises(ModelFileError):
        load_database(path)


def test_a_profile_of_something_else_is_refused(csv):
    from perfpred.profile import read_profile

    with pytest.raises(InputError, match="as perfpred halide profile writes it"):
        ScheduleDatabase.of(read_profile(csv), {})
    with pytest.raises(InputError, match="of another one"):
        ScheduleDatabase.of(made_up(), {})


@pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
def test_from_a_users_file_to_a_schedule(perfpred, soften, tmp_path):
    pytest.importorskip("halide")
    csv, models = tmp_path / "soften.csv", tmp_path / "models"
    quick = ["--threads", "1"]
    profiled = perfpred(
        *["halide", "profile", soften, "--size", "96x64", "--size", "64x32", "--candidates", "24"],
        *["--source", "own", "--source", "mullapudi2016", "--source", "adams2019"],
        *["--min-rounds", "2", "--max-rounds", "2", "--out", csv, *quick],
    )
    assert profiled.code == 0, profiled.err
    trained = perfpred("halide", "train", csv, "--models", models, "--json")
    assert trained.json[0]["schedules"] > 10

    ranked = perfpred(
        *["halide", "rank", soften, "--models", models, "--size", "80x48", "--new", "20", "--json", *quick]
    )
    times = [each["expected_s"] for each in ranked.json]
    assert times == sorted(times)
    assert {
        each["measured"]
        for each in perfpred(
            *["halide", "rank", soften, "--models", models, "--size", "80x48", "--new", "40", "--top", "99"],
            *["--json", *quick],
        ).json
    } == {True, False}

    out = tmp_path / "soften.json"
    for budget in ("0", "3"):
        made = perfpred(
            *["halide", "schedule", soften, "--size", "80x48", "--models", models, "--budget", budget],
            *["--out", out, "--json", *quick],
        )
        assert made.code == 0, made.err
        assert made.json["directives"]
        assert made.json["reason"] and made.json["others"]
        assert made.json["speedup_low"] <= made.json["speedup"] <= made.json["speedup_high"]
        assert made.json["decided"] in (True, False)
    assert "timed in the same rounds" in made.json["reason"]

    judged = perfpred(
        *[
            "halide",
            "bench",
            soften,
            "--size",
            "96x64",
            "--models",
            models,
            "--budget",
            "0,2",
            "--json",
            *quick,
        ]
    )
    assert judged.code == 0, judged.err
    by_budget = {each["budget"]: each for each in judged.json}
    assert {0, 2, None} <= by_budget.keys()
    assert by_budget[2]["speedup"] == pytest.approx(by_budget[2]["baseline_s"] / by_budget[2]["time_s"])

    for each in judged.json:
        assert (
            each["speedup_low"] <= each["speedup"] <= each["speedup_high"] and " rounds in " in each["effort"]
        )
        assert isinstance(each["decided"], bool) and isinstance(each["in_quiet"], bool)
    assert by_budget[2]["regret"] >= 1 and {"spearman", "fastest_s"} <= set(by_budget[2])

    replayed = perfpred("halide", "replay", out, soften, "--json", *quick)
    assert replayed.code == 0, replayed.err
    assert replayed.json[0]["source"] == "replayed" and replayed.json[0]["status"] == "ok"
    checks = replayed.json[0]["checks"]
    assert set(checks["sizes"]) >= {"80x48"} and len(checks["sizes"]) == 2 and checks["warnings"] == []
    assert set(checks["sizes"]["80x48"]) == {"example", "random input 1", "random input 2"}
    assert replayed.json[0]["expected_s"] == made.json["expected_s"] and replayed.json[0]["speedup"] > 0
    assert all(each["speedup_low"] <= each["speedup"] <= each["speedup_high"] for each in replayed.json)
    beside = {each["source"] for each in replayed.json} | {made.json["source"]}
    assert {"mullapudi2016", "adams2019"} <= beside
    elsewhere = perfpred("halide", "replay", out, soften, "--size", "128x96", *quick)
    assert elsewhere.code == 0 and "soften at 128x96" in elsewhere.out

    path = tmp_path / "soften.py"
    path.write_text(path.read_text().replace("edged[x, y + 1]", "2 * edged[x, y + 1]"))
    stale = perfpred(
        *["halide", "rank", soften, "--models", models, "--size", "80x48", *quick],
    )
    assert stale.code == 2
    assert "has changed since" in stale.err
    stale = perfpred("halide", "replay", out, soften, *quick)
    assert stale.code == 2 and "choose a schedule again" in stale.err


def test_autoschedule_applies_what_was_learned(soften, tmp_path):
    hl = pytest.importorskip("halide")
    import perfpred as pp
    from perfpred.halide.pipeline.build import build
    from perfpred.halide.pipeline.loading import function_of
    from perfpred.halide.pipeline.ref import PipelineRef
    from perfpred.hardware import probe

    machine = probe()
    built = build(PipelineRef.of(soften), (96, 64))
    hardware = machine.hardware(machine.best_isa(), 1).id
    root = Candidate((Directive(built.graph.funcs[0].key, 0, "compute_root"),), "own")
    x = np.log(np.array([[1e-4], [2e-4]]))
    baseline = Candidate((Directive(built.graph.funcs[-1].key, 0, "compute_root"),), "mullapudi2016")
    ScheduleDatabase(
        "soften",
        built.graph.algorithm,
        hardware,
        ((96, 64),),
        (root, baseline),
        x,
        np.full((2, 1), 0.01),
        None,
        0.1,
    ).save(tmp_path)
    output, inputs, extents = function_of(PipelineRef.of(soften))(96, 64)
    applied = pp.halide.autoschedule(output, inputs, extents, models=tmp_path, threads=1)
    assert applied.schedule.candidate == root
    assert applied.expected == pytest.approx(1e-4, rel=0.02)
    for parameter, example in inputs:
        parameter.set(hl.Buffer(example) if isinstance(example, np.ndarray) else example)
    assert np.array(output.realize(extents)).shape == (64, 96)
    output, inputs, extents = function_of(PipelineRef.of(soften))(96, 64)
    assert "nothing was measured" in pp.halide.autoschedule(output, inputs, extents, threads=1).reason
    with pytest.raises(InputError, match="budget must be a whole number of at least 0, but got -5"):
        pp.halide.autoschedule(output, inputs, extents, budget=-5)
