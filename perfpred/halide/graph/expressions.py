"""Reading the expressions of a serialized pipeline.

Halide writes what an expression shares as lets, and so may a user. Each variable that a let binds is replaced
by the term it stands for, which all its uses then share: no term read here holds a let.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from perfpred.halide.graph.flatbuffer import Table
from perfpred.halide.graph.terms import IMAGE, Term, Type

KINDS = (
    *("None", "Int", "UInt", "Float", "String", "Cast", "Reinterpret", "Add", "Sub", "Mul", "Div", "Mod"),
    *("Min", "Max", "EQ", "NE", "LT", "LE", "GT", "GE", "And", "Or", "Not", "Select", "Load", "Ramp"),
    *("Broadcast", "Let", "Call", "Variable", "Shuffle", "VectorReduce", "Undefined"),
)
"""The members of the union ``Expr`` in Halide's schema, in its order."""
UNDEFINED = Term("Undefined")


class _Written(NamedTuple):
    """An expression as it is written: the member of the union, and its table."""

    kind: int
    table: Table | None


class _Parts(NamedTuple):
    """What a term is made of, its operands not yet read."""

    operands: tuple[_Written, ...] = ()
    name: str = ""
    value: float = 0
    type: Type | None = None
    value_index: int = 0


def read_type(table: Table | None) -> Type | None:
    """Return a type, None where there is none."""
    return None if table is None else Type(table.integer(0, "b"), table.integer(1, "B"))


def union(table: Table, field: int) -> Term:
    """Return the expression held by two fields: its kind, and its table."""
    return _Reader().read(_written(table, field))


def unions(table: Table, field: int) -> tuple[Term, ...]:
    """Return the expressions of a vector of unions."""
    return tuple(_Reader().read(each) for each in _all_written(table, field))


class _Reader:
    """Reads an expression step by step; what is still to be done waits on a stack."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], None]] = []
        self._done: list[Term] = []
        self._scope: dict[str, list[Term]] = {}

    def read(self, written: _Written) -> Term:
        """Return the term of an expression."""
        self._later(written)
        while self._steps:
            self._steps.pop()()
        return self._done.pop()

    def _later(self, written: _Written) -> None:
        self._steps.append(lambda: self._visit(written))

    def _visit(self, written: _Written) -> None:
        kind = KINDS[written.kind] if written.kind < len(KINDS) else "Undefined"
        if written.table is None or kind not in _PARTS:
            self._done.append(Term(kind) if kind in ("Load", "Ramp") else UNDEFINED)
            return
        parts = _PARTS[kind](kind, written.table)
        if kind == "Let":
            self._visit_let(parts)
        elif kind == "Variable" and self._scope.get(parts.name):
            self._done.append(self._scope[parts.name][-1])
        else:
            self._steps.append(lambda: self._make(kind, parts))
            for operand in reversed(parts.operands):
                self._later(operand)

    def _visit_let(self, parts: _Parts) -> None:
        value, body = parts.operands
        self._steps.append(lambda: self._unbind(parts.name))
        self._later(body)
        self._steps.append(lambda: self._bind(parts.name))
        self._later(value)

    def _bind(self, name: str) -> None:
        self._scope.setdefault(name, []).append(self._done.pop())

    def _unbind(self, name: str) -> None:
        self._scope[name].pop()

    def _make(self, kind: str, parts: _Parts) -> None:
        first = len(self._done) - len(parts.operands)
        operands = tuple(self._done[first:])
        del self._done[first:]
        self._done.append(Term(kind, operands, *parts[1:]))


def _written(table: Table, field: int) -> _Written:
    return _Written(table.integer(field, "B"), table.table(field + 1))


def _all_written(table: Table, field: int) -> tuple[_Written, ...]:
    pairs = zip(table.kinds(field), table.tables(field + 1), strict=True)
    return tuple(_Written(kind, member) for kind, member in pairs)


def _number(kind: str, table: Table) -> _Parts:
    value = table.real(0) if kind == "Float" else table.integer(0, "Q" if kind == "UInt" else "q")
    return _Parts(value=value, type=read_type(table.table(1)))


def _operands(count: int) -> Callable[[str, Table], _Parts]:
    return lambda _, table: _Parts(tuple(_written(table, 2 * index) for index in range(count)))


def _call(_: str, table: Table) -> _Parts:
    kind = table.integer(3, "B")
    called = table.text(7) or table.text(0) if kind == IMAGE else table.text(0)
    type_ = read_type(table.table(8))
    return _Parts(_all_written(table, 1), called, kind, type_, table.integer(5, "i"))


_PARTS: dict[str, Callable[[str, Table], _Parts]] = {
    **dict.fromkeys(("Int", "UInt", "Float"), _number),
    "String": lambda _, table: _Parts(name=table.text(0)),
    **dict.fromkeys(
        ("Cast", "Reinterpret"),
        lambda _, table: _Parts((_written(table, 0),), type=read_type(table.table(2))),
    ),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Mod", "Min", "Max"), _operands(2)),
    **dict.fromkeys(("EQ", "NE", "LT", "LE", "GT", "GE", "And", "Or"), _operands(2)),
    "Not": _operands(1),
    "Select": _operands(3),
    "Let": lambda _, table: _Parts((_written(table, 1), _written(table, 3)), table.text(0)),
    "Call": _call,
    "Variable": lambda _, table: _Parts(name=table.text(0), type=read_type(table.table(1))),
    "Broadcast": _operands(1),
}
