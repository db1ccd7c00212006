"""The append-only record of a campaign: every raw timing, one JSON line each.

A line is written whole and handed to the system at once, so ``kill -9`` loses at most the row being
timed. A torn last line (a full disk, a power cut) is dropped when the journal is opened again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from perfpred.errors import InputError, MeasurementError
from perfpred.files import atomic_write, make_folder

FORMAT = 1


class Journal:
    """A campaign's journal: a header line that states the plan, then one line a timing.

    Parameters
    ----------
    path : Path
        The file; created with its folder.
    plan : mapping
        What is measured; a journal is continued only by the same plan.
    resume : bool
        Continue an existing journal. Without it an existing journal is an error, so that hours of
        measuring are never overwritten by a repeated command.

    Raises
    ------
    InputError
        If the journal exists and `resume` is false, or it belongs to another plan.

    Attributes
    ----------
    started : str or None
        When the journal was begun, in UTC after ISO 8601.
    """

    def __init__(self, path: Path, plan: Mapping[str, Any], *, resume: bool) -> None:
        self.path = path
        plan = json.loads(json.dumps(plan))
        if path.exists() and path.stat().st_size > 0:
            if not resume:
                raise InputError(f"{path} exists: continue it with --resume, or remove it to start again")
            header = self._checked_header(plan)
            self._drop_torn_line()
        else:
            make_folder(path.parent)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            header = {"format": FORMAT, "started": now, "plan": plan}
            atomic_write(path, json.dumps(header) + "\n")
        self.started: str | None = header.get("started")
        self._file = path.open("a", encoding="utf-8")

    def append(self, entry: Mapping[str, Any]) -> None:
        """Add one timing.

        Raises
        ------
        MeasurementError
            If it cannot be written, as on a full disk; what was written before stays resumable.
        """
        try:
            self._file.write(json.dumps(entry) + "\n")
            self._file.flush()
        except OSError as error:
            raise MeasurementError(
                f"cannot write {self.path}: {error.strerror}; what was timed is kept; make room and --resume"
            ) from None

    def entries(self) -> Iterator[dict[str, Any]]:
        """Yield the timings recorded so far, in order."""
        with self.path.open(encoding="utf-8") as file:
            next(file)
            for line in file:
                yield json.loads(line)

    def close(self) -> None:
        """Close the file."""
        with suppress(OSError):  # what could not be written has been said by `append`
            self._file.close()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _checked_header(self, plan: Mapping[str, Any]) -> dict[str, Any]:
        """Return the header of an existing journal of this plan."""
        with self.path.open(encoding="utf-8") as file:
            try:
                header: dict[str, Any] = json.loads(file.readline())
            except json.JSONDecodeError:
                raise InputError(f"{self.path} is not a journal: its first line is not JSON") from None
        if header.get("format") != FORMAT:
            raise InputError(f"{self.path} has journal format {header.get('format')}, but {FORMAT} is known")
        recorded = header["plan"]
        differing = [key for key in {**recorded, **plan} if recorded.get(key) != plan.get(key)]
        if differing:
            raise InputError(
                f"{self.path} was written by another plan: {', '.join(differing)} differ; "
                "repeat the command that began it, or choose another --out"
            )
        return header

    def _drop_torn_line(self) -> None:
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with self.path.open("r+b") as file:
                file.truncate(len(whole))
