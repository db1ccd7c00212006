"""What candidates' outputs are checked on, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from perfpred.errors import InputError, one_line
from perfpred.halide.measure.checking.compare import Tolerance
from perfpred.halide.measure.sized import why_another
from perfpred.halide.measure.workers import Description, HalideWorkers
from perfpred.halide.pipeline.sizes import Size, size_text
from perfpred.halide.pipeline.workload import Workload

ODD_SIZES = ((37, 29), (133, 99))
"""Sizes that no tile divides, at which outputs are checked beside those that are timed: the second where the
first is too small for a candidate's tiles."""
CHANNELS = 16
"""A dimension of at most this extent is not cut off."""
Reply = Mapping[str, Any]


@dataclass(frozen=True)
class CheckedSize:
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
    tolerances : dict of str to float
        Of each output.
    notes : list of str
        Why there are no sizes beside those that are timed.
    """

    data: dict[str, list[str]] = field(default_factory=dict)
    looked_at: set[str] = field(default_factory=set)
    tolerances: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _said: dict[str, list[str]] = field(default_factory=dict)
    _passed: dict[str, list[str]] = field(default_factory=dict)
    _refused: dict[str, set[str]] = field(default_factory=dict)
    _failed: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def warnings(self) -> list[str]:
        """What data keep outputs from being checked well."""
        return [f"{text}, at {listed(sizes)}" if sizes else text for text, sizes in self._said.items()]

    def warn(self, text: str, size: str = "") -> None:
        """Say something, once for all sizes."""
        sizes = self._said.setdefault(text, [])
        if size and size not in sizes:
            sizes.append(size)

    def saw(self, size: str, described: Description, reply: Reply) -> None:
        """Take in what is checked at a size."""
        self.data[size] = list(reply["data"])
        self.tolerances[size] = max(Tolerance(**each).relative for each in described.rounding)
        for warning in reply["warnings"]:
            self.warn(warning, size)

    def took(self, candidate: str, size: str, reply: Reply) -> None:
        """Take in what became of a candidate that was checked at a size, and beside."""
        if reply["status"] == "ok":
            passed = self._passed.setdefault(candidate, [])
            passed += [each for each in (*reply.get("passed", ()), size) if each not in passed]
        elif is_wrong(reply["status"], str(reply.get("message", ""))):
            self._failed[candidate] = failure(reply["status"], str(reply.get("message", "")), size)
        for refused in reply.get("refused", ()):
            self._refused.setdefault(refused, set()).add(candidate)

    def is_checked(self, candidate: str, size: str) -> bool:
        """Whether a candidate was right at a size."""
        return size in self._passed.get(candidate, ())

    def failed(self, candidate: str) -> dict[str, Any] | None:
        """Return the reply for a candidate that was wrong, or ended the process, at any size."""
        return self._failed.get(candidate)

    def text(self, candidate: str) -> str:
        """Return on what a candidate's output was compared, empty where it was not.

        Such as ``on the example and 2 random inputs, at 37x29 and 64x48``.
        """
        found: dict[str, list[str]] = {}
        for size in self._passed.get(candidate, ()):
            found.setdefault(_data_text(self.data.get(size, ["example"])), []).append(size)
        return "; ".join(f"{data}, at {listed(sizes)}" for data, sizes in found.items())

    def document(self, candidate: str = "") -> dict[str, Any]:
        """Return the same as a plain dictionary: of one candidate, or of all."""
        sizes = self._passed.get(candidate, ()) if candidate else list(self.data)
        return {
            "sizes": {size: self.data.get(size, ["example"]) for size in sizes},
            "relative_tolerance": {size: self.tolerances.get(size) for size in sizes},
            "not_taken": {
                size: 1 if candidate else len(refused)
                for size, refused in self._refused.items()
                if not candidate or candidate in refused
            },
            "warnings": self.warnings,
            "notes": list(self.notes),
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


def checked_sizes(
    described: Mapping[Size, Description], workers: HalideWorkers, folder: str
) -> tuple[list[CheckedSize], list[str]]:
    """Return sizes at which candidates are checked beside those that are timed, and why there are none.

    They must be ones of the same algorithm and the same operands: code is compiled for the timed sizes.
    """
    found: list[CheckedSize] = []
    first = next(iter(described.values())).workload
    source = first.pipeline
    if source.is_stored:
        reason = f"{source.name} is stored with its examples, so it has one size"
    else:
        reason = ""
        for size in ODD_SIZES:
            name = size_text(size)
            if size in described:
                continue
            try:
                odd = workers.describe(Workload(source, size), f"{folder}/{name}")
            except InputError as error:
                said = one_line(error)[:200]
                reason = reason or f"{source.name} cannot be built at {name}: {said}"
                continue
            like = next((each for each, one in described.items() if one.code == odd.code), None)
            if like is None:
                why = why_another(first, size, workers)
                reason = reason or f"{source.name} is another pipeline at {name}{why}"
            elif _layouts(odd) == _layouts(described[like]):
                reason = reason or f"{source.name} has one size, whatever it is asked for"
            else:
                found.append(CheckedSize(name, odd, like, name))
    if found or not reason:
        return found, []
    cut = _cut(described)
    instead = "outputs are checked at the sizes that are timed alone"
    if cut is not None:
        instead = f"{cut.name} is checked beside the sizes that are timed"
    return ([] if cut is None else [cut]), [f"{instead}: {reason}"]


def _layouts(described: Description) -> list[Any]:
    return [each.get("dims") for each in (*described.arguments, *described.outputs)]


def _cut(described: Mapping[Size, Description]) -> CheckedSize | None:
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
    name = size_text(size)
    shape = "x".join(str(extent) for _, extent, _ in outputs[0]["dims"])
    made = replace(one, outputs=tuple(outputs))
    return CheckedSize(f"the first {shape} of {name}", made, size, name)


def _odd_below(extent: int, wanted: int) -> int:
    if extent <= CHANNELS:
        return int(extent)
    return int(wanted) if wanted < extent else int(extent - 2 + extent % 2)


def _data_text(data: Sequence[str]) -> str:
    randoms = sum(each != "example" for each in data)
    more = f" and {randoms} random input{'s' if randoms > 1 else ''}" if randoms else ""
    return f"on the example{more}"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them.

    Examples
    --------
    >>> listed(["37x29", "64x48"])
    '37x29 and 64x48'
    """
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
