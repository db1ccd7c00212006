"""Halide's serialized pipeline: its Funcs with definitions and schedules, under Halide's own names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from perfpred.errors import InputError
from perfpred.halide.graph.expressions import read_type, union, unions
from perfpred.halide.graph.flatbuffer import Table, root
from perfpred.halide.graph.terms import Term, Type, calls

LOOP_KINDS = ("serial", "parallel", "vectorize", "unroll")
TAILS = (
    *("RoundUp", "GuardWithIf", "Predicate", "PredicateLoads", "PredicateStores", "ShiftInwards"),
    *("ShiftInwardsAndBlend", "RoundUpAndBlend", "Auto"),
)
MEMORY = ("Auto", "Heap", "Stack", "Register")
SPLITS = ("split", "rename", "fuse", "purify")
OUTERMOST = "__outermost"


@dataclass(frozen=True)
class RawSplit:
    """A split, rename or fusion of loops.

    Attributes
    ----------
    kind, old, outer, inner : str
    factor : Term
    tail : str
    """

    kind: str
    old: str
    outer: str
    inner: str
    factor: Term
    tail: str


@dataclass(frozen=True)
class RawLoop:
    """A loop: its variable, how it runs, and whether it is pure (0), a pure or an impure reduction (1, 2)."""

    var: str
    kind: str
    purity: int


@dataclass(frozen=True)
class RawStage:
    """A definition: what is written where, over which reduction domain, and its loops, innermost first.

    Attributes
    ----------
    values, args : tuple of Term
    rvars : tuple of tuple of str, Term, Term
    splits : tuple of RawSplit
    loops : tuple of RawLoop
    specialized, atomic : bool
    predicate : Term
    """

    values: tuple[Term, ...]
    args: tuple[Term, ...]
    rvars: tuple[tuple[str, Term, Term], ...]
    splits: tuple[RawSplit, ...]
    loops: tuple[RawLoop, ...]
    specialized: bool
    atomic: bool
    predicate: Term

    @cached_property
    def reads(self) -> tuple[Term, ...]:
        """The calls of Funcs and inputs, each once, in the order they are written."""
        return tuple(calls((*self.values, *self.args, self.predicate)))


@dataclass(frozen=True)
class RawFunc:
    """A Func; a level is (Func, variable), with empty names where it is inlined.

    `bounds` and `estimates` are the minimum and extent that a dimension was given, by its name; `table` is
    all that Halide wrote of it.

    Attributes
    ----------
    name : str
    types : tuple of Type
    args : tuple of str
    stages : tuple of RawStage
    compute, store : tuple of str, str
    memory : str
    storage : tuple of str
    estimates, bounds : dict of str to tuple of Term, Term
    extern : bool
    table : Table
    """

    name: str
    types: tuple[Type, ...]
    args: tuple[str, ...]
    stages: tuple[RawStage, ...]
    compute: tuple[str, str]
    store: tuple[str, str]
    memory: str
    storage: tuple[str, ...]
    estimates: dict[str, tuple[Term, Term]]
    bounds: dict[str, tuple[Term, Term]]
    extern: bool
    table: Table = field(repr=False, compare=False)

    @property
    def lows(self) -> dict[int, Term]:
        """The minimum of each dimension that was given bounds, by its place, unless that is left open."""
        found = {index: self.bounds[name][0] for index, name in enumerate(self.args) if name in self.bounds}
        return {index: low for index, low in found.items() if low.kind != "Undefined"}

    @property
    def is_scheduled(self) -> bool:
        """Whether it was placed or its loops were changed, other than in their order."""
        placed = (self.compute, self.store) != (("", ""), ("", ""))
        return placed or any(
            stage.splits
            or stage.specialized
            or stage.atomic
            or any(loop.kind != "serial" for loop in stage.loops)
            for stage in self.stages
        )


@dataclass(frozen=True)
class RawBuffer:
    """A buffer that is part of the pipeline, such as a table: its contents are constants.

    Attributes
    ----------
    name : str
    type : Type
    dims : tuple of (min, extent, stride)
        In Halide's order.
    data : bytes
        The elements without gaps, in the order of their dimensions' strides.
    span : range
        Where `data` lies in the serialized pipeline.
    """

    name: str
    type: Type
    dims: tuple[tuple[int, int, int], ...]
    data: bytes
    span: range

    @property
    def elements(self) -> bytes:
        """The elements in the order of the dimensions, however they lie in memory."""
        strides = [stride for _, _, stride in self.dims]
        order = sorted(range(len(strides)), key=lambda index: strides[index])
        size = self.type.size_bytes
        if order == list(range(len(strides))) or len(self.data) % size:
            return self.data
        inside_out = [self.dims[index][1] for index in order]
        found = np.frombuffer(self.data, dtype=f"V{size}").reshape(inside_out[::-1])
        axes = [len(order) - 1 - order.index(index) for index in range(len(order))]
        return found.transpose(axes[::-1]).tobytes()


@dataclass(frozen=True)
class RawPipeline:
    """What a serialized pipeline holds.

    Attributes
    ----------
    funcs : dict of str to RawFunc
    outputs : tuple of str
    halide_version : str
    buffers : dict of str to RawBuffer
    table : Table, optional
    """

    funcs: dict[str, RawFunc]
    outputs: tuple[str, ...]
    halide_version: str
    buffers: dict[str, RawBuffer] = field(default_factory=dict)
    table: Table | None = field(default=None, repr=False, compare=False)


def parse(data: bytes) -> RawPipeline:
    """Return the pipeline that Halide serialized.

    Raises
    ------
    InputError
        If the bytes are not what Halide 21 writes.
    """
    try:
        table = root(data)
        funcs = [_func(each) for each in table.tables(0)]
        buffers = [_buffer(each) for each in table.tables(7)]
    except Exception as error:
        raise InputError(f"the serialized pipeline cannot be read: {error}") from None
    named = {each.name: each for each in buffers}
    return RawPipeline(
        {func.name: func for func in funcs}, tuple(table.texts(1)), table.text(8), named, table
    )


def _buffer(table: Table) -> RawBuffer:
    type_ = read_type(table.table(2))
    dims = tuple(
        (each.integer(0, "i"), each.integer(1, "i"), each.integer(2, "i")) for each in table.tables(4)
    )
    span = table.span(5)
    data = table.data[span.start : span.stop]
    return RawBuffer(table.text(1), type_ or Type(0, 32), dims, data, span)


def _func(table: Table) -> RawFunc:
    schedule: Any = table.table(6)
    initial = table.table(7)
    definitions = [*([initial] if initial is not None else []), *table.tables(8)]
    types = [read_type(each) for each in table.tables(2)]
    return RawFunc(
        name=table.text(0),
        types=tuple(each for each in types if each is not None),
        args=tuple(table.texts(5)),
        stages=tuple(_stage(each) for each in definitions),
        compute=_level(schedule.table(1)),
        store=_level(schedule.table(0)),
        memory=_named(MEMORY, schedule.integer(7, "b")),
        storage=tuple(each.text(0) for each in schedule.tables(3)),
        estimates={each.text(0): (union(each, 1), union(each, 3)) for each in schedule.tables(5)},
        bounds={each.text(0): (union(each, 1), union(each, 3)) for each in schedule.tables(4)},
        extern=bool(table.text(12)),
        table=table,
    )


def _named(names: tuple[str, ...], index: int) -> str:
    return names[index] if index < len(names) else "other"


def _level(table: Table | None) -> tuple[str, str]:
    return ("", "") if table is None else (table.text(0), table.text(2))


def _stage(table: Table) -> RawStage:
    schedule: Any = table.table(7)
    return RawStage(
        values=unions(table, 3),
        args=unions(table, 5),
        rvars=tuple((each.text(0), union(each, 1), union(each, 3)) for each in schedule.tables(0)),
        splits=tuple(_split(each) for each in schedule.tables(1)),
        loops=tuple(
            RawLoop(each.text(0), _named(LOOP_KINDS, each.integer(1, "b")), each.integer(3, "b"))
            for each in schedule.tables(2)
            if each.text(0) != OUTERMOST
        ),
        specialized=bool(table.tables(8)),
        atomic=bool(schedule.integer(8, "B")),
        predicate=union(table, 1),
    )


def _split(table: Table) -> RawSplit:
    kind, tail = table.integer(7, "B"), table.integer(6, "B")
    return RawSplit(
        _named(SPLITS, kind),
        table.text(0),
        table.text(1),
        table.text(2),
        union(table, 3),
        _named(TAILS, tail),
    )
