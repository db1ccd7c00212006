"""The append-only record of what took long to find out, such as timings: one JSON line each.

A line is written whole and handed to the system at once, so ``kill -9`` loses at most what is being
found out. A torn last line (a full disk, a power cut) is dropped when the journal is opened again. Each line
carries a checksum: a damaged one is skipped and counted, and what it held is measured again.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from perfpred.documents.claim import Claim
from perfpred.documents.journal_lines import (
    DamagedLineError,
    Problem,
    is_sealed,
    no_problem,
    read_lines,
    seal,
    unseal,
)
from perfpred.errors import InputError, MeasurementError, PerfpredWarning, shortened

FORMAT = 2
WITHOUT_CHECKSUMS = 1
"""The format of older journals: their lines are checked by what an entry may be."""
MAX_BYTES = 1 << 30
HEADER_START = b'{"format": '


class Journal:
    """A header line that states the plan, then one line per entry.

    The file is locked as long as it is open, see `Claim`. Damage is told as a `PerfpredWarning`.

    Parameters
    ----------
    where : Path or Claim
        The file, created with its folder; or one that is locked already, which is closed with the journal.
    plan : mapping
        What is measured; a journal is continued only by the same plan.
    resume : bool
        Continue an existing journal. Without it an existing journal is an error, so that hours of
        measuring are never overwritten by a repeated command.
    overwrite : bool
        Replace an existing journal, unless it is to be continued.
    problem : callable
        Says why an entry cannot be one of this journal, None if it can: such a line is damaged.

    Raises
    ------
    InputError
        If the journal exists and neither `resume` nor `overwrite` is set, it belongs to another plan, its
        first line is damaged, or another campaign is writing it.

    Attributes
    ----------
    started : str or None
        When the journal was begun, in UTC after ISO 8601.
    damage : Damage
        What was wrong with it when it was opened.
    """

    def __init__(
        self,
        where: Path | Claim,
        plan: Mapping[str, Any],
        *,
        resume: bool,
        overwrite: bool = False,
        problem: Problem = no_problem,
    ) -> None:
        self._problem = problem
        self._claim = where if isinstance(where, Claim) else Claim(where)
        self.path = self._claim.path
        try:
            self._open(json.loads(json.dumps(plan)), resume, overwrite)
        except BaseException:
            self.close()
            raise

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one entry.

        Raises
        ------
        MeasurementError
            If it cannot be written, as on a full disk; what was written before stays resumable.
        """
        self._lines += 1
        self._write(seal({**entry, "line": self._lines}, self._header))
        self._entries.append(json.loads(json.dumps(entry)))

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the entries recorded so far, in order."""
        yield from (dict(entry) for entry in self._entries)

    def close(self) -> None:
        """Close the file, which others may write then."""
        self._claim.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _open(self, plan: dict[str, Any], resume: bool, overwrite: bool) -> None:
        content = b"" if overwrite and not resume else self._content()
        if content and not resume:
            raise InputError(f"{self.path} exists: continue it with --resume, or remove it to start again")
        if b"\n" not in content and HEADER_START.startswith(content[: len(HEADER_START)]):
            content = self._begun(plan)  # nothing is there, or its writer was killed before any timing
        self._header = content.split(b"\n", 1)[0]
        header = self._checked_header(plan)
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            os.ftruncate(self._claim.descriptor, whole)
        self._entries, self.damage = read_lines(
            content, self._problem, must=header["format"] != WITHOUT_CHECKSUMS
        )
        self._lines = self.damage.last
        self.started = _moment(header.get("started"))
        if self.damage.any:
            warnings.warn(f"{self.path}: {self.damage.sentence()}", PerfpredWarning, stacklevel=4)

    def _content(self) -> bytes:
        if self._claim.size > MAX_BYTES:
            raise InputError(f"{self.path} has more than {MAX_BYTES} bytes, so it is no journal")
        with open(os.dup(self._claim.descriptor), "rb") as file:  # noqa: PTH123 - of a descriptor
            file.seek(0)
            return file.read(MAX_BYTES)

    def _begun(self, plan: Mapping[str, Any]) -> bytes:
        """Write the header; returns it."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        header = seal({"format": FORMAT, "started": now, "plan": plan}, b"")
        os.ftruncate(self._claim.descriptor, 0)
        self._write(header)
        return header

    def _write(self, line: bytes) -> None:
        """Append a line whole, or not at all."""
        before = self._claim.size
        try:
            written = 0
            while written < len(line):
                written += os.write(self._claim.descriptor, line[written:])
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._claim.descriptor, before)
            raise MeasurementError(
                f"cannot write {self.path}: {error.strerror}; what was timed is kept; make room and --resume"
            ) from None

    def _checked_header(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Return the header of a journal, which must be of this plan."""
        try:
            header = unseal(self._header, b"", must=False)
        except DamagedLineError as error:
            raise self._unreadable(str(error)) from None
        if header.get("format") not in (FORMAT, WITHOUT_CHECKSUMS):
            found = shortened(repr(header.get("format")), 20)
            raise InputError(f"{self.path} has journal format {found}, but 1 to {FORMAT} are known")
        if header["format"] == FORMAT and not is_sealed(self._header):
            raise self._unreadable("it has no checksum")
        recorded = header.get("plan")
        if not isinstance(recorded, dict):
            raise self._unreadable("it states no plan")
        differing = [_shown(key, plan) for key in {**recorded, **plan} if recorded.get(key) != plan.get(key)]
        if differing:
            raise InputError(
                f"{self.path} was written by another plan: {', '.join(differing[:10])} differ; "
                "repeat the command that began it, or choose another --out"
            )
        return header

    def _unreadable(self, why: str) -> InputError:
        return InputError(
            f"{self.path} is not a journal, or its line 1, which says what was measured, is damaged: {why}. "
            "Nothing else says what its timings are of: choose another --out, or replace it with --overwrite"
        )


def _shown(key: str, plan: Mapping[str, Any]) -> str:
    """Return a key of a plan; one that is not ours may hold anything."""
    return key if key in plan else shortened(repr(key), 40)


def _moment(text: Any) -> str | None:
    """Return a time as it was written, None unless it is one."""
    try:
        datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return str(text)
