"""The lines of a journal: JSON objects that each carry their number and a short checksum.

A checksum is keyed by the journal's first line, so a line of another journal does not pass for one of this.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Problem: TypeAlias = Callable[[Mapping[str, Any]], str | None]
"""Why an entry cannot be one that was written, None if it can."""
SEALED = re.compile(rb'(\{.*), "sum": "([0-9a-f]{12})"\}', re.DOTALL)


def no_problem(entry: Mapping[str, Any]) -> None:
    """Take any JSON object for an entry."""


class DamagedLineError(ValueError):
    """A line that is not what was once written."""


def seal(entry: Mapping[str, Any], key: bytes) -> bytes:
    r"""Return an entry as a line that ends with its checksum, and a line end.

    Examples
    --------
    >>> seal({"row": 3}, b"header")
    b'{"row": 3, "sum": "8a63aef713cb"}\n'
    """
    body = json.dumps(entry).encode()
    return body[:-1] + b', "sum": "' + _checksum(body, key) + b'"}\n'


def is_sealed(line: bytes) -> bool:
    """Say whether a line has a checksum, right or wrong."""
    return SEALED.fullmatch(line) is not None


def unseal(line: bytes, key: bytes, *, must: bool) -> dict[str, Any]:
    """Return the entry of a line, without the checksum.

    Parameters
    ----------
    line : bytes
        Without its line end.
    key : bytes
        Of the journal.
    must : bool
        Whether a line without a checksum is damaged; older journals have none.

    Raises
    ------
    DamagedLineError
        If the checksum is wrong or missing, or the line is no JSON object.
    """
    sealed = SEALED.fullmatch(line)
    body = line
    if sealed is not None:
        body = sealed[1] + b"}"
        if sealed[2] != _checksum(body, key):
            raise DamagedLineError("its checksum is wrong")
    elif must:
        raise DamagedLineError("it has no checksum")
    try:
        entry = json.loads(body.decode())
    except (ValueError, RecursionError):  # no JSON, no UTF-8, too many digits; too deep
        raise DamagedLineError("it is not JSON") from None
    if not isinstance(entry, dict):
        raise DamagedLineError("it is no JSON object")
    return entry


def _checksum(body: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=6, key=hashlib.sha256(key).digest()).hexdigest().encode()


@dataclass(frozen=True)
class Damage:
    """What is wrong with the lines of a journal.

    Parameters
    ----------
    lines : int
        Lines after the first.
    damaged : int
        How many of them are not as they were written.
    first : int
        The number of the first damaged line, counted from 1; 0 if there is none.
    missing : int
        Lines that were written and are not there.
    last : int
        The largest number that a line bears.
    """

    lines: int
    damaged: int
    first: int
    missing: int
    last: int

    @property
    def any(self) -> bool:
        """Whether something was lost."""
        return bool(self.damaged or self.missing)

    def sentence(self) -> str:
        """Return what was lost, for a person.

        Examples
        --------
        >>> Damage(80, 2, 30, 0, 81).sentence()
        '2 of 80 lines are damaged, the first is line 30; what they held is measured again'
        """
        found = []
        if self.damaged:
            are = "line is" if self.damaged == 1 else f"of {self.lines} lines are"
            found.append(f"{self.damaged} {are} damaged, the first is line {self.first}")
        if self.missing:
            found.append(f"{self.missing} {'line is' if self.missing == 1 else 'lines are'} missing")
        return f"{' and '.join(found)}; what they held is measured again"


def read_lines(content: bytes, problem: Problem, *, must: bool) -> tuple[list[dict[str, Any]], Damage]:
    """Return the entries of a journal, without checksums and numbers, and what is wrong with the others.

    Numbers must increase: a line that was copied or moved does not count twice.

    Parameters
    ----------
    content : bytes
        A journal; what follows the last line end is not looked at.
    problem : callable
        Says why an entry cannot be one of this journal, None if it can.
    must : bool
        Whether each line must have a checksum.
    """
    header, *lines = content[: max(0, content.rfind(b"\n"))].split(b"\n")
    entries, damaged, last = [], [], 1
    for number, line in enumerate(lines, start=2):
        try:
            entry = unseal(line, header, must=must)
        except DamagedLineError:
            damaged.append(number)
            continue
        written = entry.pop("line", None)
        if problem(entry) is None and (written is None or _increases(written, last)):
            last = last if written is None else written
            entries.append(entry)
        else:
            damaged.append(number)
    missing = max(0, last - 1 - len(lines)) if must else 0
    first = damaged[0] if damaged else 0
    return entries, Damage(len(lines), len(damaged), first, missing, max(last, len(lines) + 1))


def _increases(written: object, last: int) -> bool:
    return isinstance(written, int) and not isinstance(written, bool) and written > last
