"""Text to tree: Python's own parser, then a whitelist of what it may have found."""

from __future__ import annotations

import ast
import math
import re
from dataclasses import dataclass
from typing import ClassVar, NoReturn

from perfpred.complexity.caret import fail_at
from perfpred.complexity.tree import Binary, Call, Compare, Name, Node, Number, Unary
from perfpred.errors import ExpressionError, UnknownNameError

MAX_LENGTH = 2000
MAX_DEPTH = 100  # evaluation takes one Python frame a level, so this stays far below the recursion limit

_UNARY = {ast.UAdd: "+", ast.USub: "-"}
_BINARY = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
}
COMPARE = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!="}
_FOLDED = ("max", "min")
_FUNCTIONS = ("ceil", "floor", "log2", "max", "min", "sqrt")
CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_ +-*/%().,<>=!")
_WORD = re.compile(r"[A-Za-z_]")
_TOKEN = re.compile(r"[A-Za-z_][A-Za-z_0-9]*|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|.")


def parse(text: object) -> Node:
    """Read `text` into a tree, or raise an `ExpressionError`."""
    expression, body, shift = parse_python(text, CHARACTERS)
    return Reader(expression, shift).read(body, 1)


def parse_python(text: object, characters: frozenset[str]) -> tuple[str, ast.expr, int]:
    """Return an expression, what Python's parser makes of it, and how many spaces stand before it.

    Raises
    ------
    ExpressionError
        If it is no text of a sensible length, has other characters, or is not Python.
    """
    if not isinstance(text, str):
        raise ExpressionError(f"an expression is text such as 'm*n*k', but got {text!r}")
    if not text.strip():
        raise ExpressionError("an expression is text such as 'm*n*k', but got an empty one")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"an expression has at most {MAX_LENGTH} characters, but got {len(text)}")
    _check_characters(text, characters)
    stripped = text.lstrip(" ")
    shift = len(text) - len(stripped)
    try:
        body = ast.parse(stripped, mode="eval").body
    except SyntaxError as error:
        # Python gives no offset for an expression that stops too early.
        fail_at(text, shift + error.offset - 1 if error.offset else len(text), error.msg)
    except (RecursionError, MemoryError):
        raise ExpressionError(f"an expression nests at most {MAX_DEPTH} levels deep") from None
    return text, body, shift


def _check_characters(text: str, characters: frozenset[str]) -> None:
    """Refuse what is not ASCII on one line (so offsets are characters) and numbers that C would not read."""
    for position, character in enumerate(text):
        if character not in characters:
            hint = "; a power is written **" if character == "^" else ""
            fail_at(text, position, f"unexpected character {character!r}{hint}")
    for token in _TOKEN.finditer(text):
        end = token.end()
        if token["number"] and _WORD.match(text, end):
            fail_at(text, end, f"'{text[end]}' directly after a number; a product is written 2*m")


@dataclass(frozen=True)
class Reader:
    """Turns Python's syntax tree into ours, letting through only what the language has."""

    text: str
    shift: int
    allowed: ClassVar[str] = "only numbers, column names, + - * / // % **, comparisons and functions are"

    def fail(self, node: ast.AST, reason: str) -> NoReturn:
        """Raise an `ExpressionError` that points at a node."""
        fail_at(self.text, self.shift + getattr(node, "col_offset", 0), reason)

    def read(self, node: ast.expr, depth: int) -> Node:
        """Return the tree of a node that lies `depth` levels deep."""
        self.check_depth(node, depth)
        match node:
            case ast.Constant() | ast.Name():
                return self.leaf(node)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return Unary(_UNARY[type(op)], self.read(operand, depth + 1))
            case ast.BinOp(op=op, left=left, right=right) if type(op) in _BINARY:
                return Binary(_BINARY[type(op)], self.read(left, depth + 1), self.read(right, depth + 1))
            case ast.Compare(ops=ops) if all(type(op) in COMPARE for op in ops):
                operands = tuple(self.read(each, depth + 1) for each in (node.left, *node.comparators))
                return Compare(tuple(COMPARE[type(op)] for op in ops), operands)
            case ast.Call():
                return self.call(node, depth)
            case _:
                return self.refuse(node)

    def check_depth(self, node: ast.expr, depth: int) -> None:
        """Refuse a node that lies too deep to be evaluated."""
        if depth > MAX_DEPTH:
            self.fail(node, f"an expression nests at most {MAX_DEPTH} levels deep")

    def refuse(self, node: ast.AST) -> NoReturn:
        """Say that a node is not of the language."""
        if isinstance(node, ast.BoolOp):
            self.fail(node, "'and' and 'or' are not allowed; multiply comparisons, as in (m>8)*(n>8)")
        self.fail(node, f"this is not allowed; {self.allowed}")

    def leaf(self, node: ast.Constant | ast.Name) -> Number | Name:
        """Read a number or a column name."""
        if isinstance(node, ast.Constant):
            return self.number(node)
        if node.id in _FUNCTIONS:
            self.fail(node, f"'{node.id}' is a function and needs its arguments, as in {_usage(node.id)}")
        return Name(node.id)

    def number(self, node: ast.Constant) -> Number:
        """Read a finite number."""
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            self.fail(node, f"{node.value!r} is not allowed; {self.allowed}")
        try:
            value = float(node.value)
        except OverflowError:
            value = math.inf
        if value == math.inf:
            self.fail(node, "this number is too large for double precision")
        return Number(value)

    def call(self, node: ast.Call, depth: int) -> Call:
        """Read a function of plain arguments."""
        if not isinstance(node.func, ast.Name):
            self.refuse(node)
        name = node.func.id
        if name not in _FUNCTIONS:
            self.fail(node, str(UnknownNameError("function", name, _FUNCTIONS)))
        if node.keywords or any(isinstance(argument, ast.Starred) for argument in node.args):
            self.fail(node, f"'{name}' takes plain arguments, as in {_usage(name)}")
        count = len(node.args)
        if (count < 2) if name in _FOLDED else (count != 1):
            need = "at least 2 arguments" if name in _FOLDED else "1 argument"
            self.fail(node, f"'{name}' takes {need}, but got {count}")
        return Call(name, tuple(self.read(argument, depth + 1) for argument in node.args))


def _usage(function: str) -> str:
    return f"{function}(m, n)" if function in _FOLDED else f"{function}(m)"
