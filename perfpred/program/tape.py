"""What a program is: operations in order, each on the results of earlier ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from perfpred.errors import InputError
from perfpred.program.layers import Layer

COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
INPUT, CONSTANT, LAYER = "input", "constant", "layer"


class NotLowerableError(InputError):
    """A formula that has no program; the message says why."""


@dataclass(frozen=True)
class Instruction:
    """One operation on doubles.

    Parameters
    ----------
    operation : str
        ``input``, ``constant``, ``layer``; of two operands ``+ - * / // % ** min max`` or a comparison, which
        gives 1 or 0; of one ``neg``, ``ceil``, ``floor``, ``sqrt``, ``log2``, ``exp``, and what is faster of
        something known: ``floor0`` and ``ceil0`` of something >= 0, ``exp40`` of something within -40..40,
        ``log2n`` of a normal number > 0.
    arguments : tuple of int
        Positions of earlier instructions.
    name : str
        Of an input.
    value : float
        Of a constant; always finite.
    layer : TanhSum or MaternSum, optional
        What is computed of the arguments as a whole.
    """

    operation: str
    arguments: tuple[int, ...] = ()
    name: str = ""
    value: float = 0.0
    layer: Layer | None = None


@dataclass(frozen=True)
class Program:
    """The instructions that some outputs need, and no others.

    Parameters
    ----------
    inputs : tuple of str
        Every input a caller gives, in order, whether used or not.
    instructions : tuple of Instruction
        In an order in which the arguments of an instruction come before it.
    outputs : tuple of int
        Positions of the results.
    positive, finite : tuple of int
        Positions of what must be > 0, and of what must be finite, for the outputs to mean something.
    """

    inputs: tuple[str, ...]
    instructions: tuple[Instruction, ...]
    outputs: tuple[int, ...]
    positive: tuple[int, ...] = ()
    finite: tuple[int, ...] = ()

    @classmethod
    def pruned(
        cls,
        inputs: Iterable[str],
        instructions: Sequence[Instruction],
        outputs: Sequence[int],
        positive: Sequence[int] = (),
        finite: Sequence[int] = (),
    ) -> Program:
        """Return the program of `outputs` and conditions, without instructions that none of them needs.

        Parameters
        ----------
        inputs : iterable of str
        instructions : sequence of Instruction
        outputs : sequence of int
            Positions of the results.
        positive : sequence of int
            Positions of what must be > 0.
        finite : sequence of int
            Positions of what must be finite.
        """
        needed = {*outputs, *positive, *finite}
        for position in reversed(range(len(instructions))):
            if position in needed:
                needed.update(instructions[position].arguments)
        index = {position: new for new, position in enumerate(sorted(needed))}
        kept = tuple(
            replace(instruction, arguments=tuple(index[a] for a in instruction.arguments))
            for instruction in (instructions[position] for position in sorted(needed))
        )
        return cls(
            tuple(inputs),
            kept,
            tuple(index[position] for position in outputs),
            tuple(index[p] for p in dict.fromkeys(positive) if instructions[p].operation != CONSTANT),
            tuple(index[p] for p in dict.fromkeys(finite) if instructions[p].operation != CONSTANT),
        )
