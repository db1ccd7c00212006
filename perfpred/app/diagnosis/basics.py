"""What is installed, what can run here and why not, and how steady this machine's clock and speed are."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator

import numpy as np

from perfpred.app.diagnosis import machine, plug_ins, surroundings
from perfpred.app.diagnosis.check import Check
from perfpred.errors import PerfpredError
from perfpred.extras import EXTRA_OF

DISTRIBUTIONS = {
    "sklearn": "scikit-learn",
    "prometheus_client": "prometheus-client",
    "vl_convert": "vl-convert-python",
}
"""Where the name that pip installs differs from the module's."""
WHAT_FOR = {
    "train": "training, profiling, searches and reading CSVs",
    "native": "the Eigen and uBLAS variants",
    "halide": "choosing Halide schedules",
    "lightgbm": "the model lightgbm-c, and steadier ensembles",
    "plot": "figures",
    "report": "report pages",
    "serve": "the HTTP service",
    "cluster": "training and measuring on several machines",
}
NOISE_S = 1.5
"""How long the speed of the machine is watched, in seconds."""
MIN_FREE_BYTES = 256 << 20
"""Below this, compiled variants and schedules may not find room."""
QUIET = 0.05
"""A machine is quiet if its typical moment is at most 5% slower than its fastest."""


def diagnose() -> list[Check]:
    """Return all checks; the one of noise takes about 1.5 seconds, none fails."""
    checks: list[Check] = []
    for look in LOOKS:
        try:
            checks.extend(look())
        except (PerfpredError, OSError, ImportError, ValueError, subprocess.SubprocessError) as error:
            checks.append(Check(look.__name__.strip("_"), "broken", " ".join(str(error).split())[:300]))
    return checks


def _python() -> Iterator[Check]:
    import perfpred

    found = f"perfpred {perfpred.__version__}, Python {platform.python_version()}, NumPy {np.__version__}"
    yield Check("version", "ok", f"{found}, {sys.platform}")


def _machine() -> Iterator[Check]:
    from perfpred.hardware import probe

    machine = probe()
    allowed, cores = len(machine.affinity), machine.cores
    isa = machine.best_isa()
    yield Check("hardware", "ok", f"{machine.cpu}, widest ISA level {isa}: {machine.hardware(isa, 1).id}")
    detail = f"{allowed} of {cores} may be used, {machine.memory_bytes / 2**30:.1f} GiB of memory"
    yield Check("processors", "ok" if allowed == cores else "warning", detail)
    if machine.governor not in ("performance", "unknown"):
        advice = "set the governor to performance while measuring: the clock changes with the load"
        yield Check("clock governor", "warning", machine.governor, advice)


def _extras() -> Iterator[Check]:
    for extra in dict.fromkeys(EXTRA_OF.values()):
        modules = [module for module, owner in EXTRA_OF.items() if owner == extra]
        versions = {module: _version(module) for module in modules}
        missing = [
            DISTRIBUTIONS.get(module, module) for module, version in versions.items() if version is None
        ]
        use = WHAT_FOR[extra]
        if missing:
            detail = f"{', '.join(missing)} not installed; needed for {use}"
            yield Check(f"extra {extra}", "missing", detail, f"pip install 'perfpred[{extra}]'")
        else:
            found = ", ".join(f"{DISTRIBUTIONS.get(m, m)} {version}" for m, version in versions.items())
            yield Check(f"extra {extra}", "ok", f"{found}; for {use}")


def _version(module: str) -> str | None:
    try:
        return importlib.metadata.version(DISTRIBUTIONS.get(module, module))
    except importlib.metadata.PackageNotFoundError:
        return None


def _compiler() -> Iterator[Check]:
    from perfpred.hardware import compiler

    found = compiler()
    if found is None:
        advice = "install g++ or clang++, for the compiled variants and for kernels of your own in C"
        yield Check("C++ compiler", "missing", "neither g++ nor clang++ is on the path", advice)
    else:
        yield Check("C++ compiler", "ok", f"{found[0]}: {found[1]}")


def _cache() -> Iterator[Check]:
    from perfpred.variants.cache import cache_folder

    folder = cache_folder("")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        advice = "set XDG_CACHE_HOME to a folder that can be written to"
        yield Check("cache", "broken", f"{folder}: {error.strerror or error}", advice)
        return
    if (free := shutil.disk_usage(folder).free) < MIN_FREE_BYTES:
        advice = "free some, or set XDG_CACHE_HOME to a folder on a larger disk: compilations will fail"
        yield Check("cache", "warning", f"{folder}: {free / 2**20:.0f} MiB of the disk are free", advice)
        return
    size = sum(entry.stat().st_size for entry in folder.rglob("*") if entry.is_file())
    yield Check(
        "cache",
        "ok",
        f"{folder}, {size / 2**20:.0f} MiB of compiled code, {free / 2**30:.1f} GiB of the disk are free",
    )


def _models() -> Iterator[Check]:
    from perfpred.hardware import this_cpu
    from perfpred.predict.bank import load
    from perfpred.predict.machine import cpu_of
    from perfpred.shipped import shipped_models

    folder = shipped_models()
    combinations = [predictor.combination for predictor in load(folder)]
    machines = sorted({cpu_of(each.hardware) or each.hardware for each in combinations})
    detail = f"{len(combinations)} in {folder}, of {', '.join(machines)}"
    if this_cpu() in machines:
        yield Check("shipped models", "ok", detail)
    else:
        advice = "times of another machine were 34% off on average: profile the kernel here and train"
        yield Check("shipped models", "warning", f"{detail}; none is of this machine", advice)


def _variants() -> Iterator[Check]:
    from perfpred.hardware import probe
    from perfpred.kernels import KERNELS
    from perfpred.variants import variants_of

    machine = probe()
    here = machine.hardware(machine.best_isa(), 1)
    usable: dict[str, int] = {}
    reasons: dict[str, str] = {}
    for kernel in KERNELS.values():
        for variant in variants_of(kernel.name):
            problem = variant.problem(kernel, here)
            usable[variant.name] = usable.get(variant.name, 0) + (problem is None)
            if problem is not None:
                reasons.setdefault(variant.name, problem)
    for name, count in sorted(usable.items()):
        if count:
            yield Check(f"variant {name}", "ok", f"runs {count} kernel{'' if count == 1 else 's'} here")
        else:
            yield Check(f"variant {name}", "missing", reasons[name])


def _clock() -> Iterator[Check]:
    steps = []
    for _ in range(200):
        start = now = time.perf_counter_ns()
        while now == start:
            now = time.perf_counter_ns()
        steps.append(now - start)
    step = float(np.median(steps))
    state = "ok" if step <= 1000 else "warning"
    advice = "" if state == "ok" else "short kernels are repeated more often to be timed"
    yield Check("clock", state, f"its smallest step is {step:.0f} ns", advice)


def _noise(watch_s: float = NOISE_S, clock: Callable[[], float] = time.perf_counter) -> Iterator[Check]:
    from perfpred.measure.monitor import Monitor

    monitor, times, end = Monitor(), [], clock() + watch_s
    while clock() < end:
        times.append(monitor.time_s())
        time.sleep(0.002)
    fastest = min(times)
    typical, worst = np.quantile(np.array(times) / fastest - 1, (0.5, 0.95))
    detail = (
        f"a fixed small product typically takes {typical:.1%} longer than its fastest, one in twenty times "
        f"over {worst:.0%} ({len(times)} timings)"
    )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    if typical < QUIET:
        yield Check("noise", "ok", detail)
        return
    advice = (
        f"measure when it is idle (load average now {load:.1f}): timings are taken again until they agree"
    )
    yield Check("noise", "warning", detail, advice)


LOOKS: tuple[Callable[[], Iterator[Check]], ...] = (
    _python,
    _machine,
    machine.virtual,
    machine.siblings,
    machine.speed,
    surroundings.quota,
    surroundings.limits,
    surroundings.temporary_files,
    _extras,
    plug_ins.halide,
    plug_ins.gpu,
    plug_ins.entry_points_that_load,
    _compiler,
    _cache,
    _models,
    _variants,
    _clock,
    _noise,
)
"""What is looked at, in this order."""
