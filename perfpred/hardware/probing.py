"""What this machine is: its CPU, caches, memory and flags."""

from __future__ import annotations

import platform
from functools import lru_cache
from pathlib import Path

from perfpred.hardware.ids import cpu_id
from perfpred.hardware.machine import Machine
from perfpred.hardware.processors import allowed_processors

CACHE_DIR = Path("/sys/devices/system/cpu/cpu0/cache")


@lru_cache(maxsize=1)
def this_cpu() -> str:
    """Return the id of this machine's CPU type, quickly: nothing else is probed."""
    info = _cpuinfo()
    name = info.get("model name") or platform.processor() or platform.machine()
    return cpu_id(name, info.get("cpu family", ""), info.get("model", ""))


@lru_cache(maxsize=1)
def probe() -> Machine:
    """Return the description of this machine."""
    import archspec.cpu
    import psutil

    info = _cpuinfo()
    name = info.get("model name") or platform.processor() or platform.machine()
    return Machine(
        cpu=this_cpu(),
        model_name=name,
        microarchitecture=str(archspec.cpu.host().name),
        cores=psutil.cpu_count(logical=True) or 1,
        affinity=allowed_processors(),
        memory_bytes=int(psutil.virtual_memory().total),
        caches_bytes=_caches(),
        flags=tuple(sorted(info.get("flags", "").split())),
        governor=_text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor") or "unknown",
        system=platform.platform(),
    )


def _cpuinfo() -> dict[str, str]:
    """Return the first processor's entries of /proc/cpuinfo; empty where there is no such file."""
    first = _text("/proc/cpuinfo").split("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _caches() -> dict[str, int]:
    """Return the data and unified cache sizes of processor 0, in bytes."""
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    sizes: dict[str, int] = {}
    for index in sorted(CACHE_DIR.glob("index*")):
        kind, level = _text(index / "type"), _text(index / "level")
        size = _text(index / "size")
        if kind in ("Data", "Unified") and size:
            name = f"L{level}d" if kind == "Data" else f"L{level}"
            sizes[name] = int(size.rstrip("KMG")) * units.get(size[-1], 1)
    return sizes


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError:
        return ""
