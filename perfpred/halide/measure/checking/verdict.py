"""Judging whether compiled code computes the right values: on several inputs, called again and again.

What is right is what the reference schedule computes. Each call finds the output and the memory of the heap
filled with something else, so that what is not written, or read before it is written, shows; inputs must be
left as they were, and nothing around an output is written.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from perfpred.halide.measure.checking.compare import Array, Mask, Right, Tolerance, constant_share, off, shown
from perfpred.halide.measure.checking.inputs import moved, random_like
from perfpred.halide.measure.checking.operands import Operands
from perfpred.halide.measure.checking.perturbed import FEW_MOVES, MOVES, Spread, Strays, moved_by, spreads

Call = Callable[[Any, Operands], None]
"""Calls an entry with operands; raises where it returns an error."""
POISONS = (0xCB, 0x35)
LIBC, M_PERTURB = ctypes.CDLL(None), -6
"""The option of glibc's ``mallopt`` that says what newly allocated memory is filled with."""
SMALL_BYTES = 2 << 20
"""Operands of at most so many bytes are checked on more inputs, and one of them twice."""
SPREAD_S = 2.0
"""How long the reference may be run on moved inputs, after the first few times."""
CONSTANT_SHARE = 1e-3
"""Of which fewer values differ from the median, an output is nearly constant."""


class CallError(Exception):
    """A compiled pipeline returned an error."""


@dataclass(frozen=True)
class Entries:
    """What computes right outputs: the reference, and others as plain that round otherwise."""

    reference: Any
    others: Sequence[Any] = ()


class Case:
    """A pipeline at one size: its operands, what it is checked on, and what is right there.

    Parameters
    ----------
    setup : mapping
        What `Operands` takes.
    tolerances : sequence of Tolerance
        One per output buffer.
    entries : Entries
    call : callable
    """

    def __init__(
        self, setup: Mapping[str, Any], tolerances: Sequence[Tolerance], entries: Entries, call: Call
    ) -> None:
        self.operands = Operands(setup)
        self._floats = {
            place: np.dtype(each["type"])
            for place, each in enumerate(setup["arguments"])
            if each["kind"] == "scalar" and each["type"].startswith("float")
        }
        self._tolerances, self._entries, self._call = tolerances, entries, call
        self._epsilon = max((each.epsilon for each in tolerances), default=0.0)
        self._inputs = {0: [each.copy() for each in self.operands.inputs]}
        self._rights: dict[int, list[Right]] = {}
        self._spreads: dict[int, list[Spread]] = {}
        self._ignored: dict[int, list[Array | None]] = {}

    @cached_property
    def is_small(self) -> bool:
        """Whether calls and comparisons take milliseconds."""
        arrays = [*self.operands.inputs, *self.operands.outputs]
        return sum(each.nbytes for each in arrays) <= SMALL_BYTES

    @cached_property
    def data(self) -> dict[int, str]:
        """What it is checked on: the example, and random inputs that the reference takes."""
        randoms = (2 if self.is_small else 1) if self._inputs[0] else 0
        found = {0: "example"}
        self.rights(0)
        for number in range(1, randoms + 1):
            self._inputs[number] = [
                random_like(each, [number, place], blocks=number == 2)
                for place, each in enumerate(self._inputs[0])
            ]
            try:
                self.rights(number)
            except CallError:  # as where a pipeline requires something of its inputs
                del self._inputs[number]
                continue
            found[number] = f"random input {number}"
        return found

    @property
    def calls(self) -> list[tuple[int, int]]:
        """The number of the data and the poison of each call of what is checked."""
        once = [(number, POISONS[number % 2]) for number in self.data]
        again = [(number, POISONS[1 - number % 2]) for number, _ in once[:2]]
        return [*once, *reversed(again)] if self.is_small else [*once, *(again if len(once) == 1 else [])]

    def problem(self, entry: Any) -> str | None:
        """Return how an entry's outputs are wrong, None if they are not."""
        strays = Strays()
        called: set[int] = set()
        for number, poison in self.calls:
            rights = self.rights(number)
            # Only what was called before, as it writes what it allocates: some allocate all there is.
            with _perturbed_memory(poison if number in called else 0):
                trouble = self._run(entry, self._inputs[number], poison)
            called.add(number)
            if trouble is None:
                trouble = self._difference(number, rights, strays)
            if trouble is not None:
                return f"{trouble} ({self.data[number]})"
        return None

    def restore(self) -> None:
        """Put the example back in place."""
        for place, values in zip(self.operands.inputs, self._inputs[0], strict=True):
            place[...] = values

    def rights(self, number: int) -> list[Right]:
        """Return the right outputs on some data: those of the reference."""
        if number not in self._rights:
            found = self._outputs(self._inputs[number], POISONS[0])
            again = self._outputs(self._inputs[number], POISONS[1]) if self.is_small else found
            self._ignored[number] = [_unlike(*pair) for pair in zip(found, again, strict=True)]
            for output, ignored in zip(found, self._ignored[number], strict=True):
                if ignored is not None:
                    output[ignored] = np.nan if output.dtype.kind == "f" else 0
            self._rights[number] = list(map(Right, found, self._tolerances))
        return self._rights[number]

    def spread(self, number: int) -> list[Spread]:
        """Return what rounding does to the outputs on some data."""
        if number in self._spreads:
            return self._spreads[number]
        made = spreads(self.rights(number))
        for entry in self._entries.others:
            self._see(dict(enumerate(made)), self._inputs[number], entry)
        movable = bool(self._floats) or any(each.dtype.kind == "f" for each in self._inputs[number])
        for epsilon in {each.epsilon for each in self._tolerances if not each.exact and movable}:
            mine = {
                place: made[place] for place, each in enumerate(self._tolerances) if each.epsilon == epsilon
            }
            end = time.monotonic() + SPREAD_S
            for run, spacings in enumerate(MOVES):
                if run >= FEW_MOVES and time.monotonic() > end:
                    break
                self._see_moved(mine, number, moved_by(spacings, epsilon), run)
        self._spreads[number] = made
        return made

    def warnings(self) -> list[str]:
        """Return what about the data keeps them from finding out what is wrong."""
        found = []
        for number, name in self.data.items():
            rights = self.rights(number)
            shares = [constant_share(each) for each in rights]
            if shares and all(each == 0 for each in shares):
                found.append(f"the {name} checks next to nothing: the right output is constant on it")
            elif shares and max(shares) < CONSTANT_SHARE:
                found.append(f"the {name} checks little: the right output is nearly constant on it")
            missing = [each for each in self._ignored[number] if each is not None]
            if missing:
                share = max(float(np.mean(each)) for each in missing)
                found.append(
                    f"{share:.3%} of the output is not compared on the {name}: the unscheduled pipeline "
                    "does not write it, or not the same each time"
                )
            if self.is_small and self._epsilon:
                loose = max((each.loose for each in self.spread(number)), default=0.0)
                if loose > 0.5:
                    found.append(
                        f"the {name} checks little: rounding alone changes {loose:.0%} of the output "
                        "on it by over 1% of its largest value"
                    )
        return found

    def _outputs(self, inputs: list[Array], poison: int, entry: Any = None) -> list[Array]:
        self._fill(inputs, poison)
        self._call(entry or self._entries.reference, self.operands)
        return [each.copy() for each in self.operands.outputs]

    def _see(self, made: Mapping[int, Spread], inputs: list[Array], entry: Any) -> None:
        outputs = self._outputs(inputs, POISONS[0], entry)
        for place, each in made.items():
            each.saw(outputs[place])

    def _see_moved(self, made: Mapping[int, Spread], number: int, relative: float, run: int) -> None:
        inputs = [
            moved(each, max(relative, _spacing(each)), [number, place, run])
            for place, each in enumerate(self._inputs[number])
        ]
        values = {place: self._scalar(place, kind) for place, kind in self._floats.items()}
        try:
            for place, value in values.items():
                self._set_scalar(place, moved(value, max(relative, _spacing(value)), [place, run]))
            self._see(made, inputs, self._entries.reference)
        finally:
            for place, value in values.items():
                self._set_scalar(place, value)

    def _scalar(self, place: int, kind: np.dtype[Any]) -> Array:
        return np.frombuffer(ctypes.string_at(self.operands.pointers[place] or 0, kind.itemsize), kind)

    def _set_scalar(self, place: int, value: Array) -> None:
        ctypes.memmove(self.operands.pointers[place] or 0, value.tobytes(), value.nbytes)

    def _fill(self, inputs: list[Array], poison: int) -> None:
        for place, values in zip(self.operands.inputs, inputs, strict=True):
            place[...] = values
        self.operands.poison()
        for output in self.operands.outputs:
            output[...] = np.frombuffer(bytes([poison]) * output.itemsize, output.dtype)[0]

    def _run(self, entry: Any, inputs: list[Array], poison: int) -> str | None:
        """Call an entry; returns what it did beside writing its outputs, None if nothing."""
        self._fill(inputs, poison)
        self._call(entry, self.operands)
        for index, (place, values) in enumerate(zip(self.operands.inputs, inputs, strict=True)):
            if not np.array_equal(place, values, equal_nan=values.dtype.kind == "f"):
                return f"writes to input {index}"
        return self.operands.overrun()

    def _difference(self, number: int, rights: list[Right], strays: Strays) -> str | None:
        """Return how the outputs differ from the right ones by more than rounding, None if they do not."""
        outputs = self.operands.outputs
        masks = [off(*pair) for pair in zip(outputs, rights, strict=True)]
        if all(mask is None for mask in masks):
            return None
        outputs = [each.copy() for each in outputs]  # the reference may be called again below
        for index, (output, right, mask) in enumerate(zip(outputs, rights, masks, strict=True)):
            left = None if mask is None else self._unexplained(output, number, index, mask)
            if left is None or (not right.tolerance.exact and strays.allow(index, number, left)):
                continue
            which = f"output {index} " if len(rights) > 1 else ""
            return f"{which}{shown(output, right, left)}"
        return None

    def _unexplained(self, output: Array, number: int, index: int, mask: Mask) -> Mask | None:
        """Return where of `mask` an output is wrong, None if nowhere."""
        ignored, right = self._ignored[number][index], self.rights(number)[index]
        if ignored is not None:
            mask = mask & ~ignored
        if output.dtype.kind == "f" and not self._is_finite(number):
            # Halide leaves open which operand a minimum is where one is NaN
            mask = mask & np.isfinite(output) & np.isfinite(right.array)
        if not mask.any():
            return None
        return mask if right.tolerance.exact else self.spread(number)[index].unexplained(output, mask)

    def _is_finite(self, number: int) -> bool:
        return all(np.isfinite(each).all() for each in self._inputs[number] if each.dtype.kind == "f")


@contextmanager
def _perturbed_memory(byte: int) -> Iterator[None]:
    """Have newly allocated memory filled with a byte, if not 0: what is read before it is written shows."""
    _mallopt(byte)
    try:
        yield
    finally:
        _mallopt(0)


def _mallopt(byte: int) -> None:
    if hasattr(LIBC, "mallopt"):  # glibc's
        LIBC.mallopt(M_PERTURB, byte)


def _spacing(values: Array) -> float:
    return float(np.finfo(values.dtype).eps) if values.dtype.kind == "f" else 0.0


def _unlike(one: Array, other: Array) -> Array | None:
    """Return where two outputs of the reference differ, None if nowhere."""
    different = one != other
    if one.dtype.kind == "f":
        different &= ~(np.isnan(one) & np.isnan(other))
    return np.asarray(different) if different.any() else None
