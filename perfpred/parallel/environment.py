"""What a result depends on beside its inputs: the code of perfpred, and the packages that calculate."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = ("numpy", "scipy", "scikit-learn", "torch", "lightgbm")
"""Those whose arithmetic ends up in models."""


@cache
def code_digest() -> str:
    """Return a hash of perfpred's Python files, the same wherever they are installed."""
    root = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*.py")):
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def own_version() -> str:
    """Return the version of perfpred itself, which is being imported when this module is."""
    return str(sys.modules["perfpred"].__version__)


def package_versions() -> dict[str, str | None]:
    """Return the version of each of `PACKAGES`, None of one that is not installed."""
    return {name: _version(name) for name in PACKAGES}


def origin(function: Callable[..., object]) -> str:
    """Return what identifies the code of a function, perhaps a plug-in's: its module, and a hash of that.

    Examples
    --------
    >>> origin(origin)
    'perfpred.parallel.environment'
    """
    name = getattr(function, "__module__", None) or type(function).__module__
    if name.partition(".")[0] == "perfpred":  # told by `code_digest`
        return name
    file = getattr(sys.modules.get(name), "__file__", None)
    return name if file is None else f"{name} {hashlib.sha256(Path(file).read_bytes()).hexdigest()}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
