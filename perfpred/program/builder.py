"""Collecting instructions: what is computed twice is shared, what is constant is computed here."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np

from perfpred.complexity import Binary, Call, Compare, Name, Node, Number, Unary
from perfpred.complexity.evaluation import ON_FLOATS
from perfpred.program.bounds import LARGEST, Bounds, bounds_of
from perfpred.program.layers import Floats, Layer, TanhSum
from perfpred.program.simplifying import certain_extreme, simplified, specialised
from perfpred.program.tape import CONSTANT, INPUT, LAYER, Instruction, NotLowerableError, Program

_COMMUTATIVE = ("+", "*", "==", "!=")
NOT_EXTREME = 340.0
"""Up to this, ``exp(2 * x)`` is a normal number."""

_FOLDED: dict[str, Callable[..., float]] = {
    **ON_FLOATS,
    "neg": lambda a: -a,
    "exp": math.exp,
}


class Builder:
    """A growing list of instructions; a value is the position of the one that computes it.

    Parameters
    ----------
    inputs : iterable of str
        Names of the columns that expressions may read; whoever runs the program gives finite values.
    non_negative : collection of str
        Inputs of which the values given will be >= 0.

    Examples
    --------
    >>> builder = Builder(["m", "n"])
    >>> m, n = builder.input("m"), builder.input("n")
    >>> builder.apply("*", m, n) == builder.apply("*", n, m)
    True
    >>> builder.program([builder.apply("**", m, builder.constant(2.0))]).instructions[-1].operation
    '*'
    """

    def __init__(self, inputs: Iterable[str], non_negative: Collection[str] = ()) -> None:
        self._inputs = tuple(inputs)
        self._non_negative = non_negative
        self._instructions: list[Instruction] = []
        self._bounds: list[Bounds] = []
        self._known: dict[tuple[object, ...], int] = {}
        self._named: dict[str, int] = {}

    @contextmanager
    def names(self, values: Mapping[str, int]) -> Iterator[None]:
        """Let expressions that are added meanwhile read values by these names."""
        outer = self._named
        self._named = {**outer, **values}
        try:
            yield
        finally:
            self._named = outer

    def input(self, name: str) -> int:
        """Return the value of an input; raises `NotLowerableError` if there is none of that name."""
        if name not in self._inputs:
            raise NotLowerableError(f"an expression reads '{name}', which is no column")
        bounds = (0.0 if name in self._non_negative else -LARGEST, LARGEST)
        return self._add(Instruction(INPUT, name=name), (INPUT, name), bounds)

    def constant(self, value: float) -> int:
        """Return a constant; raises `NotLowerableError` unless it is finite."""
        value = float(value)
        if not math.isfinite(value):
            raise NotLowerableError(f"a constant must be finite, but one is {value}")
        return self._add(Instruction(CONSTANT, value=value), (CONSTANT, value.hex()), (value, value))

    def apply(self, operation: str, *arguments: int) -> int:
        """Return an operation on values: an earlier one if it is the same, or something simpler."""
        constants = [self._constant_of(argument) for argument in arguments]
        if all(constant is not None for constant in constants):
            return self._folded(operation, constants)
        if operation in _COMMUTATIVE and constants[0] is not None:
            constants, arguments = constants[::-1], arguments[::-1]
        simpler = simplified(self, operation, arguments[0], *constants)
        if simpler is not None:
            return simpler
        bounds = [self._bounds[argument] for argument in arguments]
        if operation in ("min", "max"):
            certain = certain_extreme(operation, *bounds)
            if certain is not None:
                return arguments[certain]
        operation = specialised(operation, bounds[0])
        if operation in _COMMUTATIVE:
            arguments = tuple(sorted(arguments))
        key = (operation, *arguments)
        return self._add(Instruction(operation, arguments), key, bounds_of(operation, *bounds))

    def bounds(self, value: int) -> Bounds:
        """Return what a value can be, or None if it may be infinite or NaN."""
        return self._bounds[value]

    def bound(self, value: int, low: float, high: float) -> int:
        """Record that a value is in ``[low, high]`` wherever the program has an answer, and return it."""
        self._bounds[value] = low, high
        return value

    def expression(self, tree: Node) -> int:
        """Return the value of an expression over the inputs."""
        match tree:
            case Number(value):
                return self.constant(value)
            case Name(name):
                return self._named[name] if name in self._named else self.input(name)
            case Unary(symbol, operand):
                inner = self.expression(operand)
                return self.apply("neg", inner) if symbol == "-" else inner
            case Binary(symbol, left, right):
                return self.apply(symbol, self.expression(left), self.expression(right))
            case Compare(symbols, operands):
                values = [self.expression(operand) for operand in operands]
                links = zip(symbols, values[:-1], values[1:], strict=True)
                return self._joined("*", [self.apply(symbol, a, b) for symbol, a, b in links])
            case Call(function, operands):
                values = [self.expression(operand) for operand in operands]
                return self._joined(function, values) if len(values) > 1 else self.apply(function, values[0])

    def clip(self, value: int, low: float, high: float) -> int:
        """Return ``min(max(value, low), high)``."""
        return self.apply("min", self.apply("max", value, self.constant(low)), self.constant(high))

    def weighted_sum(self, values: Iterable[int], weights: Iterable[float], start: float = 0.0) -> int:
        """Return ``start + sum(value * weight)``; a weight of 0 leaves its value out.

        The sum is a balanced tree: a processor adds its branches at the same time.
        """
        terms = [self.constant(start)] if start else []
        for value, weight in zip(values, weights, strict=True):
            if weight:
                terms.append(self.apply("*", value, self.constant(weight)))
        while len(terms) > 1:
            pairs = zip(terms[::2], terms[1::2], strict=False)
            terms = [self.apply("+", *pair) for pair in pairs] + terms[len(terms) & ~1 :]
        return terms[0] if terms else self.constant(0.0)

    def tanh_sum(
        self,
        values: Sequence[int],
        weights: Floats,
        biases: Floats,
        output_weights: Floats,
        ranges: Floats,
    ) -> int:
        """Return ``sum_h output_weights_h * tanh(weights_h . values + biases_h)``, weights (H, d).

        `ranges` (d, 2) says between what each of `values` is, unless it is not finite; the program must
        then have no answer for other reasons.

        Parameters
        ----------
        values : sequence of int
            d values that the layer reads.
        weights : ndarray of float64
            Shape (H, d).
        biases : ndarray of float64
            Shape (H,).
        output_weights : ndarray of float64
            Shape (H,).
        ranges : ndarray of float64
            Between what each of `values` is, unless it is not finite; shape (d, 2).
        """
        middle, half = ranges.mean(axis=1), (ranges[:, 1] - ranges[:, 0]) / 2
        most = np.abs(weights @ middle + biases) + np.abs(weights) @ half
        constants = [self._constant_of(value) for value in values]
        known = np.array([0.0 if constant is None else constant for constant in constants])
        read = np.array([constant is None for constant in constants], dtype=bool) & weights.any(axis=0)
        net = TanhSum(
            weights[:, read], biases + weights @ known, output_weights, bool(np.any(most > NOT_EXTREME))
        )
        return self.layer([value for value, is_read in zip(values, read, strict=True) if is_read], net)

    def layer(self, values: Sequence[int], layer: Layer) -> int:
        """Return what a layer makes of values."""
        numbers = tuple(array.tobytes() for array in vars(layer).values() if isinstance(array, np.ndarray))
        if not layer.reach:
            return self.constant(0.0)
        instruction = Instruction(LAYER, tuple(values), layer=layer)
        return self._add(instruction, (LAYER, *values, *numbers), (-layer.reach, layer.reach))

    def program(
        self, outputs: Iterable[int], positive: Iterable[int] = (), finite: Iterable[int] = ()
    ) -> Program:
        """Return the program that computes `outputs` under conditions, and nothing else."""
        unsure = [value for value in finite if self._bounds[value] is None]
        return Program.pruned(self._inputs, self._instructions, tuple(outputs), tuple(positive), unsure)

    def _folded(self, operation: str, constants: list[float | None]) -> int:
        try:
            return self.constant(float(_FOLDED[operation](*constants)))
        except ArithmeticError:
            raise NotLowerableError(f"'{operation}' of {constants} has no finite value") from None

    def _joined(self, operation: str, values: list[int]) -> int:
        total = values[0]
        for value in values[1:]:
            total = self.apply(operation, total, value)
        return total

    def _constant_of(self, position: int) -> float | None:
        instruction = self._instructions[position]
        return instruction.value if instruction.operation == CONSTANT else None

    def _add(self, instruction: Instruction, key: tuple[object, ...], bounds: Bounds) -> int:
        if key not in self._known:
            self._known[key] = len(self._instructions)
            self._instructions.append(instruction)
            self._bounds.append(bounds)
        return self._known[key]
