"""The values of a parameter as T1 files state them: a Python list, range or comprehension in a text.

Nothing is run: Python's parser reads the text, and what it may hold is worked out here, within bounds.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeAlias

from perfpred.complexity.caret import fail_at
from perfpred.errors import ExpressionError, InputError
from perfpred.profile.cells import Value, value_of

MAX_LENGTH = 100_000
MAX_VALUES = 10_000
MAX_STEPS = 200_000
"""Parts of the expression that are worked out, those in a comprehension once for each of its values."""
MAX_DEPTH = 50
_MAX_SIZE = 2**63

Names: TypeAlias = Mapping[str, Any]

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Not: operator.not_,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, listed: value in listed,
    ast.NotIn: lambda value, listed: value not in listed,
}
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    each.__name__: each for each in (range, list, sorted, min, max, len, sum, abs, int, float)
}
_ALLOWED = "lists, ranges, comprehensions, arithmetic and comparisons are"


def expand(text: object) -> tuple[Value, ...]:
    """Return the values that the text of a Python list, range or comprehension stands for.

    Parameters
    ----------
    text : str
        For example ``"[2**i for i in range(4)]"`` or ``"[1] + list(range(16, 65, 16))"``.

    Returns
    -------
    tuple
        Whole numbers, floats and texts, each once, in the order stated; ``True`` is 1 and ``False`` 0.

    Raises
    ------
    ExpressionError
        If the text is anything else, or too much; the message has a caret under what is wrong.

    Examples
    --------
    >>> expand("[i*16 for i in range(1, 9) if i != 3]")
    (16, 32, 64, 80, 96, 112, 128)
    """
    body = _parse(text)
    worker = _Worker(str(text))
    found = worker.work(body, {}, 1)
    if not isinstance(found, list | range):
        worker.fail(body, "the values must be a list, such as [16, 32]")
    try:
        values = [checked_value(each) for each in worker.listed(body, found)]
    except InputError as error:
        worker.fail(body, str(error))
    if not values:
        worker.fail(body, "there must be at least one value")
    return tuple(dict.fromkeys(values))


def _parse(text: object) -> ast.expr:
    if not isinstance(text, str):
        raise ExpressionError(f"must be the text of a list such as '[16, 32]', but is {text!r}")
    if len(text) > MAX_LENGTH:
        raise ExpressionError(f"a list of values has at most {MAX_LENGTH} characters, but got {len(text)}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python's advice on the text is none on a file of values
            return ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        fail_at(text, _offset(text, error.lineno or 1, (error.offset or len(text) + 1) - 1), error.msg)
    except (RecursionError, MemoryError, ValueError):  # ValueError: a null character
        raise ExpressionError("this is not a list of values that can be read") from None


def _offset(text: str, line: int, column: int) -> int:
    """Return the position in `text` of a column of a line of the stripped text."""
    start = len(text) - len(text.lstrip())
    lines = text[start:].splitlines(keepends=True)
    return start + sum(len(each) for each in lines[: line - 1]) + column


def checked_value(value: object) -> Value:
    """Return a value as profiles hold it; raises `InputError` if it is blank, not finite or neither kind."""
    plain = value_of(value) if isinstance(value, int | float | str) else None
    if plain is None or (isinstance(plain, float) and not math.isfinite(plain)):
        raise InputError(f"a value must be a finite number or a text, but one is {value!r}")
    return plain


@dataclass
class _Worker:
    """Works out the parts of an expression; every part counts, so that none runs for long."""

    text: str
    steps: int = 0

    def fail(self, node: ast.AST, reason: str) -> NoReturn:
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        fail_at(self.text, _offset(self.text, line, column), reason)

    def spend(self, node: ast.AST, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > MAX_STEPS:
            self.fail(node, f"working out the values takes more than {MAX_STEPS} steps")

    def work(self, node: ast.expr, names: Names, depth: int) -> Any:
        """Return a number, text, truth value, list or range."""
        self.spend(node)
        if depth > MAX_DEPTH:
            self.fail(node, f"the values nest at most {MAX_DEPTH} levels deep")
        try:
            return self._bounded(node, self._part(node, names, depth + 1))
        except (ArithmeticError, TypeError, ValueError) as error:
            if isinstance(error, ExpressionError):
                raise
            self.fail(node, f"this cannot be worked out: {error}")

    def _part(self, node: ast.expr, names: Names, depth: int) -> Any:
        match node:
            case ast.Constant(value=value) if isinstance(value, bool | int | float | str):
                return value
            case ast.Name(id=name) if name in names:
                return names[name]
            case ast.List(elts=elements) | ast.Tuple(elts=elements):
                return [self.work(element, names, depth) for element in elements]
            case ast.ListComp() | ast.GeneratorExp():
                return self._comprehension(node, names, depth)
            case ast.BinOp():
                return self._binary(node, names, depth)
            case ast.UnaryOp(op=op, operand=operand) if type(op) in _UNARY:
                return _UNARY[type(op)](self.work(operand, names, depth))
            case ast.Compare() | ast.BoolOp() | ast.IfExp():
                return self._choice(node, names, depth)
            case ast.Call():
                return self._call(node, names, depth)
        return self._refuse(node)

    def _refuse(self, node: ast.expr) -> NoReturn:
        if isinstance(node, ast.Name):
            self.fail(node, f"'{node.id}' is not known here")
        self.fail(node, f"this is not allowed; {_ALLOWED}")

    def _bounded(self, node: ast.expr, value: Any) -> Any:
        if isinstance(value, complex) or (isinstance(value, int) and abs(value) > _MAX_SIZE):
            self.fail(node, "this number is too large or not real")
        if isinstance(value, list | range):
            self.spend(node, len(self.listed(node, value)))
        return value

    def listed(self, node: ast.expr, value: list[Any] | range) -> list[Any] | range:
        """Return a list or range that is not too long."""
        size = len(value) if isinstance(value, list) or _short(value) else MAX_VALUES + 1
        if size > MAX_VALUES:
            self.fail(node, f"a list holds at most {MAX_VALUES} values")
        return value

    def _binary(self, node: ast.BinOp, names: Names, depth: int) -> Any:
        left, right = self.work(node.left, names, depth), self.work(node.right, names, depth)
        if isinstance(left, list) and isinstance(right, list) and isinstance(node.op, ast.Add):
            return left + right
        if type(node.op) not in _BINARY:
            self._refuse(node)
        if not isinstance(left, int | float) or not isinstance(right, int | float):
            self.fail(node, "arithmetic needs numbers, and + two numbers or two lists")
        if isinstance(node.op, ast.Pow) and _huge_power(left, right):
            self.fail(node, "this power is too large")
        return _BINARY[type(node.op)](left, right)

    def _choice(self, node: ast.Compare | ast.BoolOp | ast.IfExp, names: Names, depth: int) -> Any:
        if isinstance(node, ast.IfExp):
            return self.work(node.body if self.work(node.test, names, depth) else node.orelse, names, depth)
        if isinstance(node, ast.Compare):
            return self._comparison(node, names, depth)
        stop = isinstance(node.op, ast.Or)
        for each in node.values:
            value = self.work(each, names, depth)
            if bool(value) is stop:
                break
        return value

    def _comparison(self, node: ast.Compare, names: Names, depth: int) -> bool:
        left = self.work(node.left, names, depth)
        for op, each in zip(node.ops, node.comparators, strict=True):
            if type(op) not in _COMPARE:
                self._refuse(node)
            right = self.work(each, names, depth)
            if not _COMPARE[type(op)](left, right):
                return False
            left = right
        return True

    def _call(self, node: ast.Call, names: Names, depth: int) -> Any:
        function = node.func.id if isinstance(node.func, ast.Name) else ""
        if function not in _FUNCTIONS or node.keywords:
            self.fail(node, f"this is not allowed; of functions, {', '.join(_FUNCTIONS)} are")
        return _FUNCTIONS[function](*[self.work(arg, names, depth) for arg in node.args])

    def _comprehension(self, node: ast.ListComp | ast.GeneratorExp, names: Names, depth: int) -> list[Any]:
        if len(node.generators) > MAX_DEPTH:
            self.fail(node, f"a comprehension has at most {MAX_DEPTH} loops")
        found: list[Any] = []
        self._loop(node, 0, names, depth, found)
        return found

    def _loop(
        self, node: ast.ListComp | ast.GeneratorExp, level: int, names: Names, depth: int, found: list[Any]
    ) -> None:
        """Run the loop number `level` of a comprehension, and those inside it."""
        if level == len(node.generators):
            found.append(self.work(node.elt, names, depth))
            return
        loop = node.generators[level]
        if not isinstance(loop.target, ast.Name) or loop.is_async:
            self.fail(loop.target, "a comprehension has one name for each of its loops")
        values = self.work(loop.iter, names, depth)
        if not isinstance(values, list | range):
            self.fail(loop.iter, "a comprehension goes through a list or a range")
        for value in values:
            inner = {**names, loop.target.id: value}
            if all(self.work(test, inner, depth) for test in loop.ifs):
                self._loop(node, level + 1, inner, depth, found)


def _short(values: range) -> bool:
    try:
        return len(values) <= MAX_VALUES
    except OverflowError:
        return False


def _huge_power(base: float, exponent: float) -> bool:
    """Whether a power of whole numbers would have far more digits than a value may have."""
    whole = isinstance(base, int) and isinstance(exponent, int)
    return whole and abs(base) > 1 and abs(exponent) > _MAX_SIZE.bit_length()
