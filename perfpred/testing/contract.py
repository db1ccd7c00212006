"""What a contract is: rules, each with its sentence, and an error that says which were broken and how."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from perfpred.errors import one_line

T = TypeVar("T")


class ContractError(AssertionError):
    """Rules of a contract that something breaks, and how."""


@dataclass(frozen=True)
class Rule(Generic[T]):
    """A rule that a subject keeps or breaks.

    Parameters
    ----------
    text : str
        The rule, as a sentence.
    check : callable
        Given the subject, it raises an `AssertionError`, such as by `require`, if the rule is broken.
    """

    text: str
    check: Callable[[T], None]

    @property
    def name(self) -> str:
        """The name of the check, for the id of a test."""
        return self.check.__name__.strip("_")

    def __call__(self, subject: T) -> None:
        """Raise `ContractError` if the subject breaks the rule."""
        try:
            self.check(subject)
        except ContractError:
            raise
        except AssertionError as error:
            raise ContractError(f"{self.text}: {error}") from error
        except Exception as error:
            raise ContractError(f"{self.text}: {type(error).__name__}: {one_line(error)}") from error


def require(condition: bool, found: str) -> None:
    """Raise `AssertionError` saying what was found, unless a condition holds."""
    if not condition:
        raise AssertionError(found)


def check_all(what: str, rules: Iterable[Rule[T]], subject: T) -> None:
    """Raise `ContractError` naming every rule that a subject breaks.

    Parameters
    ----------
    what : str
        The subject, for the message, such as ``variant 'blas'``.
    rules : iterable of Rule
    subject : object
        What each rule is asked of.

    Examples
    --------
    >>> check_all("the number", [Rule("it is even", lambda n: require(n % 2 == 0, f"{n} is odd"))], 3)
    Traceback (most recent call last):
        ...
    perfpred.testing.contract.ContractError: the number breaks 1 of 1 rules:
      it is even: 3 is odd
    """
    asked, broken = 0, []
    for rule in rules:
        asked += 1
        try:
            rule(subject)
        except ContractError as error:
            broken.append(f"  {error}")
    if broken:
        raise ContractError("\n".join([f"{what} breaks {len(broken)} of {asked} rules:", *broken]))
