"""Rounds of a machine whose speed changes between them are told as at the speed of the first."""

import numpy as np
import pytest

from perfpred.search import AnchoredObjective, Outcome
from perfpred.search.anchored import log_slowness, spread_anchors


class Machine:
    """Candidates are their own seconds, times how slow the machine is in a round; negative ones fail."""

    unit = "s"

    def __init__(self, *slowness):
        self.slowness, self.rounds = list(slowness), []

    def evaluate(self, candidates):
        slow = self.slowness[len(self.rounds)]
        self.rounds.append(list(candidates))
        return [
            Outcome(each * slow, {"energy_j": 1.0}) if each > 0 else Outcome.failed("timeout")
            for each in candidates
        ]


def test_values_are_as_at_the_speed_of_the_first_round():
    machine = Machine(1.0, 1.5, 0.5)
    objective = AnchoredObjective(machine, anchors=[2.0, 3.0])
    for batch in ([1.0, 5.0], [4.0, -1.0], [6.0]):
        outcomes = objective.evaluate(batch)
        assert [each.value for each in outcomes] == pytest.approx(
            [each if each > 0 else np.nan for each in batch], nan_ok=True
        )
    assert outcomes[0].metrics == {"energy_j": 1.0}
    assert machine.rounds == [[2.0, 3.0, 1.0, 5.0], [2.0, 3.0, 4.0, -1.0], [2.0, 3.0, 6.0]]


def test_anchors_are_chosen_from_the_first_round_that_has_any():
    machine = Machine(1.0, 1.0, 2.0)
    objective = AnchoredObjective(machine, anchors=[-3.0])
    objective.evaluate([-1.0])
    objective.evaluate([4.0, 1.0, *range(10, 20), -2.0])
    assert objective.anchors == [1.0, 4.0, 10, 11]
    assert objective.evaluate([5.0])[0].value == 5.0
    assert machine.rounds[-1] == [1.0, 4.0, 10, 11, 5.0]


def test_an_anchor_that_fails_is_left_out():
    objective = AnchoredObjective(Machine(1.0, 3.0), anchors=[-1.0, 2.0])
    objective.evaluate([1.0])
    assert objective.anchors == [2.0]
    assert objective.evaluate([7.0])[0].value == pytest.approx(7.0)


def test_the_best_is_measured_again_but_is_no_reference():
    machine = Machine(1.0, 1.0, 1.0)
    objective = AnchoredObjective(machine, anchors=[9.0], with_best=True)
    objective.evaluate([4.0, 6.0])
    objective.evaluate([3.0])
    objective.evaluate([5.0])
    assert machine.rounds == [[9.0, 4.0, 6.0], [9.0, 4.0, 3.0], [9.0, 3.0, 5.0]]


def test_one_disturbed_anchor_does_not_matter():
    assert np.exp(log_slowness(np.array([1.1, 2.2, 33.0]), np.array([1.0, 2.0, 3.0]))) == pytest.approx(1.1)
    assert log_slowness(np.array([np.nan, 2.0]), np.array([1.0, np.nan])) == 0.0
    assert log_slowness(np.array([]), np.array([])) == 0.0
    assert spread_anchors(np.array([np.nan, np.nan]), 3, 0.5) == []
