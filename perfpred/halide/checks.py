"""What candidates' outputs are checked on, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.sandbox.compare import Tolerance
from perfpred.halide.sandbox.workshop import Description, Size, Workshop
from perfpred.halide.source import STORED, Source

ODD_SIZES = ((37, 29), (133, 99))
"""Sizes that no tile divides, at which outputs are checked beside those that are timed: the second where the
first is too small for a candidate's tiles."""
CHANNELS = 16
"""A dimension of at most this extent is not cut off."""
Reply = Mapping[str, Any]


@dataclass(frozen=True)
class Beside:
    """A size at which outputs are only checked.

    Attributes
    ----------
    name : str
        Such as ``37x29``; also that of its folder of examples.
    described : Description
    like : (int, int)
        A size that is timed, whose code it is.
    folder : str
        The size whose examples are its own.
    """

    name: str
    described: Description
    like: Size
    folder: str


@dataclass
class Checks:
    """What outputs were checked on so far, and what became of it.

    Attributes
    ----------
    data : dict of str to list of str
        By size.
    looked_at : set of str
        Sizes at which the reference was run, or tried to.
    """

    data: dict[str, list[str]] = field(default_factory=dict)
    looked_at: set[str] = field(default_factory=set)
    tolerances: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _passed: set[tuple[str, str]] = field(default_factory=set)
    _refused: dict[str, set[str]] = field(default_factory=dict)
    _failed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, text: str) -> None:
        """Say something once."""
        if text not in self.notes:
            self.notes.append(text)

    def saw(self, size: str, described: Description, reply: Reply) -> None:
        """Take in what is checked at a size."""
        self.data[size] = list(reply["data"])
        self.tolerances[size] = Tolerance(**described.rounding).relative
        for warning in reply["warnings"]:
            self.note(f"{warning} at {size}")

    def took(self, candidate: str, size: str, reply: Reply) -> None:
        """Take in what became of a candidate that was checked at a size, and beside."""
        if reply["status"] == "ok":
            self._passed.add((candidate, size))
        elif is_wrong(reply["status"], str(reply.get("message", ""))):
            self._failed[candidate] = failure(reply["status"], str(reply.get("message", "")), size)
        for refused in reply.get("refused", ()):
            self._refused.setdefault(refused, set()).add(candidate)

    def is_checked(self, candidate: str, size: str) -> bool:
        """Whether a candidate was right at a size."""
        return (candidate, size) in self._passed

    def failed(self, candidate: str) -> dict[str, Any] | None:
        """Return the reply for a candidate that was wrong, or ended the process, at any size."""
        return self._failed.get(candidate)

    def text(self) -> str:
        """Return on what outputs were compared, such as ``on the example and 2 random inputs at 64x48``."""
        sizes: dict[str, list[str]] = {}
        for size, data in self.data.items():
            sizes.setdefault(_data_text(data), []).append(size)
        return "; ".join(f"{data}, at {_listed(names)}" for data, names in sizes.items())

    def document(self) -> dict[str, Any]:
        """Return the same as a plain dictionary."""
        return {
            "sizes": {size: list(data) for size, data in self.data.items()},
            "relative_tolerance": dict(self.tolerances),
            "not_taken": {size: len(refused) for size, refused in self._refused.items()},
            "warnings": list(self.notes),
        }


def is_wrong(status: str, message: str) -> bool:
    """Whether a failure at one size says that a schedule is not to be used at any.

    Examples
    --------
    >>> is_wrong("runtime_error", "process ended with code -11: ")
    True
    >>> is_wrong("timeout", "no answer within 20 s")
    False
    """
    ended = status == "runtime_error" and message.startswith("process ended with code")
    return status == "wrong_result" or ended


def failure(status: str, message: str, size: str) -> dict[str, Any]:
    """Return the reply for the other sizes of a candidate that was wrong or crashed at one."""
    where = "" if status == "wrong_result" else f" (at {size})"
    return {"status": status, "message": f"{message[:480].strip()}{where}"}


def sizes_beside(
    source: Source, described: Mapping[Size, Description], workshop: Workshop, folder: str
) -> tuple[list[Beside], list[str]]:
    """Return sizes at which candidates are checked beside those that are timed, and why there are none.

    They must be ones of the same algorithm and the same operands: code is compiled for the timed sizes.
    """
    found: list[Beside] = []
    if source.place.endswith(STORED):
        reason = f"{source.name} is stored with its examples, so it has one size"
    else:
        reason = ""
        for size in ODD_SIZES:
            name = f"{size[0]}x{size[1]}"
            if size in described:
                continue
            try:
                odd = workshop.describe(source, size, f"{folder}/{name}")
            except InputError as error:
                said = " ".join(str(error).split())[:200]
                reason = reason or f"{source.name} cannot be built at {name}: {said}"
                continue
            like = next((each for each, one in described.items() if _same_code(one, odd)), None)
            if like is not None:
                found.append(Beside(name, odd, like, name))
            else:
                reason = reason or f"{source.name} is another pipeline at {name}"
    if found or not reason:
        return found, []
    cut = _cut(described)
    return ([] if cut is None else [cut]), [reason]


def _same_code(one: Description, other: Description) -> bool:
    kinds = [[(each["kind"], each["type"]) for each in d.arguments] for d in (one, other)]
    outputs = [[(each["type"], len(each["dims"])) for each in d.outputs] for d in (one, other)]
    return one.graph.algorithm == other.graph.algorithm and kinds[0] == kinds[1] and outputs[0] == outputs[1]


def _cut(described: Mapping[Size, Description]) -> Beside | None:
    """Return a part of the outputs of the smallest size that no tile divides, on the same inputs."""
    size = min(described, key=lambda each: each[0] * each[1])
    one = described[size]
    outputs, wanted = [], dict(enumerate(ODD_SIZES[0]))
    for output in one.outputs:
        dims = [
            [low, _odd_below(extent, wanted.get(place, extent)), stride]
            for place, (low, extent, stride) in enumerate(output["dims"])
        ]
        outputs.append({**output, "dims": dims})
    if outputs == [dict(each) for each in one.outputs]:
        return None
    name = f"{size[0]}x{size[1]}"
    shape = "x".join(str(extent) for _, extent, _ in outputs[0]["dims"])
    made = replace(one, outputs=tuple(outputs))
    return Beside(f"the first {shape} of {name}", made, size, name)


def _odd_below(extent: int, wanted: int) -> int:
    if extent <= CHANNELS:
        return int(extent)
    return int(wanted) if wanted < extent else int(extent - 2 + extent % 2)


def _data_text(data: Sequence[str]) -> str:
    randoms = sum(each != "example" for each in data)
    more = f" and {randoms} random input{'s' if randoms > 1 else ''}" if randoms else ""
    return f"on the example{more}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
