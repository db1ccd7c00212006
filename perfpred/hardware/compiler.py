"""The C++ compiler of the system."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache

_LIMIT_S = 20


@lru_cache(maxsize=1)
def compiler() -> tuple[str, str] | None:
    """Return the path and version line of the system's C++ compiler, or None where there is none."""
    path = shutil.which("g++") or shutil.which("clang++")
    if path is None:
        return None
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=_LIMIT_S)
    return path, (done.stdout.splitlines() or ["unknown"])[0]
