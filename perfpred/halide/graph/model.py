"""A pipeline as data: `Graph`, its Funcs, their stages, and what each reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from perfpred.halide.graph.identity import Identity
from perfpred.halide.graph.index import Index, index_of


@dataclass(frozen=True)
class Access:
    """What a stage reads of a Func or input: an index a dimension (None: anywhere), `count` times a point."""

    source: str
    indices: tuple[Index | None, ...]
    count: float

    def extents(self, loops: Mapping[str, float], whole: tuple[float, ...]) -> tuple[float, ...]:
        """Return the extents read while the stage's loops run so far; at most those of the `whole`."""
        return tuple(
            limit if index is None else min(limit, index.extent(loops))
            for index, limit in zip(self.indices, whole, strict=True)
        )


@dataclass(frozen=True)
class Loop:
    """A loop of a stage: its name, how often it runs at this size, and whether its order is free.

    `constant` says that the algorithm itself fixes the extent, so that Halide can unroll the loop whole; the
    extents of other loops follow from a parameter, an input's size or the region that is asked for.

    Attributes
    ----------
    name : str
    extent : float
    pure, constant : bool
    """

    name: str
    extent: float
    pure: bool
    constant: bool = True


@dataclass(frozen=True)
class Stage:
    """A definition: its loops (innermost first), operations per point, and reads.

    Attributes
    ----------
    loops : tuple of Loop
    rvars : tuple of str
    operations : float
    accesses : tuple of Access
    """

    loops: tuple[Loop, ...]
    rvars: tuple[str, ...]
    operations: float
    accesses: tuple[Access, ...]


@dataclass(frozen=True)
class Func:
    """A Func; `key` names it whatever Halide calls it, `order` is its place in ``Pipeline.get_func``.

    `unbounded` says that Halide finds no bounds of what is read of it while loops run: it must be inlined.

    Attributes
    ----------
    key : str
    args : tuple of str
    element_bytes, order : int
    is_integer, unbounded : bool
    extents : tuple of float
    stages : tuple of Stage
    """

    key: str
    args: tuple[str, ...]
    element_bytes: int
    is_integer: bool
    extents: tuple[float, ...]
    stages: tuple[Stage, ...]
    order: int
    unbounded: bool = False

    @property
    def points(self) -> float:
        """How many values are needed at this size."""
        total = 1.0
        for extent in self.extents:
            total *= extent
        return total

    @property
    def scans(self) -> bool:
        """Whether an update runs along a dimension, or where data say: a piece needs all before it."""
        names = set(self.args)
        return any(not names <= {loop.name for loop in stage.loops} for stage in self.stages)

    def is_pure(self, name: str) -> bool:
        """Say whether every definition runs through a dimension as the first does."""
        return all(any(loop.name == name for loop in stage.loops) for stage in self.stages)

    @property
    def inlinable(self) -> bool:
        """Whether it has one definition alone."""
        return len(self.stages) == 1


@dataclass(frozen=True)
class Input:
    """An input image, or a buffer that is part of the pipeline; `minima` are all 0 if not said.

    Attributes
    ----------
    key : str
    extents, minima : tuple of float
    element_bytes : int
    """

    key: str
    extents: tuple[float, ...]
    element_bytes: int
    minima: tuple[float, ...] = ()

    @property
    def ranges(self) -> tuple[tuple[float, float], ...]:
        """The first and the last index of each dimension."""
        minima = self.minima or (0.0,) * len(self.extents)
        return tuple((low, low + extent - 1) for low, extent in zip(minima, self.extents, strict=True))


@dataclass(frozen=True)
class Graph:
    """A pipeline at one size: Funcs (producers first), inputs, the outputs' keys, the algorithm's hash.

    Every output is computed whole; it may be read by others as well. `older` is the hash that earlier
    versions wrote for the algorithm; empty where their rule does not tell it apart.

    Attributes
    ----------
    algorithm : str
    funcs : tuple of Func
    inputs : tuple of Input
    outputs : tuple of str
    older : str
    """

    algorithm: str
    funcs: tuple[Func, ...]
    inputs: tuple[Input, ...]
    outputs: tuple[str, ...]
    older: str = ""

    @property
    def identity(self) -> Identity:
        """What it computes, as hashes: what files are compared with."""
        return Identity(self.algorithm, self.older)

    @property
    def output(self) -> str:
        """The key of the first output."""
        return self.outputs[0]

    @cached_property
    def largest_output(self) -> Func:
        """The output with most points, the first of those."""
        return max((self.by_key[key] for key in self.outputs), key=lambda func: func.points)

    @cached_property
    def by_key(self) -> dict[str, Func]:
        """Funcs by key."""
        return {func.key: func for func in self.funcs}

    @cached_property
    def by_input(self) -> dict[str, Input]:
        """Inputs by key."""
        return {each.key: each for each in self.inputs}

    @cached_property
    def consumers(self) -> dict[str, tuple[str, ...]]:
        """For each Func, the other Funcs that read it."""
        found: dict[str, list[str]] = {func.key: [] for func in self.funcs}
        for func in self.funcs:
            for key in self.producers[func.key]:
                found[key].append(func.key)
        return {key: tuple(names) for key, names in found.items()}

    @cached_property
    def producers(self) -> dict[str, tuple[str, ...]]:
        """For each Func, the other Funcs it reads."""
        return {
            func.key: tuple(
                dict.fromkeys(
                    access.source
                    for stage in func.stages
                    for access in stage.accesses
                    if access.source in self.by_key and access.source != func.key
                )
            )
            for func in self.funcs
        }

    @cached_property
    def exposed(self) -> frozenset[str]:
        """Funcs of which more than is needed must not be computed: an input would be read out of bounds."""
        found: set[str] = set()
        for func in self.funcs:
            for stage in func.stages:
                for access in stage.accesses:
                    outside = access.source in found or access.source not in self.by_key
                    if outside and any(
                        index is None or (index.coefficients and not index.clamped)
                        for index in access.indices
                    ):
                        found.add(func.key)
        return frozenset(found)

    def extents(self, key: str) -> tuple[float, ...]:
        """Return the extents of a Func or an input."""
        return self.by_key[key].extents if key in self.by_key else self.by_input[key].extents

    def element_bytes(self, key: str) -> int:
        """Return the bytes of an element of a Func or an input."""
        return self.by_key[key].element_bytes if key in self.by_key else self.by_input[key].element_bytes

    @cached_property
    def operations(self) -> float:
        """Operations at this size, each value computed once."""
        return sum(stage.operations * points(stage) for func in self.funcs for stage in func.stages)

    @cached_property
    def bytes(self) -> float:
        """Bytes of the inputs and the outputs at this size."""
        images = sum(math.prod(each.extents) * each.element_bytes for each in self.inputs)
        outputs = (self.by_key[key] for key in self.outputs)
        return images + sum(each.points * each.element_bytes for each in outputs)

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return {
            name: value
            for name, value in asdict(self).items()
            if name in ("algorithm", "funcs", "inputs", "outputs", "older")
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Graph:
        """Return the graph that `to_json` described."""
        return cls(
            document["algorithm"],
            tuple(_func(each) for each in document["funcs"]),
            tuple(
                Input(each["key"], tuple(each["extents"]), each["element_bytes"], tuple(each["minima"]))
                for each in document["inputs"]
            ),
            tuple(document["outputs"]),
            document.get("older", ""),
        )


def points(stage: Stage) -> float:
    """Return how often a stage's innermost statement runs at this size."""
    return math.prod((loop.extent for loop in stage.loops), start=1.0)


def _func(document: Mapping[str, Any]) -> Func:
    return Func(
        document["key"],
        tuple(document["args"]),
        document["element_bytes"],
        document["is_integer"],
        tuple(document["extents"]),
        tuple(_stage(each) for each in document["stages"]),
        document["order"],
        document.get("unbounded", False),
    )


def _stage(document: Mapping[str, Any]) -> Stage:
    return Stage(
        tuple(Loop(**each) for each in document["loops"]),
        tuple(document["rvars"]),
        document["operations"],
        tuple(_access(each) for each in document["accesses"]),
    )


def _access(document: Mapping[str, Any]) -> Access:
    return Access(document["source"], tuple(map(index_of, document["indices"])), document["count"])
