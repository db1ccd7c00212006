"""Adaptive campaigns with processes that answer from a formula: choice, stopping, resuming, drift."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from perfpred.adaptive.campaign import OUT_OF_TIME, run_adaptive
from perfpred.adaptive.profiling import adaptive_plan
from perfpred.adaptive.sampler import Batches, Sampler
from perfpred.adaptive.stopping import StoppingRule
from perfpred.errors import InputError, MeasurementError
from perfpred.hardware import Hardware, probe
from perfpred.kernels import kernel
from perfpred.learn import registry
from perfpred.measure.campaign import Effort, RowRecord
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.plan import Part, Plan, Request
from perfpred.measure.process import Subject
from perfpred.measure.stages import choose_anchors

SUBJECTS = tuple(Subject("matvec", name, Hardware("cpu", "avx2", 1)) for name in ("eigen", "openblas"))
EFFORT = Effort(min_rounds=4, max_rounds=4)
RULE = StoppingRule(max_rows=60, patience=99, near_noise=0.0)
BATCHES = Batches(first=20, later=10)


class Silent:
    def update(self, done, total, note):
        assert done <= total


class Notes:
    def __init__(self):
        self.seen = []

    def update(self, done, total, note):
        self.seen.append(note)


class Asker:
    """Answers with a formula, one second a timing on its own clock; fails, slows or stops as told."""

    def __init__(self, stop_after=math.inf, fails=lambda sizes: False, slowness=lambda n: 1.0):
        self.asked, self.stop_after, self.fails, self.slowness = [], stop_after, fails, slowness

    def ask(self, sizes, *, check):
        if len(self.asked) >= self.stop_after:
            raise KeyboardInterrupt
        self.asked.append((sizes["m"], sizes["n"]))
        if self.fails(sizes):
            return {"status": "timeout", "message": "as asked"}
        jitter = 1 + 0.01 * abs(math.sin(37 * len(self.asked)))
        time_s = true_time(**sizes) * self.slowness(len(self.asked)) * jitter
        return {"status": "ok", "time_s": time_s, "monitor_s": 5e-6}

    def clock(self):
        return float(len(self.asked))


def true_time(m, n):
    return 1e-7 + 1e-10 * m * n + 2e-9 * m * (n % 16)


def linear(seed):
    return registry.model("linear-c").make({"work": "m*n"}, random_state=seed)


def plan(samples=150, subjects=SUBJECTS, seed=0):
    sizes = tuple(kernel("matvec").draw(samples, np.random.default_rng(seed)))
    return Plan((Part("matvec", subjects, sizes),), seed)


def run(path, asker, *, rule=RULE, resume=False, progress=None, effort=EFFORT, subjects=SUBJECTS, seed=0):
    sampler = Sampler(plan(subjects=subjects, seed=seed), rule, BATCHES, linear)
    askers = dict.fromkeys(subjects, asker)
    with CampaignJournal(path, {"seed": seed}, resume=resume) as journal:
        return run_adaptive(sampler, askers, journal, effort, asker.clock, progress or Silent())


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def opened(path):
    return [(entry["new"], entry["anchors"]) for entry in lines(path) if "new" in entry]


def test_it_goes_on_in_stages_up_to_the_maximum(tmp_path):
    path = tmp_path / "a.journal"
    sampled = run(path, Asker())
    stages = opened(path)
    assert [len(new) for new, _ in stages] == [20, 10, 10, 10, 10]
    assert len(set(sampled.numbers)) == len(sampled.numbers) == 60
    assert [point.rows for point in sampled.curve] == [20, 30, 40, 50, 60]
    assert sampled.reason == "the maximum of 60 sizes is reached"
    assert len(sampled.records) == 60 * len(SUBJECTS)


def test_later_stages_time_the_same_anchors_of_the_first(tmp_path):
    path = tmp_path / "a.journal"
    sampled = run(path, Asker())
    (first, none), *later = opened(path)
    anchors = later[0][1]
    assert none == []
    assert len(anchors) == 6
    assert set(anchors) <= set(first)
    assert all(each == anchors for _, each in later)
    rounds = {n: len(sampled.records[place].times_s) for place, n in enumerate(sampled.numbers)}
    assert {rounds[number] for number in anchors} == {4 * 5}
    assert {count for number, count in rounds.items() if number not in anchors} == {4}


def test_every_stage_is_interleaved(tmp_path):
    path = tmp_path / "a.journal"
    run(path, Asker())
    timed = [entry["row"] for entry in lines(path) if entry.get("stage") == 1 and "row" in entry]
    n = (10 + 6) * len(SUBJECTS)
    orders = [tuple(timed[start : start + n]) for start in range(0, len(timed), n)]
    assert len(orders) == len(set(orders)) == 4
    assert all(sorted(order) == list(range(n)) for order in orders)


@pytest.mark.parametrize("stop_after", [3, 100, 160, 170, 300])
def test_interrupted_it_takes_the_same_decisions(tmp_path, stop_after):
    whole, broken = tmp_path / "whole.journal", tmp_path / "broken.journal"
    expected = run(whole, Asker())
    with pytest.raises(KeyboardInterrupt):
        run(broken, first := Asker(stop_after=stop_after))
    before = broken.read_text()
    rest = Asker()
    rest.asked = list(first.asked)  # the clock and the jitter go on
    sampled = run(broken, rest, resume=True)
    assert broken.read_text().startswith(before)
    assert opened(broken) == opened(whole)
    assert sampled.numbers == expected.numbers
    assert sampled.curve == expected.curve
    assert sampled.reason == expected.reason
    assert len(lines(broken)) == len(lines(whole))


def test_what_was_decided_stays_decided(tmp_path):
    """Sizes in the journal are timed even if timings, and so the model, have come out differently."""
    path = tmp_path / "a.journal"
    with pytest.raises(KeyboardInterrupt):
        run(path, Asker(stop_after=165))
    decided = opened(path)
    run(path, Asker(slowness=lambda n: 1 + 0.3 * (n % 2)), resume=True)
    assert opened(path)[: len(decided)] == decided
    assert len(decided) == 2


def test_a_torn_decision_is_taken_again(tmp_path):
    path = tmp_path / "a.journal"
    expected = run(path, Asker())
    text = path.read_text()
    cut = text.index('"new"', text.index('"new"') + 1) + 12
    path.write_text(text[:cut])
    rest = Asker()
    rest.asked = [None] * 160
    assert run(path, rest, resume=True).numbers == expected.numbers


def test_a_finished_campaign_asks_nothing(tmp_path):
    path = tmp_path / "a.journal"
    expected = run(path, Asker())
    again = run(path, asker := Asker(), resume=True)
    assert asker.asked == []
    assert again.numbers == expected.numbers
    assert again.reason == expected.reason


def test_a_finished_campaign_goes_on_with_a_larger_maximum(tmp_path):
    path = tmp_path / "a.journal"
    expected = run(path, Asker())
    more = run(path, Asker(), rule=StoppingRule(max_rows=75, patience=99, near_noise=0.0), resume=True)
    assert more.numbers[:60] == expected.numbers
    assert len(more.numbers) == 75


def test_it_is_deterministic_by_seed(tmp_path):
    chosen = [run(tmp_path / f"{i}.journal", Asker(), seed=s).numbers for i, s in enumerate((0, 0, 1))]
    assert chosen[0] == chosen[1]
    assert chosen[0] != chosen[2]


def test_a_flat_curve_ends_it(tmp_path):
    rule = StoppingRule(max_rows=150, tolerance=0.5, patience=1, near_noise=0.0)
    sampled = run(tmp_path / "a.journal", Asker(), rule=rule)
    assert len(sampled.numbers) < 150
    assert "the last 1 batches lowered the expected error by" in sampled.reason


def test_an_error_near_the_noise_ends_it(tmp_path):
    rule = StoppingRule(max_rows=150, near_noise=1e6)
    sampled = run(tmp_path / "a.journal", Asker(), rule=rule)
    assert len(sampled.numbers) == 20
    assert "is near the noise" in sampled.reason


def test_the_time_limit_keeps_what_there_is(tmp_path):
    path = tmp_path / "a.journal"
    sampled = run(path, Asker(), effort=Effort(min_rounds=4, max_rounds=4, time_limit_s=200))
    assert sampled.reason == OUT_OF_TIME
    assert len(sampled.numbers) == 30
    assert len(run(path, Asker(), resume=True).numbers) == 60


def test_a_slower_machine_is_divided_out(tmp_path):
    """From the second stage on, everything takes 1.4 times as long."""
    sampled = run(tmp_path / "a.journal", Asker(slowness=lambda n: 1.4 if n > 160 else 1.0))
    sizes = plan().parts[0].sizes
    ratios = np.array(
        [
            np.mean(sampled.records[place].times_s) / true_time(**sizes[number])
            for place, number in enumerate(sampled.numbers)
        ]
    )
    assert ratios.std() / ratios.mean() < 0.01
    slowness = np.array(sampled.slowness)
    assert (1 + slowness[1:]) / (1 + slowness[0]) == pytest.approx(1.4, rel=0.02)


def test_sizes_that_fail_are_kept_and_learned_without(tmp_path):
    sampled = run(tmp_path / "a.journal", Asker(fails=lambda sizes: sizes["m"] % 3 == 0))
    sizes = plan().parts[0].sizes
    for place, number in enumerate(sampled.numbers):
        assert sampled.records[place].failed == (sizes[number]["m"] % 3 == 0)
    assert len(sampled.numbers) == 60


def test_a_variant_that_always_fails_has_no_say(tmp_path):
    good, bad = Asker(), Asker(fails=lambda sizes: True)
    sampler = Sampler(plan(), RULE, BATCHES, linear)
    with CampaignJournal(tmp_path / "a.journal", {}, resume=False) as journal:
        askers = {SUBJECTS[0]: good, SUBJECTS[1]: bad}
        sampled = run_adaptive(sampler, askers, journal, EFFORT, good.clock, Silent())
    assert len(sampled.numbers) == 60


def test_nothing_that_can_be_timed_is_an_error(tmp_path):
    with pytest.raises(MeasurementError, match="no combination has 10 sizes that could be timed, of 20"):
        run(tmp_path / "a.journal", Asker(fails=lambda sizes: True))


def test_progress_says_stage_sizes_and_error(tmp_path):
    notes = Notes()
    run(tmp_path / "a.journal", Asker(), progress=notes)
    assert notes.seen[0] == "stage 1, 20 sizes; round 1, 40 rows"
    assert notes.seen[-1].startswith("stage 5, 60 sizes, expected error ")


def test_anchors_are_spread_over_the_faster_sizes(tmp_path):
    path = tmp_path / "a.journal"
    run(path, Asker())
    sizes = plan().parts[0].sizes
    (first, _), (_, anchors), *_ = opened(path)
    order = sorted(first, key=lambda number: true_time(**sizes[number]))
    ranks = sorted(order.index(number) for number in anchors)
    assert ranks == pytest.approx([0, 3, 6, 8, 11, 14], abs=1)
    assert choose_anchors([4, 5], [RowRecord(), RowRecord(status="timeout")]) == []


def test_batches_and_rule_must_fit_the_candidates():
    for max_rows in (19, 151):
        with pytest.raises(InputError, match=f"chooses from 150, .* but got {max_rows}"):
            Sampler(plan(), StoppingRule(max_rows=max_rows), BATCHES)
    with pytest.raises(InputError, match="batches of at least 1"):
        Batches(0, 10)


def test_a_plan_too_small_to_choose_from_is_refused(monkeypatch):
    machine = probe()
    with pytest.raises(InputError, match="chooses from 600 sizes, but 700 are to be measured"):
        adaptive_plan(Request("matvec", ("naive",)), machine, 700, 0)
    few = kernel("matvec").parameters[0].__class__("m", 1, 50)
    monkeypatch.setattr("perfpred.adaptive.profiling.kernel", lambda name: _with(kernel(name), few))
    with pytest.raises(InputError, match="has 50 sizes, too few to choose among"):
        adaptive_plan(Request("matvec", ("naive",)), machine, 40, 0)


def _with(known, parameter):
    from dataclasses import replace

    return replace(known, parameters=(parameter,))


def test_candidates_are_a_table_of_sizes():
    sampler = Sampler(plan(), RULE, BATCHES)
    assert isinstance(sampler.candidates, pd.DataFrame)
    assert list(sampler.candidates) == ["m", "n"]
