"""What is answered: familiar or not, chosen and why, as documents and as C."""

import math
from dataclasses import replace

import numpy as np
import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.export.c_range import near_levels
from perfpred.predict.familiar import Familiar, axis, products
from perfpred.predict.prediction import Prediction
from perfpred.predict.quantity import QUANTITIES, TIME
from perfpred.predict.ranges import FARTHEST, Range
from perfpred.predict.selection import Choice, LeftOut, named, selection_of
from perfpred.schemas.document import to_json
from perfpred.schemas.prediction import (
    ChoiceDocument,
    MachineSelectionDocument,
    PredictionDocument,
    SelectionDocument,
    ValueChoiceDocument,
    ValueDocument,
)

JOULES = QUANTITIES["energy_j"]


def choice(variant, value, inside=True, spread=1.1, predicts=TIME):
    """Return a choice whose interval is its value divided and multiplied by `spread`."""
    return Choice("matvec", variant, "cpu", value, value / spread, value * spread, inside, predicts)


def chosen(*choices, noise=0.02, **options):
    """Return the selection among choices of one noise."""
    return selection_of([(each, noise) for each in choices], **options)


@pytest.mark.parametrize(
    ("choices", "options", "best", "reason"),
    [
        ([("a", 1), ("b", 2)], {}, "a", "a on cpu is predicted 2.00x faster than b on cpu"),
        ([("a", 1), ("b", 1.01)], {}, "a", "a on cpu is predicted fastest, within the noise of b on cpu"),
        ([("a", 1)], {}, "a", "a on cpu is the only choice"),
        (
            [("a", 2), ("b", 1, False)],
            {},
            "a",
            "a on cpu is the only choice within its trained range; passed over though predicted faster: "
            "b on cpu: out of range, its time is a guess",
        ),
        (
            [("a", 3), ("b", 1, False), ("c", 2, False)],
            {},
            "a",
            "a on cpu is the only choice within its trained range; passed over though predicted faster: "
            "b on cpu, c on cpu: out of range, their times are guesses",
        ),
        (
            [("a", 2, False), ("b", 1, False)],
            {},
            "b",
            "no choice is within its trained range: a guess; b on cpu is predicted "
            "2.00x faster than a on cpu",
        ),
        (
            [("a", 1), ("b", 1.15)],
            {"default": "b"},
            "b",
            "b on cpu is kept: its interval overlaps that of a on cpu",
        ),
        ([("a", 1), ("b", 2)], {"default": "b"}, "a", "a on cpu is predicted 2.00x faster than b on cpu"),
        ([("a", 1), ("b", 2)], {"default": "a"}, "a", "a on cpu is predicted 2.00x faster than b on cpu"),
        (
            [("a", 1, False), ("b", 2, False)],
            {"default": "b"},
            "b",
            "b on cpu is kept: no choice is within its trained range, so all times are guesses",
        ),
        (
            [("a", 2), ("b", 1, False)],
            {"default": "b"},
            "b",
            "b on cpu is kept: no choice in range is predicted faster; the time of b on cpu is a guess, "
            "out of its trained range",
        ),
    ],
)
def test_the_reason_says_what_decided(choices, options, best, reason):
    found = chosen(*(choice(*each) for each in choices), **options)
    assert (found.best.variant, found.reason) == (best, reason)


def test_ranking_is_cut_and_ties_are_those_of_the_best():
    found = chosen(choice("a", 1), choice("b", 1.01), choice("c", 1.015), choice("d", 5), top=2)
    assert [each.variant for each in found.ranking] == ["a", "b"]
    assert [each.variant for each in found.ties] == ["b", "c"]
    assert chosen(choice("a", 1), choice("b", 1.001, False)).ties == ()


def test_what_could_not_answer_is_named():
    out = LeftOut("matvec", "c", "cpu", "a value of n is missing")
    found = chosen(choice("a", 1), left_out=[out])
    assert found.reason.endswith("; left out: c on cpu (a value of n is missing)")
    with pytest.raises(InputError, match="the default has no predicted time here: c on cpu"):
        chosen(choice("a", 1), left_out=[out], default="c")
    with pytest.raises(UnknownNameError, match=r"unknown variant 'd'; .*known: a"):
        chosen(choice("a", 1), default="d")
    with pytest.raises(InputError, match="a predicted time must be > 0 s, but is 0; train this model again"):
        chosen(choice("a", 0))
    assert named([str(n) for n in range(6)]) == "0, 1, 2, 3, ... and 2 more"


def test_documents_name_another_quantity_than_time():
    answer = Prediction(2.0, 1.0, 3.0, True, "")
    document = PredictionDocument.of(answer, None)
    assert to_json(document)["time_s"] == 2.0 and "quantity" not in to_json(document)
    energy = PredictionDocument.of(replace(answer, predicts=JOULES), True)
    assert isinstance(energy, ValueDocument) and (energy.quantity, energy.unit) == ("energy_j", "J")
    with pytest.raises(InputError, match="this is energy in J, not time in s: read value, low and high"):
        _ = replace(answer, predicts=JOULES).time_s
    assert isinstance(ChoiceDocument.of(choice("a", 1, predicts=JOULES)), ValueChoiceDocument)


def test_a_selection_is_a_document_with_all_of_it():
    out = LeftOut("matvec", "c", "cpu", "no value")
    found = chosen(choice("a", 1), choice("b", 1.01), left_out=[out])
    document = to_json(SelectionDocument.of(found))
    assert document["best"]["variant"] == "a" and [each["variant"] for each in document["ties"]] == ["b"]
    assert document["left_out"] == [
        {"kernel": "matvec", "variant": "c", "hardware": "cpu", "reason": "no value"}
    ]
    assert MachineSelectionDocument.of(found, this_machine=False).this_machine is False
    assert to_json({"a": [math.inf, (1,)]}) == {"a": [None, [1]]}


@pytest.mark.parametrize(
    ("seen", "value", "octaves"),
    [
        ((2, 8), 4, 0),
        ((2, 8), 16, 1),
        ((2, 8), 1, 1),
        ((0, 8), 0, 0),
        ((-2, 2), -8, 1.5),
        ((2, 8), 1e300, FARTHEST),
        ((2, 8), 5e-324, FARTHEST),
    ],
)
def test_distances_are_octaves_and_never_endless(seen, value, octaves):
    assert Range(*seen).beyond(value) == pytest.approx(octaves)
    assert Range(*seen).all_beyond(np.array([float(value)]))[0] == pytest.approx(octaves)


def test_a_range_that_ends_before_it_begins_is_refused():
    with pytest.raises(InputError, match=r"low <= high .*low=3.*high=2"):
        Range(3, 2)
    assert Range.of(np.array([3.0, 1.0])) == Range(1, 3)
    assert Range(1, 3).holds(np.array([0.0, 1.0, 3.0])).tolist() == [False, True, True]


ROWS = {"m": np.array([1.0, 2, 4, 8]), "flag": np.array([0.0, 1, 0, 1])}


def test_rows_of_training_are_familiar_and_far_ones_are_not():
    seen = Familiar.of(ROWS)
    assert seen.distances(ROWS).tolist() == [0.0] * 4
    far = seen.distances({"m": np.array([1024.0]), "flag": np.array([0.0])})
    assert 5 < far[0] < 10
    place = [float(math.log2(1025)), 0.0]
    assert seen.from_centres(place) == pytest.approx(far[0], abs=1e-3)
    assert seen.from_centres([1.0, 0.0]) == 0.0 and seen.from_centres([math.inf, 0.0]) == FARTHEST
    assert seen.told(2.0).startswith("no row of training is like it: the nearest is ")
    assert seen.distances({name: values[:0] for name, values in ROWS.items()}).shape == (0,)


def test_a_radius_of_nothing_still_knows_its_rows():
    exact = Familiar(axes=("m",), centres=np.array([[1.0], [2.0]]), radius=0.0)
    assert exact.from_centres([2.0]) == 0.0 and exact.from_centres([2.5]) == pytest.approx(0.5)
    assert Familiar().distances({"m": np.array([3.0])}).tolist() == [0.0]


def test_values_between_few_levels_are_as_far_as_the_nearer_one():
    seen = Familiar(levels={"m": (1.0, 4.0, 16.0)})
    assert [seen.from_levels("m", value) for value in (4.0, 8.0, 32.0, 0.5)] == [0.0, 1.0, 1.0, 1.0]
    assert seen.all_from_levels("m", np.array([8.0, 4.0, 8.0])).tolist() == [1.0, 0.0, 1.0]
    for levels in ((), (2.0, 1.0)):
        with pytest.raises(InputError, match="levels of m ascend"):
            Familiar(levels={"m": levels})


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([0, 1], "m*0.7071067811865476"),
        ([1, 64], "log2(max(m, 0) + 1)"),
        ([0.5, 1.5], "log2(max(m, 0.00048828125))"),
        ([-1.0, 1.0], "m/1.0"),
    ],
)
def test_an_axis_is_in_octaves_where_it_can_be(values, text):
    assert axis("m", np.array(values, dtype=float)) == text


def test_products_are_of_positive_columns_that_vary():
    columns = {name: np.array([1.0, 8.0]) for name in "abc"} | {"k": np.ones(2), "z": np.array([0.0, 1.0])}
    assert products(columns) == ["a*b", "a/b", "a*c", "a/c", "b*c", "b/c", "a*b*c"]


@pytest.mark.parametrize(
    ("levels", "ends"),
    [
        ([], []),
        ([4], [(0.0, 0.0), (2.0, 8.0)]),
        ([-4], [(-8.0, 0.0)]),
        ([-1, 1, 2], [(-2.0, 0.0), (0.5, 4.0)]),
    ],
)
def test_what_is_near_a_level_is_within_an_octave(levels, ends):
    assert near_levels(levels) == ends
