"""Errors that state the rule, the value and the fix.

Two kinds matter to a caller: `InputError` says that the request was wrong (exit code 2 on the command
line), any other `PerfpredError` that the work failed (exit code 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

MAX_REPEATS = 100_000
_MAX_COMPARED = 200
"""Characters of a name that is compared with others to find the nearest."""
_MAX_NAMES_COMPARED = 2000


class PerfpredError(Exception):
    """Base of every error perfpred raises on purpose."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Let an error reach the caller from another process, whatever its constructor takes."""
        return _rebuilt, (type(self), self.args, self.__dict__)


def _rebuilt(kind: type[PerfpredError], args: tuple[Any, ...], attributes: dict[str, Any]) -> PerfpredError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(attributes)
    return error


class InputError(PerfpredError, ValueError):
    """The request was wrong: a file, a name, a value or a combination of them."""


class ProblemsError(InputError):
    """Several problems found in one input, reported together.

    Parameters
    ----------
    source : str
        What was checked, such as a file name.
    problems : sequence of str
        One sentence a problem; the message shows the first `shown` and counts the rest.
    """

    shown = 20

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = tuple(problems)
        lines = [f"  {problem}" for problem in self.problems[: self.shown]]
        if len(self.problems) > self.shown:
            lines.append(f"  ... and {len(self.problems) - self.shown} more")
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__("\n".join([f"{source}: {len(self.problems)} {noun}", *lines]))


class ExpressionError(InputError):
    """An expression that cannot be parsed or evaluated; the message points at the character."""


class DataWarning(UserWarning):
    """What a user should know of data that was read: a column left out, a form taken for granted."""


class ProfileError(ProblemsError):
    """A profile that breaks the rules of the CSV contract."""


class ModelFileError(InputError):
    """A model file that cannot be trusted: edited, truncated, or of a newer format."""


class VariantUnavailableError(InputError):
    """A variant that cannot run here as asked; the message says why."""


class WriteError(PerfpredError):
    """A file could not be written though it was asked for rightly: a full disk, a read-only folder."""


class MeasurementError(PerfpredError):
    """Measuring failed for a reason that is not the caller's."""


class PerfpredWarning(UserWarning):
    """Something that the user should know, though the work goes on."""


class UnknownNameError(InputError):
    """A name that is not in a registry; the message offers the nearest known ones.

    Examples
    --------
    >>> print(UnknownNameError("variant", "openblass", ["eigen", "openblas"]))
    unknown variant 'openblass'; did you mean 'openblas'? known: eigen, openblas
    """

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        compared = [each for each in names if len(each) <= _MAX_COMPARED][:_MAX_NAMES_COMPARED]
        near = _nearest(name, compared) if len(name) <= _MAX_COMPARED else []
        hint = f"did you mean '{near[0]}'? " if near else ""
        super().__init__(f"unknown {what} '{shortened(name)}'; {hint}known: {shortlist(names) or 'none'}")


def _nearest(name: str, known: Sequence[str]) -> list[str]:
    """Return the name that differs in case alone, else the most similar one if there is any."""
    same = [each for each in known if each.casefold() == name.casefold()]
    import difflib  # takes as long to import as the rest of the package's door

    return same[:1] or difflib.get_close_matches(name, known, n=1)


def shortlist(items: Sequence[object], separator: str = ", ", shown: int = 20) -> str:
    """Return the first items for a message, each shortened, and a count of the rest.

    Examples
    --------
    >>> shortlist(["a", "b", "c"], shown=2)
    'a, b, ... and 1 more'
    """
    texts = [shortened(str(item)) for item in items[:shown]]
    if len(items) > shown:
        texts.append(f"... and {len(items) - shown} more")
    return separator.join(texts)


def require_repeats(repeats: int) -> None:
    """Raise `InputError` unless work can be repeated so often.

    Examples
    --------
    >>> require_repeats(0)
    Traceback (most recent call last):
    perfpred.errors.InputError: repeats must be from 1 to 100,000, but got 0
    """
    if not 1 <= repeats <= MAX_REPEATS:
        raise InputError(f"repeats must be from 1 to {MAX_REPEATS:,}, but got {quoted(repeats, 40)}")


def quoted(value: object, length: int = 100) -> str:
    """Return a value as Python writes it, for a message, its middle left out if it is long.

    Examples
    --------
    >>> quoted("ms"), quoted([1] * 1000, 20)
    ("'ms'", '[1, 1, 1..., 1, 1]')
    """
    try:
        return shortened(repr(value), length)
    except (ValueError, RecursionError):  # digits beyond Python's limit, or lists in lists in lists
        return f"a value of type {type(value).__name__} too large to show"


def one_line(text: object) -> str:
    r"""Return a text with every run of white space, line ends among it, as one space.

    Examples
    --------
    >>> one_line("a\n  b ")
    'a b'
    """
    return " ".join(str(text).split())


def shortened(text: str, length: int = 100) -> str:
    """Return a text, its middle left out if it is longer than `length`."""
    if len(text) <= length:
        return text
    kept = length // 2 - 2
    return f"{text[:kept]}...{text[-kept:]}"
