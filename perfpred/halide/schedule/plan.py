"""What a schedule of our own is made of, before it becomes directives: a `Plan`, which can be varied."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.schedule.rules import (
    MAX_NUMBER,
    mapping,
    require,
    require_integer,
    require_name,
    require_names,
)

Sizes = tuple[tuple[str, int], ...]
ROOT = "__root"
"""Where a Func is stored that is stored whole but computed piece by piece."""


def piece(name: str, suffix: str) -> str:
    """Return the name of a loop cut from a dimension; those of reductions have a dot, which no new loop may.

    Examples
    --------
    >>> piece("k.x", "o")
    'k_x_o'
    """
    return f"{name.replace('.', '_')}_{suffix}"


def dimension(loop: str, names: Iterable[str]) -> str:
    """Return which of the dimensions a loop was cut from, or is."""
    return next(
        (name for name in names if loop in (piece(name, "o"), piece(name, "m"), piece(name, "i"))), loop
    )


@dataclass(frozen=True)
class LoopPlan:
    """How the loops of one stage are nested, from the inside out.

    A dimension may be cut twice: into tiles, and those into blocks that are unrolled. Innermost are the
    vector and the blocks, then the loops named in `inner`, then those in `outer`. A tiled dimension has a
    loop in both, another in one of them.

    Parameters
    ----------
    inner, outer : tuple of str
        Dimensions, innermost first.
    tiles, blocks : tuple of (str, int)
        Points of a tile, of a block. The block of the vector's dimension is a multiple of `lanes`.
    vector : str
        The dimension that is vectorized, empty for none.
    lanes : int
        Values a vector.
    unrolled : tuple of str
        Reduction loops that are unrolled whole, just outside the blocks.
    parallel : bool
        Whether the outermost loop is parallel.
    """

    inner: tuple[str, ...]
    outer: tuple[str, ...] = ()
    tiles: Sizes = ()
    blocks: Sizes = ()
    vector: str = ""
    lanes: int = 1
    unrolled: tuple[str, ...] = ()
    parallel: bool = False

    def loops(self) -> tuple[str, ...]:
        """Return the names of the loops at which something can be computed, outermost first."""
        tiled = dict(self.tiles)
        outer = [piece(name, "o") if name in tiled else self.middle(name) for name in self.outer]
        inner = [self.middle(name) for name in self.inner if name not in self.unrolled]
        return (*reversed(outer), *reversed(inner))

    def middle(self, name: str) -> str:
        """Return the name of a dimension's loop between its tile and its block."""
        cut = name in dict(self.blocks) or name == self.vector
        return piece(name, "m") if cut else piece(name, "i") if name in dict(self.tiles) else name

    @property
    def unrolling(self) -> int:
        """How many copies of the innermost statement there are, vectors counted as one."""
        copies = 1
        for name, size in self.blocks:
            copies *= max(1, size // self.lanes) if name == self.vector else size
        return copies


@dataclass(frozen=True)
class FuncPlan:
    """Where a Func is computed, and how.

    Parameters
    ----------
    stages : tuple of LoopPlan
        One a definition.
    root : str
        The Func in whose loops it is computed, empty if it is computed first, whole.
    compute, store : str
        The loop of `root` at which it is computed, and, for a sliding window, the one further out at which it
        is stored (`ROOT`: outside all).
    """

    stages: tuple[LoopPlan, ...]
    root: str = ""
    compute: str = ""
    store: str = ""


@dataclass(frozen=True)
class Plan:
    """A schedule: plans of the Funcs that are not inlined, by key, in the order of the pipeline's Funcs."""

    funcs: Mapping[str, FuncPlan] = field(default_factory=dict)

    def dumps(self) -> str:
        """Return the plan as JSON text."""
        return json.dumps({key: asdict(plan) for key, plan in self.funcs.items()}, separators=(",", ":"))

    @classmethod
    def loads(cls, text: str) -> Plan:
        """Return the plan that `dumps` wrote.

        Raises
        ------
        InputError
            If the text is none.
        """
        try:
            document = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"a plan must be JSON, but {error}") from None
        require(isinstance(document, dict), "a plan", "a JSON object", document)
        return cls({require_name(key, "a Func of a plan"): _func(each) for key, each in document.items()})


def _func(document: Any) -> FuncPlan:
    fields = mapping(document, "a Func of a plan", ("stages", "root", "compute", "store"))
    require(isinstance(fields["stages"], list), "stages", "a list", fields["stages"])
    stages = tuple(_loops(each) for each in fields["stages"])
    return FuncPlan(stages, *(_name(fields[key], key) for key in ("root", "compute", "store")))


def _loops(document: Any) -> LoopPlan:
    names, pairs = ("inner", "outer", "unrolled"), ("tiles", "blocks")
    fields = mapping(document, "a stage of a plan", (*names, *pairs, "vector", "lanes", "parallel"))
    require(isinstance(fields["parallel"], bool), "parallel", "true or false", fields["parallel"])
    inner, outer, unrolled = (require_names(fields[key], key) for key in names)
    tiles, blocks = (_sizes(fields[key], key) for key in pairs)
    lanes = require_integer(fields["lanes"], "lanes", 1, MAX_NUMBER)
    vector = _name(fields["vector"], "vector")
    return LoopPlan(inner, outer, tiles, blocks, vector, lanes, unrolled, fields["parallel"])


def _name(value: Any, what: str) -> str:
    """Return a name, which may be empty."""
    return "" if value == "" else require_name(value, what)


def _sizes(value: Any, what: str) -> Sizes:
    good = isinstance(value, list) and all(isinstance(each, list) and len(each) == 2 for each in value)
    require(good, what, "a list of pairs of name and size", value)
    names = require_names([name for name, _ in value], what)
    return tuple(
        (name, require_integer(size, what, 1, MAX_NUMBER))
        for name, (_, size) in zip(names, value, strict=True)
    )
