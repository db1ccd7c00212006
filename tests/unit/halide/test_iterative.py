"""Profiles in rounds: what the model proposes is kept in the journal, and compared across rounds."""

import json

import numpy as np
import pytest

pytest.importorskip("halide")
from perfpred.errors import InputError
from perfpred.halide.measure.journalled import view
from perfpred.halide.measure.profiling import ProfileJob
from perfpred.halide.measure.schedules_file import read_schedules
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.hardware import Site, compiler, probe
from perfpred.learn.estimators.forest import ForestRegressor
from perfpred.measure.journal import CampaignJournal
from perfpred.profile import read_profile


def test_a_part_of_a_journal_is_known_by_another_name(tmp_path):
    with CampaignJournal(tmp_path / "a.journal", {"plan": 1}, resume=False) as journal:
        look = view(journal, "look0", "row")
        look.append({"row": 3, "time_s": 1.0})
        view(journal, "row").append({"row": 4, "time_s": 2.0})
        assert list(look.entries()) == [{"row": 3, "time_s": 1.0}]
        assert list(view(journal, "row").entries()) == [{"row": 4, "time_s": 2.0}]


@pytest.mark.parametrize(
    ("count", "refined", "sources", "first"),
    [
        (100, 0.5, ("own",), 50),
        (16, 0.5, ("own",), 12),
        (7, 0.5, ("own",), 7),
        (100, 0.5, ("template",), 100),
    ],
)
def test_how_many_come_first(count, refined, sources, first):
    site = Site(probe(), "avx2", 1)
    job = ProfileJob(PipelineRef.of("blur"), ((64, 64),), site, count, sources=sources, refined=refined)
    assert job.first == first


@pytest.mark.skipif(compiler() is None, reason="no compiler to link with")
def test_rounds_are_journalled_and_resumed(perfpred, soften, tmp_path):
    out = tmp_path / "soften.csv"
    command = ["halide", "profile", soften, "--size", "96x64", "--size", "64x48", "--threads", "1"]
    command += ["--candidates", "24", "--refine", "0.5", "--source", "own", "--source", "mullapudi2016"]
    command += ["--min-rounds", "2", "--max-rounds", "2", "--out", out, "--json"]
    assert perfpred(*command).code == 0
    journal = tmp_path / "soften.journal"
    lines = journal.read_text().splitlines()
    proposals = [place for place, line in enumerate(lines) if "proposed" in json.loads(line)]
    proposed = [json.loads(lines[place])["schedules"] for place in proposals]
    assert len(proposals) >= 2 and sum(map(len, proposed)) == 12
    schedules = read_schedules(out)
    assert {each["id"] for batch in proposed for each in batch} <= set(schedules) and len(schedules) == 24
    profile = read_profile(out)
    assert set(profile.ok.table["schedule"]) <= set(schedules)
    assert np.isfinite(profile.ok.table["time_s"]).all()

    out.unlink()
    journal.write_text("\n".join(lines[: proposals[1]]) + "\n")  # killed before the second round
    assert perfpred(*command, "--resume").code == 0
    again = read_schedules(out)
    kept = 12 + len(proposed[0])
    assert list(again)[:kept] == list(schedules)[:kept]
    assert len(again) == 24


def test_rows_of_a_group_are_left_out_together():
    rng = np.random.default_rng(0)
    x = rng.uniform(1, 2, (60, 1))
    group = np.arange(60) % 20
    y = np.exp(np.random.default_rng(1).normal(0, 1, 20))[group]  # nothing but the group tells the time
    x[:, 0] += group
    together = ForestRegressor(random_state=0).fit_with_residuals(x, y, groups=group).oof_log_residuals_
    apart = ForestRegressor(random_state=0).fit_with_residuals(x, y).oof_log_residuals_
    assert np.abs(together).mean() > 2 * np.abs(apart).mean()
    with pytest.raises(InputError, match=r"n_folds <= 20 \(groups\)"):
        ForestRegressor().fit_with_residuals(x, y, n_folds=21, groups=group)
    with pytest.raises(InputError, match="one for each of 60 rows, but got 3"):
        ForestRegressor().fit_with_residuals(x, y, groups=[1, 2, 3])
