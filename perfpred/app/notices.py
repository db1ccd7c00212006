"""Warnings about data as notices on stderr."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from perfpred.app.console import notice
from perfpred.errors import DataWarning


@contextmanager
def data_warnings_as_notices() -> Iterator[None]:
    """Print each distinct `DataWarning` raised meanwhile once, as a notice; other warnings are as ever."""
    said: set[str] = set()
    with warnings.catch_warnings():
        warnings.filterwarnings("always", category=DataWarning)
        show = warnings.showwarning

        def tell(message: Any, category: type[Warning], *place: Any, **more: Any) -> None:
            if not issubclass(category, DataWarning):
                show(message, category, *place, **more)
            elif str(message) not in said:
                said.add(str(message))
                notice(str(message))

        warnings.showwarning = tell
        yield
