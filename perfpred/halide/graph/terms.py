"""Expressions of a pipeline, as Halide serializes them: trees of `Term`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from perfpred.halide.graph.flatbuffer import Table

KINDS = (
    *("None", "Int", "UInt", "Float", "String", "Cast", "Reinterpret", "Add", "Sub", "Mul", "Div", "Mod"),
    *("Min", "Max", "EQ", "NE", "LT", "LE", "GT", "GE", "And", "Or", "Not", "Select", "Load", "Ramp"),
    *("Broadcast", "Let", "Call", "Variable", "Shuffle", "VectorReduce", "Undefined"),
)
"""The members of the union ``Expr`` in Halide's schema, in its order."""
IMAGE, FUNC = 0, 4
"""Call types: of an input, of a Func; the others compute."""
INTEGER = (0, 1)
"""Type codes of signed and unsigned integers."""


@dataclass(frozen=True, slots=True)
class Type:
    """A scalar type: Halide's code (0 int, 1 unsigned, 2 float) and its bits."""

    code: int
    bits: int

    @property
    def size_bytes(self) -> int:
        """Bytes an element takes."""
        return max(1, self.bits // 8)

    @property
    def is_integer(self) -> bool:
        """Whether it holds whole numbers."""
        return self.code in INTEGER


INT32 = Type(0, 32)


@dataclass(frozen=True, slots=True)
class Term:
    """One operation: its kind, its operands, and a name, a number or a type where it has one.

    A call has the name of what is called and, as `value`, its call type.
    """

    kind: str
    operands: tuple[Term, ...] = ()
    name: str = ""
    value: float = 0
    type: Type | None = None


def read_type(table: Table | None) -> Type | None:
    """Return a type, None where there is none."""
    return None if table is None else Type(table.integer(0, "b"), table.integer(1, "B"))


def read_term(table: Table | None, kind: int) -> Term:
    """Return the expression of a union's member."""
    name = KINDS[kind] if kind < len(KINDS) else "Undefined"
    if table is None or name not in _READERS:
        return Term("Undefined" if name not in ("Load", "Ramp") else name)
    return _READERS[name](name, table)


def union(table: Table, field: int) -> Term:
    """Return the expression held by two fields: its kind, and its table."""
    return read_term(table.table(field + 1), table.integer(field, "B"))


def unions(table: Table, field: int) -> tuple[Term, ...]:
    """Return the expressions of a vector of unions."""
    pairs = zip(table.kinds(field), table.tables(field + 1), strict=True)
    return tuple(read_term(member, kind) for kind, member in pairs)


def walk(term: Term) -> Iterator[Term]:
    """Yield a term and all below it."""
    yield term
    for operand in term.operands:
        yield from walk(operand)


def _number(name: str, table: Table) -> Term:
    value = table.real(0) if name == "Float" else table.integer(0, "q")
    return Term(name, value=value, type=read_type(table.table(1)))


def _operands(count: int) -> Callable[[str, Table], Term]:
    def read(name: str, table: Table) -> Term:
        return Term(name, tuple(union(table, 2 * index) for index in range(count)))

    return read


def _cast(name: str, table: Table) -> Term:
    return Term(name, (union(table, 0),), type=read_type(table.table(2)))


def _let(name: str, table: Table) -> Term:
    return Term(name, (union(table, 1), union(table, 3)), name=table.text(0))


def _call(name: str, table: Table) -> Term:
    kind = table.integer(3, "B")
    called = table.text(7) or table.text(0) if kind == IMAGE else table.text(0)
    return Term(name, unions(table, 1), called, kind, read_type(table.table(8)))


def _variable(name: str, table: Table) -> Term:
    return Term(name, name=table.text(0), type=read_type(table.table(1)))


_READERS: dict[str, Callable[[str, Table], Term]] = {
    **dict.fromkeys(("Int", "UInt", "Float"), _number),
    "String": lambda name, table: Term(name, name=table.text(0)),
    **dict.fromkeys(("Cast", "Reinterpret"), _cast),
    **dict.fromkeys(("Add", "Sub", "Mul", "Div", "Mod", "Min", "Max"), _operands(2)),
    **dict.fromkeys(("EQ", "NE", "LT", "LE", "GT", "GE", "And", "Or"), _operands(2)),
    "Not": _operands(1),
    "Select": _operands(3),
    "Let": _let,
    "Call": _call,
    "Variable": _variable,
    "Broadcast": _operands(1),
}
