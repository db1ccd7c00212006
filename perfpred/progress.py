"""What long work tells of itself; who shows it, and how, is the caller's business."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """What is told how far a long work is."""

    def update(self, done: int, total: int, note: str) -> None:
        """`done` of an estimated `total` pieces are finished; `total` may grow."""
        ...


class NullProgress:
    """Shows nothing."""

    def update(self, done: int, total: int, note: str) -> None:
        """Do nothing."""
