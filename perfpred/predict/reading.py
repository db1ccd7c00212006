"""What one predictor reads of a query: the parameters it knows, with its constants filled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from perfpred.errors import InputError, UnknownNameError
from perfpred.kernels import KERNELS
from perfpred.kernels.domain import SizeRule
from perfpred.predict.checks import Floats
from perfpred.predict.predictor import Prediction, Predictor

_QUOTED = re.compile(r"'([^']+)'")
Query: TypeAlias = Mapping[str, "float | str"]


class UnansweredError(InputError):
    """A predictor has no answer to a query, though another of its kernel may have one."""


class Reader:
    """One predictor, asked with whatever a query names.

    Parameters
    ----------
    predictor : Predictor
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self.constants = predictor.constants
        self.rules = rules_of(predictor)
        self.names = frozenset(predictor.parameters)
        self._numeric = frozenset(predictor.ranges)

    def of(self, query: Query) -> dict[str, float | str]:
        """Return the parameters that this predictor knows, a constant where the query leaves it out.

        Raises
        ------
        UnansweredError
            If a parameter is missing.
        InputError
            If the sizes are of no output.
        """
        given: dict[str, float | str] = {}
        for name in self.predictor.parameters:
            if name in query:
                value = query[name]
                given[name] = _number(value) if type(value) is str and name in self._numeric else value
            elif name in self.constants:
                given[name] = self.constants[name]
            else:
                raise UnansweredError(f"a value of {', '.join(self._missing(query))} is missing")
        for rule in self.rules:
            rule.check(given)
        return given

    def select_from(self, query: Query) -> Prediction:
        """Return the prediction for the parameters of a query that this predictor knows.

        Raises
        ------
        UnansweredError
            If a parameter is missing, or a value of a category was never seen.
        """
        given = self.of(query)
        for name, levels in self.predictor.encoding.categories.items():
            if str(given[name]) not in levels:
                raise UnansweredError(str(UnknownNameError(f"value of {name}", str(given[name]), levels)))
        answer: Prediction = explained(self.predictor, lambda: self.predictor.predict(given))
        return answer

    def predict(self, query: Query) -> Prediction:
        """Return the prediction for a query.

        Raises
        ------
        UnknownNameError
            If the predictor has no such parameter.
        InputError
            If a parameter is missing or refused.
        """
        for name in query:
            if name not in self.predictor.parameters:
                kernel = self.predictor.combination.kernel
                raise UnknownNameError(f"parameter of {kernel}", name, self.predictor.parameters)
        try:
            given = self.of(query)
        except UnansweredError as error:
            raise InputError(f"{self.predictor.combination}: {error}") from None
        answer: Prediction = explained(self.predictor, lambda: self.predictor.predict(given))
        return answer

    def table_of(self, columns: Any) -> dict[str, Any]:
        """Return the columns that this predictor reads of a table, its constants filled in.

        Raises
        ------
        InputError
            If the kernel has no output of the sizes in a row.
        """
        given: dict[str, Any] = {n: columns[n] for n in self.predictor.parameters if n in columns}
        rows = len(np.atleast_1d(next(iter(given.values())))) if given else 1
        for name, value in self.constants.items():
            given.setdefault(name, np.full(rows, value, dtype=object if isinstance(value, str) else None))
        for rule in self.rules:
            rule.check_rows(given)
        return given

    def predict_table(self, columns: Any) -> Floats:
        """Return predicted seconds of the rows of a table, shape (n,)."""
        given = self.table_of(columns)
        times: Floats = explained(self.predictor, lambda: self.predictor.predict_table(given))
        return times

    def _missing(self, query: Query) -> list[str]:
        return [n for n in self.predictor.parameters if n not in query and n not in self.constants]


def rules_of(predictor: Predictor) -> tuple[SizeRule, ...]:
    """Return what sizes must be for the kernel to have an output, where the parameters are its own.

    A model whose training broke a rule is of another kernel of that name.
    """
    known = KERNELS.get(predictor.combination.kernel)
    if known is None or set(known.parameter_names) != set(predictor.ranges) or predictor.encoding.categories:
        return ()
    lowest = {name: seen.low for name, seen in predictor.ranges.items()}
    return known.domain if all(rule.may_hold(lowest) for rule in known.domain) else ()


def require_known(kernel: str, readers: Sequence[Reader], query: Query) -> None:
    """Raise `UnknownNameError` if the query names a parameter that no predictor of the kernel has."""
    if any(reader.names.issuperset(query) for reader in readers):
        return
    known = frozenset().union(*(reader.names for reader in readers))
    for name in query:
        if name not in known:
            raise UnknownNameError(f"parameter of {kernel}", name, known)


def explained(predictor: Predictor, answer: Callable[[], Any]) -> Any:
    """Return an answer; an `InputError` that quotes an expression of the kernel says where that is from."""
    try:
        return answer()
    except InputError as error:
        origin = _origin(predictor, str(error))
        if not origin:
            raise
        raise InputError(f"{error}; {origin}") from None


def _origin(predictor: Predictor, message: str) -> str:
    """Say where an expression in a message is from, unless it is the user's own."""
    training, formula = predictor.training, predictor.formula
    known = KERNELS.get(predictor.combination.kernel)
    offered = {} if known is None else {"complexity": known.complexity, "feature": known.candidates}
    given = () if training.found else training.complexity.values()
    made = [
        *getattr(formula, "terms", ()),
        *(getattr(each, "expression", each) for each in getattr(formula, "inputs", ())),
    ]
    for quoted in _QUOTED.findall(message):
        if quoted in predictor.parameters:  # a name, which says itself what it is
            continue
        for kind, expressions in offered.items():
            for name, text in expressions.items():
                if text == quoted:
                    called = "" if name == text else f" '{name}'"
                    kernel = predictor.combination.kernel
                    return f"the expression is the built-in {kind}{called} of kernel {kernel}"
        if quoted not in given and (quoted in made or quoted in training.complexity.values()):
            return "the expression is one that training made of the parameters"
    return ""


def _number(text: str) -> float | str:
    """Return the number that a text is; what is none stays for the predictor to explain."""
    try:
        return float(text)
    except ValueError:
        return text
