"""Warnings about data, and others of ours, as notices on stderr."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from perfpred.app.console import notice
from perfpred.errors import DataWarning, PerfpredWarning


@contextmanager
def data_warnings_as_notices() -> Iterator[None]:
    """Print each distinct warning of ours raised meanwhile once, as a notice; others are as ever.

    A `PerfpredWarning`, such as of another package's kernel that cannot be used, is marked as a warning.
    """
    said: set[str] = set()
    with warnings.catch_warnings():
        for ours in (DataWarning, PerfpredWarning):
            warnings.filterwarnings("always", category=ours)
        show = warnings.showwarning

        def tell(message: Any, category: type[Warning], *place: Any, **more: Any) -> None:
            if not issubclass(category, DataWarning | PerfpredWarning):
                show(message, category, *place, **more)
                return
            text = f"warning: {message}" if issubclass(category, PerfpredWarning) else str(message)
            if text not in said:
                said.add(text)
                notice(text)

        warnings.showwarning = tell
        yield
