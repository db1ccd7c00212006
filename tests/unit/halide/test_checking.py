"""What a candidate does is found out on several inputs, again and again; Python stands for compiled code."""

import numpy as np
import pytest

from perfpred.halide.measure.checking.compare import Tolerance
from perfpred.halide.measure.checking.verdict import CallError, Case, Entries

SHAPE = (30, 40)


def double(operands):
    operands.outputs[0][...] = 2 * operands.inputs[0]


@pytest.fixture
def case(tmp_path):
    def made(reference=double, example=None, others=()):
        example = np.linspace(0, 1, 1200, dtype=np.float32).reshape(SHAPE) if example is None else example
        np.save(tmp_path / "input0.npy", example)
        layout = {"type": example.dtype.name, "dims": [[0, 40, 1], [0, 30, 40]]}
        setup = {
            "folder": str(tmp_path),
            "arguments": [
                {"kind": "image", "file": "input0.npy", **layout},
                {"kind": "scalar", "type": "float32", "value": 0.5},
                {"kind": "scalar", "type": "int32", "value": 3},
            ],
            "outputs": [layout],
        }
        rounds = example.dtype.kind == "f"
        return Case(
            setup,
            [Tolerance(2.0**-23 if rounds else 0.0)],
            Entries(reference, others),
            lambda entry, operands: entry(operands),
        )

    return made


def test_a_right_one_is_right(case):
    made = case()
    assert made.problem(double) is None
    assert list(made.data.values()) == ["example", "random input 1", "random input 2"]
    assert made.warnings() == []
    made.restore()
    assert made.operands.inputs[0][-1, -1] == 1


def spoils(operands):
    double(operands)
    operands.inputs[0][0, 0] += 1


def leaves_a_row(operands):
    operands.outputs[0][:-1] = 2 * operands.inputs[0][:-1]


def adds_to_what_was_there(operands):
    operands.outputs[0][...] = 2 * operands.inputs[0] + 1e-9 * operands.outputs[0]


def takes_a_gradient_for_granted(operands):
    values = operands.inputs[0].copy()
    values[5:9] = (values[4:8] + values[6:10]) / 2
    operands.outputs[0][...] = 2 * values


class RightOnce:
    def __init__(self, calls):
        self.left = calls

    def __call__(self, operands):
        double(operands)
        self.left -= 1
        operands.outputs[0][7:9, 3:30] += 0.01 * (self.left < 0)


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (spoils, "writes to input 0"),
        (leaves_a_row, "in 3.333% of the values"),
        (adds_to_what_was_there, "differs from the reference schedule"),
        (takes_a_gradient_for_granted, "(random input 1)"),
        (RightOnce(3), "(random input 1)"),
        (RightOnce(4), "(example)"),
    ],
    ids=["spoils", "leaves", "adds", "gradient", "once", "twice"],
)
def test_a_wrong_one_is_found_out(case, entry, said):
    assert said in case().problem(entry)


def test_an_error_is_not_a_wrong_value(case):
    def refuses(operands):
        raise CallError("too small")

    with pytest.raises(CallError, match="too small"):
        case().problem(refuses)


def test_inputs_that_the_reference_refuses_are_not_used(case):
    def picky(operands):
        if operands.inputs[0][0, 0] != 0:
            raise CallError("must be black")
        double(operands)

    made = case(picky)
    assert list(made.data.values()) == ["example"]
    assert made.problem(double) is None and "2.0" not in made.warnings()


def test_constant_outputs_are_said(case):
    def same(operands):
        operands.outputs[0][...] = 1

    assert case(same).warnings() == [
        f"the {name} checks next to nothing: the right output is constant on it"
        for name in ("example", "random input 1", "random input 2")
    ]
    ones = case(example=np.ones(SHAPE, np.float32))
    assert ones.warnings() == ["the example checks next to nothing: the right output is constant on it"]
    assert "(random input 1)" in ones.problem(takes_a_gradient_for_granted)


def test_values_that_the_reference_does_not_write_are_not_compared(case):
    def every_other(operands):
        operands.outputs[0][:, ::2] = 2 * operands.inputs[0][:, ::2]

    def wrong(operands):
        operands.outputs[0][:, ::2] = 3 * operands.inputs[0][:, ::2]

    made = case(every_other)
    assert made.problem(every_other) is None
    assert made.problem(wrong) is not None
    assert made.warnings()[0].startswith("50.000% of the output is not compared on the example")


def test_integers_are_compared_bit_by_bit(case):
    def wraps(operands):
        operands.outputs[0][...] = operands.inputs[0] + operands.inputs[0]

    def saturates(operands):
        operands.outputs[0][...] = np.minimum(2 * operands.inputs[0].astype(int), 255)

    zeros = case(wraps, np.zeros(SHAPE, np.uint8))
    assert zeros.problem(wraps) is None
    assert "of the integers differ" in zeros.problem(saturates)


def test_missing_numbers_in_an_example_leave_minima_open(case):
    example = np.random.default_rng(0).random(SHAPE, np.float32)
    example[3:5, 7] = np.nan

    def first(operands):
        left, right = operands.inputs[0], np.roll(operands.inputs[0], 1, 1)
        operands.outputs[0][...] = np.where(left < right, left, right)

    def second(operands):
        left, right = operands.inputs[0], np.roll(operands.inputs[0], 1, 1)
        operands.outputs[0][...] = np.where(right < left, right, left)

    assert case(first, example).problem(second) is None
    assert case(first, example).problem(double) is not None


def test_everything_ill_conditioned_is_said(case):
    def chaotic(operands):
        operands.outputs[0][...] = np.sin(1e7 * operands.inputs[0])

    made = case(chaotic, np.random.default_rng(0).random(SHAPE, np.float32))
    assert any("rounding alone changes" in each for each in made.warnings())
    assert made.problem(double) is not None  # twice the sine's range


def test_each_output_has_a_tolerance_of_its_own(tmp_path):
    np.save(tmp_path / "input0.npy", np.linspace(0, 1, 1200, dtype=np.float32).reshape(SHAPE))
    layout = {"type": "float32", "dims": [[0, 40, 1], [0, 30, 40]]}
    image = {"kind": "image", "file": "input0.npy", **layout}
    setup = {"folder": str(tmp_path), "arguments": [image], "outputs": [layout, layout]}

    def both(operands, off=(0.0, 0.0)):
        for output, by in zip(operands.outputs, off, strict=True):
            output[...] = operands.inputs[0] * np.float32(1 + by)

    tolerances = [Tolerance(2.0**-10), Tolerance(2.0**-23)]
    made = Case(setup, tolerances, Entries(both), lambda entry, operands: entry(operands))
    assert made.problem(lambda operands: both(operands, (1e-3, 0))) is None
    assert "output 1 differs" in made.problem(lambda operands: both(operands, (0, 1e-3)))
