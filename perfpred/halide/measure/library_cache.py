"""The folder of compiled candidates, which outlives a campaign and a session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from perfpred.variants.cache import cache_folder, require_private, work_folder


def cache_dir() -> Path:
    """Return the folder of compiled candidates."""
    return cache_folder("halide")


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a folder in the cache for files of a session; one that a killed process left is removed later."""
    require_private(cache_dir())
    with work_folder(cache_dir()) as folder:
        yield folder
