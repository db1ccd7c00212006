"""`Condition`: a yes-or-no expression, with ``and``, ``or``, ``not`` and ``in``.

It is read into the tree that `Complexity` has, so whatever evaluates or prints the one does the other:
``and`` is the smallest and ``or`` the largest of truth values, which are 1 and 0; ``in`` is one of several
equalities.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from perfpred.complexity.expression import Columns, Expression
from perfpred.complexity.parser import CHARACTERS, COMPARE, Reader, parse_python
from perfpred.complexity.tree import Call, Compare, Node, Number

_CHARACTERS = CHARACTERS | frozenset("[]{}")
_ZERO = Number(0.0)


@dataclass(frozen=True)
class Condition(Expression):
    """A condition over column names, 1 where it holds and 0 where not, evaluated as a `Complexity` is.

    Parameters
    ----------
    text : str
        What `Complexity` reads, and ``and``, ``or``, ``not``, ``True``, ``False``, ``in`` and ``not in`` a
        list of values, such as ``"use_padding == 0 or block_size_x % 32 != 0"``. A number holds unless it
        is 0. There is no short cut: all parts are evaluated, and a division by zero is an infinity or NaN.

    Raises
    ------
    ExpressionError
        If `text` is anything else; the message has a caret under the character that is wrong.

    Examples
    --------
    >>> legal = Condition("32 <= x*y <= 1024 and (x in (1, 16, 32) or not y % 8)")
    >>> legal({"x": 16, "y": 3}), legal({"x": 8, "y": 3})
    (1.0, 0.0)
    >>> legal.holds({"x": np.array([16, 16]), "y": np.array([3, 100])})
    array([ True, False])
    """

    @staticmethod
    def _read(text: object) -> Node:
        expression, body, shift = parse_python(text, _CHARACTERS)
        return _ConditionReader(expression, shift).truth(body, 1)

    def holds(self, columns: Columns) -> NDArray[np.bool_]:
        """Return where the condition holds, of the common shape of the columns."""
        held: NDArray[np.bool_] = np.asarray(self(columns)) != 0
        return held


class _ConditionReader(Reader):
    """Reads truth values too; where one is part of arithmetic it must be 1 or 0 in Python as well."""

    allowed: ClassVar[str] = (
        f"{Reader.allowed.removesuffix(' and functions are')}, and, or, not, in and functions are"
    )

    def truth(self, node: ast.expr, depth: int) -> Node:
        """Read a node as something that holds (1) or not (0)."""
        tree = self.connected(node, depth) if isinstance(node, ast.BoolOp) else self.read(node, depth)
        return tree if _is_truth(tree) else Compare(("!=",), (tree, _ZERO))

    def read(self, node: ast.expr, depth: int) -> Node:
        self.check_depth(node, depth)
        match node:
            case ast.Constant(value=bool(value)):
                return Number(float(value))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return _negated(self.truth(operand, depth + 1))
            case ast.Compare(ops=ops) if any(isinstance(op, ast.In | ast.NotIn) for op in ops):
                return self.links(node, depth)
            case ast.BoolOp():
                return self.connected_truths(node, depth)
        return super().read(node, depth)

    def connected(self, node: ast.BoolOp, depth: int) -> Node:
        """Read ``and`` or ``or`` where only counts whether it holds."""
        self.check_depth(node, depth)
        return _connected(node.op, [self.truth(value, depth + 1) for value in node.values])

    def connected_truths(self, node: ast.BoolOp, depth: int) -> Node:
        """Read it as a part of arithmetic: in Python it is one of its operands, so these must be 0 or 1."""
        parts = [self.read(value, depth + 1) for value in node.values]
        for value, part in zip(node.values, parts, strict=True):
            if not _is_truth(part):
                self.fail(value, "'and' and 'or' of numbers cannot be part of arithmetic; compare them first")
        return _connected(node.op, parts)

    def links(self, node: ast.Compare, depth: int) -> Node:
        """Read a chain with ``in``: all its links must hold."""
        operands = [node.left, *node.comparators]
        parts = tuple(
            self.link(op, left, right, depth + 1)
            for op, left, right in zip(node.ops, operands[:-1], operands[1:], strict=True)
        )
        return parts[0] if len(parts) == 1 else Call("min", parts)

    def link(self, op: ast.cmpop, left: ast.expr, right: ast.expr, depth: int) -> Node:
        if type(op) in COMPARE:
            return Compare((COMPARE[type(op)],), (self.read(left, depth), self.read(right, depth)))
        if not isinstance(op, ast.In | ast.NotIn):
            self.refuse(left)
        if not isinstance(right, ast.List | ast.Tuple | ast.Set):
            self.fail(right, "'in' needs a list of values, such as (16, 32)")
        value = self.read(left, depth)
        found = _any_equal(value, [self.read(elt, depth) for elt in right.elts])
        return _negated(found) if isinstance(op, ast.NotIn) else found


def _connected(op: ast.boolop, parts: list[Node]) -> Node:
    return Call("min" if isinstance(op, ast.And) else "max", tuple(parts))


def _any_equal(value: Node, listed: list[Node]) -> Node:
    equal = tuple(Compare(("==",), (value, each)) for each in listed)
    if len(equal) == 1:
        return equal[0]
    return Call("max", equal) if equal else _ZERO


def _negated(tree: Node) -> Node:
    return Compare(("==",), (tree, _ZERO))


def _is_truth(tree: Node) -> bool:
    """Whether a tree is never anything but 0 or 1."""
    match tree:
        case Compare():
            return True
        case Number(value):
            return value in (0, 1)
        case Call("min" | "max", parts):
            return all(map(_is_truth, parts))
    return False
