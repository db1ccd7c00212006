"""`Filter`: which rows of a file to keep, such as ``dtype == "fp16" and n >= 64``.

A small language of its own: texts, numbers and column names, compared and connected. Nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, TypeAlias

import numpy as np
from numpy.typing import NDArray

from perfpred.complexity.caret import fail_at
from perfpred.errors import ExpressionError, quoted
from perfpred.profile.columns.where_values import Operand, add, compare, is_one_of, truth

MAX_LENGTH = 1000
MAX_DEPTH = 50
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))"""
    r"""|(?P<text>"[^"]*"|'[^']*')|`(?P<quoted>[^`]+)`|(?P<name>[^\W0-9][\w.]*)"""
    r"""|(?P<operator>==|!=|<=|>=|//|[<>()\[\],+\-*/%]))"""
)
_COMPARISONS = ("==", "!=", "<=", ">=", "<", ">")
_HINTS = {
    "=": "equality is written ==",
    "&": "write 'and'",
    "|": "write 'or'",
    "!": "write 'not'",
    "^": "powers are not known here",
    '"': "this text has no closing quote",
    "'": "this text has no closing quote",
    "`": "this name has no closing backtick",
}

Cells: TypeAlias = Mapping[str, Any]
Node: TypeAlias = Callable[[Cells, int], Operand]


@dataclass(frozen=True)
class Filter:
    """A condition on the cells of a row.

    Parameters
    ----------
    text : str
        Comparisons ``== != < <= > >=`` (chains too), ``in`` and ``not in`` a list, of columns, numbers,
        quoted texts and ``+ - * / // %`` of them, connected by ``and``, ``or``, ``not`` and parentheses.
        A column whose name is no plain word stands in backticks: `` `real_time [ns]` > 5``.

    Raises
    ------
    ExpressionError
        If it is anything else; the message has a caret under the character that is wrong.

    Examples
    --------
    >>> keep = Filter('layout != "nchw" and 64 <= n')
    >>> keep({"layout": ["nhwc", "nchw", "nhwc"], "n": ["64", "512", "8"]}, 3).tolist()
    [True, False, False]
    """

    text: str
    _root: Node = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_root", _Parser(self.text).parse())

    def __call__(self, columns: Cells, n: int) -> NDArray[np.bool_]:
        """Return where it holds, shape (n,).

        Raises
        ------
        InputError
            If a column does not exist, or a text is compared with a number.
        """
        return truth(self._root(columns, n), n)


class _Parser:
    """Reads by recursive descent; each method reads what binds as strongly as its name says."""

    def __init__(self, text: object) -> None:
        if not isinstance(text, str) or not text.strip():
            raise ExpressionError(f"--where must be a condition such as 'n >= 64', but got {quoted(text)}")
        if len(text) > MAX_LENGTH:
            raise ExpressionError(f"--where has at most {MAX_LENGTH} characters, but got {len(text)}")
        self.text = text
        self.tokens: list[tuple[str, str, int]] = []
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                self._fail_to_read(position)
            kind = str(match.lastgroup)
            self.tokens.append((kind, match[kind], match.start(kind)))
            position = match.end()
        self.tokens.append(("end", "", len(text)))
        self.place = 0
        self.depth = 0

    def _fail_to_read(self, position: int) -> NoReturn:
        position += len(self.text[position:]) - len(self.text[position:].lstrip())
        character = self.text[position]
        if character.isdigit():
            fail_at(self.text, position, "a number ends in no letter; texts stand in quotes")
        fail_at(self.text, position, _HINTS.get(character, f"unexpected {character!r}"))

    def fail(self, reason: str) -> NoReturn:
        fail_at(self.text, self.tokens[self.place][2], reason)

    def is_next(self, *texts: str) -> bool:
        kind, text, _ = self.tokens[self.place]
        return kind in {"operator", "name"} and text in texts

    def next(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1][1]

    def expect(self, text: str) -> None:
        if not self.is_next(text):
            self.fail(f"expected '{text}'")
        self.place += 1

    def parse(self) -> Node:
        node = self.either()
        if self.tokens[self.place][0] != "end":
            self.fail("expected 'and', 'or' or the end")
        return node

    def either(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"a condition nests at most {MAX_DEPTH} levels deep")
        parts = [self.both()]
        while self.is_next("or"):
            self.place += 1
            parts.append(self.both())
        self.depth -= 1
        return parts[0] if len(parts) == 1 else _connected(parts, np.logical_or)

    def both(self) -> Node:
        parts = [self.negation()]
        while self.is_next("and"):
            self.place += 1
            parts.append(self.negation())
        return parts[0] if len(parts) == 1 else _connected(parts, np.logical_and)

    def negation(self) -> Node:
        negations = 0
        while self.is_next("not"):
            self.place += 1
            negations += 1
        node = self.comparison()
        if not negations:
            return node
        return lambda cells, n: Operand.of_truth(truth(node(cells, n), n) ^ bool(negations % 2))

    def comparison(self) -> Node:
        left = self.sum()
        links: list[Node] = []
        while self.is_next(*_COMPARISONS, "in", "not"):
            operator = self.next()
            if operator in _COMPARISONS:
                right = self.sum()
                links.append(_compared(operator, left, right))
                left = right
                continue
            if operator == "not":
                self.expect("in")
            links.append(_listed(left, self.listing(), negated=operator == "not"))
        if not links:
            return left
        return links[0] if len(links) == 1 else _connected(links, np.logical_and)

    def listing(self) -> list[Node]:
        if not self.is_next("(", "["):
            self.fail("'in' needs a list of values, such as (16, 32)")
        closing = ")" if self.next() == "(" else "]"
        values = [self.sum()]
        while self.is_next(","):
            self.place += 1
            if self.is_next(closing):
                break
            values.append(self.sum())
        self.expect(closing)
        return values

    def sum(self) -> Node:
        node = self.product()
        while self.is_next("+", "-"):
            node = _computed(self.next(), node, self.product())
        return node

    def product(self) -> Node:
        node = self.factor()
        while self.is_next("*", "/", "//", "%"):
            node = _computed(self.next(), node, self.factor())
        return node

    def factor(self) -> Node:
        sign = 1.0
        while self.is_next("-", "+"):
            sign *= -1.0 if self.next() == "-" else 1.0
        node = self.atom()
        return node if sign > 0 else _computed("*", lambda _c, _n: Operand.of_number(-1.0), node)

    def atom(self) -> Node:
        kind, text, _ = self.tokens[self.place]
        if self.is_next("("):
            self.place += 1
            node = self.either()
            self.expect(")")
            return node
        if kind in {"end", "operator"} or (kind == "name" and text in {"and", "or", "not", "in"}):
            self.fail("expected a column, a number or a quoted text")
        self.place += 1
        if kind == "number":
            return lambda _cells, _n: Operand.of_number(float(text))
        if kind == "text":
            return lambda _cells, _n: Operand.of_text(text[1:-1])
        return lambda cells, _n: Operand.of_column(text, cells)


def _connected(parts: list[Node], connect: Any) -> Node:
    return lambda cells, n: Operand.of_truth(connect.reduce([truth(part(cells, n), n) for part in parts]))


def _compared(operator: str, left: Node, right: Node) -> Node:
    return lambda cells, n: Operand.of_truth(compare(operator, left(cells, n), right(cells, n)))


def _listed(value: Node, listed: list[Node], *, negated: bool) -> Node:
    return lambda cells, n: Operand.of_truth(
        is_one_of(value(cells, n), [each(cells, n) for each in listed]) ^ negated
    )


def _computed(operator: str, left: Node, right: Node) -> Node:
    return lambda cells, n: add(operator, left(cells, n), right(cells, n))
