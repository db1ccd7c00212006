"""A process that judges inputs and says of each what became of it; whoever started it may kill it.

It reads lines of JSON, a batch each, from its standard input, and writes a line before and after each input
to its standard output. What the judged code itself prints goes elsewhere: see `fuzzing.streams`.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import os
import random
import resource
import sys
import traceback
from pathlib import Path
from typing import Any

from fuzzing import streams
from fuzzing.kinds import Kind, WrongAnswerError
from fuzzing.registry import kind

GB = 1 << 30
GUARD = 4 * GB
"""Address space beyond what the process has: an allocation beyond it fails before it harms the machine."""
TRACEBACK, NONSENSE, MEMORY, SLOW, ABORT = "tracebacks", "nonsense", "over 1 GB", "over 10 s", "aborts"
ERROR_LENGTH = 4000


def input_of(judged: Kind, originals: Any, seed: int) -> bytes:
    """Return the mutated input of a seed: always the same one."""
    rng = random.Random(f"{judged.name} {seed}")
    return judged.mutate(rng.choice(originals), rng)


def verdict_of(judged: Kind, path: Path) -> dict[str, Any]:
    """Judge a file; returns its verdict, the error if any, processor time and the greatest memory."""
    _forget_peak()
    start = _cpu_s()
    error = ""
    try:
        verdict = judged.judge(path)
    except MemoryError:
        verdict, error = MEMORY, traceback.format_exc()
    except WrongAnswerError:
        verdict, error = NONSENSE, traceback.format_exc()
    except BaseException:
        verdict, error = TRACEBACK, traceback.format_exc()
    peak = _peak_bytes()
    if peak > GB and not error:
        verdict, error = MEMORY, f"{peak >> 20} MiB of memory"
    seconds = _cpu_s() - start
    if seconds > limit_s(judged) and not error:
        verdict, error = SLOW, f"{seconds:.1f} s of processor time"
    return {
        "verdict": verdict,
        "error": error[-ERROR_LENGTH:],
        "cpu_s": round(seconds, 4),
        "peak_mib": peak >> 20,
    }


def limit_s(judged: Kind) -> float:
    """Return the processor time an input of a kind may take: 10 s, unless the kind compiles."""
    return float(getattr(judged, "limit_s", 10.0))


def serve(folder: Path) -> None:
    """Judge batches until the standard input ends."""
    faulthandler.enable()
    requests, results = streams.take_over()
    known: dict[str, tuple[Kind, Any]] = {}
    for line in requests:
        batch = json.loads(line)
        name = batch["kind"]
        if name not in known:
            known[name] = _warm(name, folder, results)
        judged, originals = known[name]
        results.write(json.dumps({"limit_s": limit_s(judged)}) + "\n")
        _guard(on=not getattr(judged, "compiles", False))
        for seed in batch["seeds"]:
            _one(judged, originals, seed, folder, results)
        results.write('{"end": true}\n')
        results.flush()


def _one(judged: Kind, originals: Any, seed: int, folder: Path, results: Any) -> None:
    path = folder / f"{judged.name}-{seed}{judged.suffix}"
    path.write_bytes(input_of(judged, originals, seed))
    results.write(json.dumps({"at": seed, "file": path.name}) + "\n")
    results.flush()
    found = verdict_of(judged, path)
    if not found["error"]:
        path.unlink()
    results.write(json.dumps({"seed": seed, "file": path.name, **found}) + "\n")
    results.flush()


def _warm(name: str, folder: Path, results: Any) -> tuple[Kind, Any]:
    """Import what a kind needs, and judge a file that is right: it must not be refused."""
    results.write('{"warm": true}\n')
    results.flush()
    judged = kind(name)
    originals = judged.seeds()
    path = folder / f"{name}-right-{os.getpid()}{judged.suffix}"
    path.write_bytes(originals[0])
    verdict = judged.judge(path)
    if not verdict.startswith("accepted"):
        raise RuntimeError(f"{path}, which is right, is {verdict}")
    path.unlink()
    return judged, originals


def _cpu_s() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _forget_peak() -> None:
    with contextlib.suppress(OSError):  # where the system has no such file, the peak is of all inputs so far
        Path("/proc/self/clear_refs").write_text("5")


def _peak_bytes() -> int:
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def _guard(*, on: bool) -> None:
    """Limit the address space, but not where compilers run, which reserve much more than they use."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    limit = resource.RLIM_INFINITY
    if on and sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * resource.getpagesize() + GUARD
    resource.setrlimit(resource.RLIMIT_AS, (limit if most < 0 or limit < 0 else min(limit, most), most))
