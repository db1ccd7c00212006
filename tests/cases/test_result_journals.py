"""Journals of results: what is found again, what is not, and what becomes of their files."""

import json
from pathlib import Path

import numpy as np
import pytest
from joblib import delayed

import perfpred as pp
from perfpred.errors import InputError, PerfpredError, PerfpredWarning
from perfpred.learn.fit_identity import PREDICTORS
from perfpred.parallel.environment import code_digest
from perfpred.parallel.pool import run
from perfpred.parallel.result_journal import PLAIN, ResultJournal
from perfpred.predict.store import dumps
from perfpred.tuning.replay import Trial, replay_all


class After:
    """Progress that is interrupted after so many jobs."""

    def __init__(self, jobs):
        self.left = jobs

    def update(self, done, total, note):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


def _journals(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.journal"))


def _run(journal, jobs, function=divmod):
    return run([delayed(function)(*job) for job in jobs], len(jobs), 1, None, journal.opened(jobs, PLAIN))


def test_an_interrupted_run_goes_on_and_its_journal_goes(tmp_path):
    jobs = [[7, 2], [9, 0], [8, 3]]
    with pytest.raises(ZeroDivisionError), ResultJournal(tmp_path / "out") as journal:
        _run(journal, jobs)
    (path,) = _journals(tmp_path)
    assert path.name.startswith("out.")
    assert journal.kept() == [(path, 1)]
    with ResultJournal(tmp_path / "out") as journal:
        assert journal.opened(jobs, PLAIN).found == {0: [3, 1]}
    assert not _journals(tmp_path)


def test_other_jobs_and_other_code_have_other_journals(tmp_path, monkeypatch):
    names = set()
    for jobs, code in ([[1]], None), ([[2]], None), ([[1]], "other"):
        if code:
            monkeypatch.setattr("perfpred.parallel.result_journal.code_digest", lambda: "other")
        with pytest.raises(PerfpredError), ResultJournal(tmp_path / "out") as journal:
            journal.opened(jobs, PLAIN).add(0, 1)
            raise PerfpredError
        names.add(journal.kept()[0][0].name)
    assert len(names) == 3
    assert len(code_digest()) == 64


def test_a_wrong_request_and_nothing_found_leave_no_journal(tmp_path):
    with pytest.raises(InputError), ResultJournal(tmp_path / "out") as journal:
        journal.opened([1], PLAIN).add(0, np.int64(3))
        raise InputError
    with pytest.raises(PerfpredError), ResultJournal(tmp_path / "out") as journal:
        journal.opened([1], PLAIN)
        raise PerfpredError
    assert not _journals(tmp_path)


def test_damage_is_worked_out_again_and_said(tmp_path):
    jobs = [[7, 2], [8, 3]]
    with pytest.raises(PerfpredError), ResultJournal(tmp_path / "out") as journal:
        _run(journal, jobs)
        raise PerfpredError
    (path,) = _journals(tmp_path)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"result": [3, 1]', b'"result": [3, 9]'))
    with pytest.warns(PerfpredWarning, match="1 line is damaged"), ResultJournal(tmp_path / "out") as journal:
        assert _run(journal, jobs) == [(3, 1), [2, 2]]
    path.write_bytes(b"nothing of ours\n")
    with ResultJournal(tmp_path / "out") as journal:
        assert journal.opened(jobs, PLAIN).found == {}
    assert not _journals(tmp_path)


def test_two_runs_at_the_same_time_both_go_on(tmp_path):
    with ResultJournal(tmp_path / "out") as first:
        first.opened([1], PLAIN)
        with (
            pytest.warns(PerfpredWarning, match="results are not written down"),
            ResultJournal(tmp_path / "out") as other,
        ):
            other.opened([1], PLAIN).add(0, 1)
        assert _journals(tmp_path)
    assert not _journals(tmp_path)


def test_errors_of_several_jobs_are_the_first_ones(tmp_path):
    def fail(number):
        raise InputError(str(number))

    with pytest.raises(InputError, match=r"^0$"):
        run([delayed(fail)(number) for number in range(3)], 3, 1)


def test_predictors_come_back_byte_for_byte(csv):
    for model in ("linear-c", "augmented"):
        for predictor in pp.train(pp.read_profile(csv), model=model, train_size=40, n_jobs=1):
            assert dumps(PREDICTORS.from_json(PREDICTORS.to_json(predictor))) == dumps(predictor)


def test_interrupted_evaluations_and_replays_come_out_the_same(csv, tmp_path):
    profile = pp.read_profile(csv)
    options = {"models": ["linear-c"], "train_size": 20, "repeats": 2, "n_jobs": 1}
    with pytest.raises(KeyboardInterrupt), ResultJournal(tmp_path / "e") as journal:
        pp.evaluate(profile, **options, progress=After(3), journal=journal)
    ((path, count),) = journal.kept()
    first = [json.loads(line)["result"][0]["fit_s"] for line in path.read_text().splitlines()[1:]]
    assert len(first) == count == 3
    with ResultJournal(tmp_path / "e") as journal:
        found = pp.evaluate(profile, **options, journal=journal)
    assert list(found["fit_s"][:3]) == first
    alone = pp.evaluate(profile, **options)
    assert found.drop(columns="fit_s").equals(alone.drop(columns="fit_s"))

    trial = Trial(("random",), (5, 10), repeats=2, fixed=("m",))
    rows = profile.take(np.arange(4)).table.assign(m=512)
    rows = pp.Profile(rows, profile.parameters)
    with pytest.raises(KeyboardInterrupt), ResultJournal(tmp_path / "s") as journal:
        replay_all(rows, trial, n_jobs=1, progress=After(1), journal=journal)
    with ResultJournal(tmp_path / "s") as journal:
        again = replay_all(rows, trial, n_jobs=1, journal=journal)
    assert list(again["best_time_s"]) == list(replay_all(rows, trial, n_jobs=1)["best_time_s"])
    assert not _journals(tmp_path)


def test_an_interrupted_command_says_how_to_go_on(csv, tmp_path, perfpred, monkeypatch):
    from perfpred.learn import training

    real, calls = training.fit_predictor, []
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*arguments)

    arguments = ("train", csv, "--models", tmp_path / "models", "--model", "linear-c")
    monkeypatch.setattr(training, "fit_predictor", interrupted)
    outcome = perfpred(*arguments)
    (path,) = _journals(tmp_path)
    assert outcome.code == 130
    assert f"interrupted: 1 result is kept in {path}; the same command goes on from there" in outcome.err
    monkeypatch.setattr(training, "fit_predictor", real)
    assert perfpred(*arguments).code == 0
    assert not _journals(tmp_path)
    assert len(list((tmp_path / "models").glob("*.json"))) == 2
