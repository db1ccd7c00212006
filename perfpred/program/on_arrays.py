"""Program to NumPy: chunks that stay in the cache, results written into a few buffers used again."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.program.tape import CONSTANT, INPUT, Program

Floats = NDArray[np.float64]

CHUNK = 8192
"""Rows computed at a time: with fewer, calls cost more; with more, buffers leave the second-level cache."""

_UFUNCS: dict[str, np.ufunc] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "//": np.floor_divide,
    "%": np.remainder,
    "**": np.power,
    "min": np.minimum,
    "max": np.maximum,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
    "neg": np.negative,
    "ceil": np.ceil,
    "floor": np.floor,
    "sqrt": np.sqrt,
    "log2": np.log2,
    "exp": np.exp,
    "floor0": np.floor,
    "ceil0": np.ceil,
    "exp40": np.exp,
    "log2n": np.log2,
}


@dataclass(frozen=True)
class _Step:
    """One ufunc or layer: where its operands stand, which buffer it writes, what must hold of its result."""

    function: Callable[..., Any]
    operands: tuple[int, ...]
    target: int
    positive: bool
    finite: bool


class ArrayFunction:
    """A program of one output, on arrays.

    Parameters
    ----------
    program : Program

    Examples
    --------
    >>> from perfpred.program.builder import Builder
    >>> builder = Builder(["m"])
    >>> half = builder.apply("/", builder.input("m"), builder.constant(2.0))
    >>> function = ArrayFunction(builder.program([half], positive=[half]))
    >>> function({"m": np.array([3.0, 8.0])})
    array([1.5, 4. ])
    >>> function({"m": np.array([3.0, -1.0])}) is None
    True
    """

    def __init__(self, program: Program) -> None:
        # Operands stand in one list: inputs, then constants, then buffers.
        place: dict[int, int] = {}
        self._inputs = program.inputs
        self._constants: list[Floats] = []
        for position, instruction in enumerate(program.instructions):
            if instruction.operation == INPUT:
                place[position] = program.inputs.index(instruction.name)
            elif instruction.operation == CONSTANT:
                place[position] = len(program.inputs) + len(self._constants)
                self._constants.append(np.array(instruction.value))
        self._first = len(program.inputs) + len(self._constants)
        self._checked = [
            (place[p], p in program.positive, p in program.finite)
            for p in {*program.positive, *program.finite}
            if p in place
        ]
        self._steps = list(self._allocated(program, place))
        self._output = place[program.outputs[0]]
        self._n_buffers = 1 + max((step.target for step in self._steps), default=self._first) - self._first

    def __call__(self, columns: Mapping[str, Floats]) -> Floats | None:
        """Return the output, shape (n,), or None if a condition fails in some row.

        Parameters
        ----------
        columns : mapping of str to ndarray of shape (n,)
            Float64, every input of the program.
        """
        inputs = [columns[name] for name in self._inputs]
        result = np.empty(len(inputs[0]))
        buffers = np.empty((self._n_buffers, min(CHUNK, len(result))))
        with np.errstate(all="ignore"):
            for start in range(0, len(result), CHUNK):
                stop = min(start + CHUNK, len(result))
                operands = [column[start:stop] for column in inputs]
                operands += [*self._constants, *buffers[:, : stop - start]]
                if not self._run(operands):
                    return None
                result[start:stop] = operands[self._output]
        return result

    def _run(self, operands: list[Any]) -> bool:
        for place, positive, finite in self._checked:
            if not _holds(operands[place], positive, finite):
                return False
        for step in self._steps:
            target = operands[step.target]
            step.function(*[operands[place] for place in step.operands], out=target)
            if (step.positive or step.finite) and not _holds(target, step.positive, step.finite):
                return False
        return True

    def _allocated(self, program: Program, place: dict[int, int]) -> Iterator[_Step]:
        """Give each instruction a buffer, that of an operand used for the last time if there is one."""
        last = {a: i for i, each in enumerate(program.instructions) for a in each.arguments}
        last[program.outputs[0]] = len(program.instructions)
        free: list[int] = []
        n_buffers = 0
        for position, instruction in enumerate(program.instructions):
            if position in place:
                continue
            operands = tuple(place[argument] for argument in instruction.arguments)
            done = {a for a in instruction.arguments if last[a] == position and place[a] >= self._first}
            if instruction.layer is None:  # a ufunc may write over what it reads
                free.extend(place[argument] for argument in done)
            if not free:
                free.append(self._first + n_buffers)
                n_buffers += 1
            place[position] = free.pop()
            if instruction.layer is not None:
                free.extend(place[argument] for argument in done)
            yield _Step(
                instruction.layer or _UFUNCS[instruction.operation],
                operands,
                place[position],
                position in program.positive,
                position in program.finite,
            )
            if position not in last:  # only its condition was asked for
                free.append(place[position])


def _holds(values: Floats, positive: bool, finite: bool) -> bool:
    """Check conditions; a sum that is finite has finite terms, and one that overflows is asked elsewhere."""
    if positive and not values.min() > 0:
        return False
    return not finite or math.isfinite(values.sum())
