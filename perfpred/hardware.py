"""Where a kernel runs: a machine, an instruction-set level, a number of threads, and the id made of them."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

from perfpred.errors import InputError, UnknownNameError

CACHE_DIR = Path("/sys/devices/system/cpu/cpu0/cache")


@dataclass(frozen=True)
class Isa:
    """An instruction-set level and how compilers and libraries are asked for it.

    Parameters
    ----------
    name : str
        The level as users name it, such as ``avx2``.
    cpu_flags : tuple of str
        What ``/proc/cpuinfo`` must list for the level to run.
    compiler_flags : tuple of str
        GCC and Clang flags.
    openblas_coretype, onednn_max_isa : str
        Values of ``OPENBLAS_CORETYPE`` and ``ONEDNN_MAX_CPU_ISA``.
    """

    name: str
    cpu_flags: tuple[str, ...]
    compiler_flags: tuple[str, ...]
    openblas_coretype: str
    onednn_max_isa: str


ISA_LEVELS: Mapping[str, Isa] = {
    level.name: level
    for level in (
        Isa("sse4.2", ("sse4_2",), ("-msse4.2",), "Nehalem", "SSE41"),
        Isa("avx2", ("avx2", "fma"), ("-mavx2", "-mfma"), "Haswell", "AVX2"),
        Isa(
            "avx512",
            ("avx512f", "avx512bw", "avx512dq", "avx512vl", "avx512cd"),
            (
                *("-mavx2", "-mfma", "-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mavx512cd"),
                "-mprefer-vector-width=512",
            ),
            "SkylakeX",
            "AVX512_CORE",
        ),
    )
}
"""From the plainest to the widest level."""


def isa_level(name: str) -> Isa:
    """Return the level called `name`; raises `UnknownNameError` with the nearest name."""
    try:
        return ISA_LEVELS[name]
    except KeyError:
        raise UnknownNameError("ISA level", name, ISA_LEVELS) from None


@dataclass(frozen=True)
class Hardware:
    """One place to run: a CPU, an ISA level and a number of threads.

    Examples
    --------
    >>> Hardware("intel-xeon-6-85", "avx2", 2).id
    'intel-xeon-6-85-avx2-2t'
    """

    cpu: str
    isa: str
    threads: int

    @property
    def id(self) -> str:
        """The stable id that datasets and models carry."""
        return f"{self.cpu}-{self.isa}-{self.threads}t"


@dataclass(frozen=True)
class Machine:
    """What is known of the machine this runs on; sizes in bytes.

    `caches_bytes` maps ``L1d``, ``L2``, ``L3`` to the size one core sees; `affinity` lists the
    processors this process may use.
    """

    cpu: str
    model_name: str
    microarchitecture: str
    cores: int
    affinity: tuple[int, ...]
    memory_bytes: int
    caches_bytes: Mapping[str, int]
    flags: tuple[str, ...]
    governor: str
    system: str

    def hardware(self, isa: str, threads: int) -> Hardware:
        """Return the `Hardware` of this machine for a level and thread count, or say why it has none.

        Raises
        ------
        InputError
            If this CPU lacks the level, or has fewer cores than `threads`.
        """
        place = Hardware(self.cpu, isa_level(isa).name, threads)
        problem = self.problem(place)
        if problem is not None:
            raise InputError(problem)
        return place

    def problem(self, place: Hardware) -> str | None:
        """Return why nothing can run at `place` on this machine, or None if it can."""
        missing = [flag for flag in isa_level(place.isa).cpu_flags if flag not in self.flags]
        if missing:
            return f"ISA level {place.isa} needs CPU flags {', '.join(missing)}, which {self.cpu} lacks"
        if not 1 <= place.threads <= len(self.affinity):
            return f"threads must be in 1..{len(self.affinity)} on this machine, but got {place.threads}"
        return None

    def best_isa(self) -> str:
        """Return the widest level this CPU has."""
        levels = [
            isa.name for isa in ISA_LEVELS.values() if all(flag in self.flags for flag in isa.cpu_flags)
        ]
        if not levels:
            raise InputError(f"{self.cpu} has none of the ISA levels {', '.join(ISA_LEVELS)}")
        return levels[-1]

    def describe(self) -> dict[str, object]:
        """Return a plain dictionary for a metadata file."""
        return {**asdict(self), "caches_bytes": dict(self.caches_bytes)}


def cpu_id(model_name: str, family: str, model: str) -> str:
    """Return a stable id of a CPU type from what CPUID says.

    Brand names are sometimes masked by a hypervisor, so the family and model numbers are part of it.

    Examples
    --------
    >>> cpu_id("Intel(R) Xeon(R) Platinum 8488C CPU @ 2.40GHz", "6", "143")
    'intel-xeon-platinum-8488c-6-143'
    """
    slug = _slug(re.sub(r"@.*|\b(cpu|processor)\b", " ", model_name.lower())) or "cpu"
    return "-".join(part for part in (slug, family, model) if part)


def _slug(name: str) -> str:
    return re.sub(r"(?:\((?:r|tm)\)|[^a-z0-9])+", "-", name.lower()).strip("-")


def device_id(name: str) -> str:
    """Return a stable id of a device, such as a GPU, from the name its driver gives; empty if it has none.

    Examples
    --------
    >>> device_id("NVIDIA GeForce RTX 3090")
    'nvidia-geforce-rtx-3090'
    """
    return _slug(name)


@lru_cache(maxsize=1)
def this_cpu() -> str:
    """Return the id of this machine's CPU type, quickly: nothing else is probed."""
    info = _cpuinfo()
    name = info.get("model name") or platform.processor() or platform.machine()
    return cpu_id(name, info.get("cpu family", ""), info.get("model", ""))


def allowed_processors() -> tuple[int, ...]:
    """Return the processors that this process may use, by number; all where the system does not tell."""
    if hasattr(os, "sched_getaffinity"):
        return tuple(sorted(os.sched_getaffinity(0)))
    return tuple(range(os.cpu_count() or 1))


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


@lru_cache(maxsize=1)
def compiler() -> tuple[str, str] | None:
    """Return the path and version line of the system's C++ compiler, or None where there is none."""
    from shutil import which

    path = which("g++") or which("clang++")
    if path is None:
        return None
    done = subprocess.run([path, "--version"], capture_output=True, text=True, check=False, timeout=20)
    return path, (done.stdout.splitlines() or ["unknown"])[0]


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
