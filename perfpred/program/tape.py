"""What a program is: operations in order, each on the results of earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
BINARY = ("+", "-", "*", "/", "//", "%", "**", "min", "max", *COMPARISONS)
UNARY = ("neg", "ceil", "floor", "sqrt", "log2", "exp", "tanh", "floor0", "ceil0", "tanh20", "exp40", "log2n")
"""``floor0`` and ``ceil0`` are of something known to be >= 0, ``tanh20`` of something within -20..20,
``exp40`` within -40..40, ``log2n`` of a normal number > 0."""
INPUT, CONSTANT = "input", "constant"


class NotLowerableError(InputError):
    """A formula that has no program; the message says why."""


@dataclass(frozen=True)
class Instruction:
    """One operation on doubles.

    Parameters
    ----------
    operation : str
        ``input``, ``constant``, or one of `BINARY` and `UNARY`; a comparison gives 1 or 0.
    arguments : tuple of int
        Positions of earlier instructions.
    name : str
        Of an input.
    value : float
        Of a constant; always finite.
    """

    operation: str
    arguments: tuple[int, ...] = ()
    name: str = ""
    value: float = 0.0


@dataclass(frozen=True, eq=False)
class TanhSum:
    """``sum_h v_h tanh(u_h . x + d_h)``, for a back end that computes a layer faster as a whole.

    Parameters
    ----------
    arguments : tuple of int
        Positions of the d instructions x.
    weights : ndarray of shape (H, d)
        u.
    biases, output_weights : ndarray of shape (H,)
        d and v.
    """

    arguments: tuple[int, ...]
    weights: NDArray[np.float64]
    biases: NDArray[np.float64]
    output_weights: NDArray[np.float64]


@dataclass(frozen=True)
class Program:
    """The instructions that some outputs need, and no others.

    Parameters
    ----------
    inputs : tuple of str
        Every input a caller gives, in order, whether used or not.
    instructions : tuple of Instruction
        In an order in which each one's arguments come first.
    outputs : tuple of int
        Positions of the results.
    positive, finite : tuple of int
        Positions of what must be > 0, and of what must be finite, for the outputs to mean something.
    sums : mapping of int to TanhSum
        What some instructions are as a whole, by position; instructions before them compute it one by one.
        Arguments of units stay within -340..340.
    """

    inputs: tuple[str, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]
    positive: tuple[int, ...] = ()
    finite: tuple[int, ...] = ()
    sums: Mapping[int, TanhSum] = field(default_factory=dict)

    @classmethod
    def pruned(
        cls,
        inputs: Iterable[str],
        instructions: Sequence[Instruction],
        outputs: Sequence[int],
        positive: Sequence[int] = (),
        finite: Sequence[int] = (),
        sums: Mapping[int, TanhSum] | None = None,
    ) -> Program:
        """Return the program of `outputs` and conditions, without instructions that none of them needs."""
        needed = {*outputs, *positive, *finite}
        for position in reversed(range(len(instructions))):
            if position in needed:
                needed.update(instructions[position].arguments)
        place = {position: index for index, position in enumerate(sorted(needed))}
        kept = tuple(
            Instruction(each.operation, tuple(place[a] for a in each.arguments), each.name, each.value)
            for each in (instructions[position] for position in sorted(needed))
        )
        return cls(
            tuple(inputs),
            kept,
            tuple(place[position] for position in outputs),
            tuple(place[p] for p in dict.fromkeys(positive) if instructions[p].operation != CONSTANT),
            tuple(place[p] for p in dict.fromkeys(finite) if instructions[p].operation != CONSTANT),
            {
                place[position]: replace(each, arguments=tuple(place[a] for a in each.arguments))
                for position, each in (sums or {}).items()
                if position in place
            },
        )
