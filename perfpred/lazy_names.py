"""Names of a package that are loaded on first use, so that importing it imports nothing heavy."""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from perfpred.extras import missing_package


def lazy_names(
    package: str, homes: Mapping[str, str], renamed: Mapping[str, str] | None = None
) -> Callable[[str], Any]:
    """Return a package's ``__getattr__``.

    Parameters
    ----------
    package : str
    homes : mapping of str to str
        The module that defines each name.
    renamed : mapping of str to str, optional
        What names of earlier versions are called now; they work as before, with a `DeprecationWarning`.

    Raises
    ------
    MissingPackageError
        From the returned function, if the module needs a package that is not installed.
    """

    def __getattr__(name: str) -> Any:  # noqa: N807
        if renamed and name in renamed:
            now = renamed[name]
            warnings.warn(f"{package}.{name} is called {now} now", DeprecationWarning, stacklevel=2)
            return getattr(importlib.import_module(package), now)
        if name not in homes:
            raise AttributeError(f"module '{package}' has no attribute '{name}'")
        try:
            return getattr(importlib.import_module(homes[name]), name)
        except ImportError as error:
            missing = missing_package(error)
            if missing is None:
                raise
            raise missing from None

    return __getattr__
