"""Sizes of pipelines: width and height."""

from __future__ import annotations

from typing import TypeAlias

Size: TypeAlias = tuple[int, int]


def size_text(size: Size) -> str:
    """Return a size as people write it.

    Examples
    --------
    >>> size_text((1536, 1024))
    '1536x1024'
    """
    return f"{size[0]}x{size[1]}"
