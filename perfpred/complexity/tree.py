"""What an expression is read into: numbers, names and operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Number:
    """A literal; always finite."""

    value: float


@dataclass(frozen=True)
class Name:
    """A column."""

    name: str


@dataclass(frozen=True)
class Unary:
    """``+`` or ``-`` before an operand."""

    operator: str
    operand: Node


@dataclass(frozen=True)
class Binary:
    """One of ``+ - * / // % **`` between two operands."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True)
class Compare:
    """A chain such as ``a < b <= c``: 1 where every link holds, else 0; one more operand than operators."""

    operators: tuple[str, ...]
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Call:
    """``min`` or ``max`` of two or more arguments, or ``ceil``, ``floor``, ``log2``, ``sqrt`` of one."""

    function: str
    arguments: tuple[Node, ...]


Node: TypeAlias = Number | Name | Unary | Binary | Compare | Call


def names_in(node: Node) -> Iterator[str]:
    """Column names in reading order, repeats included."""
    match node:
        case Name(name):
            yield name
        case Unary(_, operand):
            yield from names_in(operand)
        case Binary(_, left, right):
            yield from names_in(left)
            yield from names_in(right)
        case Compare(_, children) | Call(_, children):
            for child in children:
                yield from names_in(child)
