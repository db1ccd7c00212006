"""What limits this process: a quota of processor time, the shell's limits, room for temporary files."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from perfpred.app.diagnosis.check import Check
from perfpred.app.diagnosis.machine import number, read

CGROUPS = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
MIN_ADDRESS_SPACE = 4 << 30
"""torch, Halide and their threads map more than they use."""
MIN_PROCESSES = 256
MIN_OPEN_FILES = 256
MIN_FREE_BYTES = 64 << 20


def quota(cgroups: Path = CGROUPS, membership: Path = MEMBERSHIP) -> Iterator[Check]:
    """Say whether a container may use fewer processors than it sees."""
    from perfpred.hardware.processors import allowed_processors

    granted, seen = _granted(cgroups, membership), len(allowed_processors())
    if granted is not None and granted < seen:
        advice = "measure with fewer threads than that: once the quota is used, processes stand still"
        detail = f"the container may use {granted:.3g} of the {seen} processors that it sees"
        yield Check("processor quota", "warning", detail, advice)


def _granted(cgroups: Path, membership: Path) -> float | None:
    """Return how many processors' time the control groups grant, None where they do not limit it."""
    own = [line.split(":", 2)[2] for line in read(membership).splitlines() if line.startswith("0::")]
    found = []
    for folder in {cgroups, *(cgroups / each.strip("/") for each in own)}:
        granted, _, period = read(folder / "cpu.max").partition(" ")
        if granted.isdigit() and period.isdigit() and int(period) > 0:
            found.append(int(granted) / int(period))
    granted_us, period_us = (number(cgroups / "cpu" / f"cpu.cfs_{each}_us") for each in ("quota", "period"))
    if granted_us is not None and period_us and granted_us > 0:
        found.append(granted_us / period_us)
    return min(found, default=None)


def limits() -> Iterator[Check]:
    """Say which limits of the shell are so low that work will fail."""
    try:
        import resource
    except ImportError:  # there is none on Windows
        return
    wanted = {
        "address space (ulimit -v)": (resource.RLIMIT_AS, MIN_ADDRESS_SPACE, 1 << 20, "MiB"),
        "processes (ulimit -u)": (resource.RLIMIT_NPROC, MIN_PROCESSES, 1, ""),
        "open files (ulimit -n)": (resource.RLIMIT_NOFILE, MIN_OPEN_FILES, 1, ""),
    }
    low = []
    for name, (which, least, unit, word) in wanted.items():
        now = resource.getrlimit(which)[0]
        if now not in (resource.RLIM_INFINITY, -1) and now < least:
            low.append(f"{name} {now // unit} {word}".rstrip() + f", less than {least // unit}")
    if low:
        yield Check("limits", "warning", "; ".join(low), "raise them with ulimit before you start perfpred")
    else:
        yield Check("limits", "ok", "address space, processes and open files suffice")


def temporary_files() -> Iterator[Check]:
    """Say whether temporary files can be written, and how much room there is."""
    advice = "set TMPDIR to a folder with room that can be written to"
    try:
        folder = tempfile.gettempdir()
        with tempfile.TemporaryFile() as file:
            file.write(b"0" * 4096)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        yield Check("temporary files", "broken", str(error.strerror or error), advice)
        return
    detail = f"{folder}, {free / 2**30:.1f} GiB free"
    if free < MIN_FREE_BYTES:
        yield Check("temporary files", "warning", detail, advice)
    else:
        yield Check("temporary files", "ok", detail)
