"""What of a processor makes timings differ from run to run: a hypervisor, siblings, its clock, its heat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from perfpred.app.diagnosis.check import Check

CPUS = Path("/sys/devices/system/cpu")
THERMAL = Path("/sys/class/thermal")
HOT_C = 90.0
"""Degrees Celsius from which processors begin to lower their clock."""


def virtual() -> Iterator[Check]:
    """Say whether this is a virtual machine, whose processors others may share."""
    from perfpred.hardware import probe

    if "hypervisor" in probe().flags:
        advice = "neighbours may take turns on its processors: measure at quiet hours, and look at the noise"
        yield Check("virtual machine", "warning", "the CPU reports a hypervisor", advice)


def siblings(cpus: Path = CPUS) -> Iterator[Check]:
    """Say which of the processors that may be used share a core."""
    from perfpred.hardware.processors import allowed_processors

    shared = set()
    for number in allowed_processors():
        text = read(cpus / f"cpu{number}" / "topology" / "thread_siblings_list")
        if "," in text or "-" in text:
            shared.add(text)
    if shared:
        advice = "measure with at most one thread per core: two on one core slow each other"
        found = f"processors {' and '.join(sorted(shared)[:4])} share a core"
        yield Check("cores", "warning", found, advice)


def speed(cpus: Path = CPUS, thermal: Path = THERMAL) -> Iterator[Check]:
    """Say how fast and how hot the processor is, where the system tells."""
    now, most = (
        number(cpus / "cpu0" / "cpufreq" / name) for name in ("scaling_cur_freq", "cpuinfo_max_freq")
    )
    if now is not None and most is not None:
        yield Check("clock frequency", "ok", f"now {now / 1e6:.2f} GHz, at most {most / 1e6:.2f} GHz")
    degrees = [number(zone / "temp") for zone in sorted(thermal.glob("thermal_zone*"))]
    hottest = max((each / 1000 for each in degrees if each is not None), default=None)
    if hottest is None:
        return
    if hottest < HOT_C:
        yield Check("temperature", "ok", f"{hottest:.0f} °C at most")
    else:
        advice = "let it cool: a hot processor lowers its clock in the midst of a campaign"
        yield Check("temperature", "warning", f"{hottest:.0f} °C", advice)


def read(path: Path) -> str:
    """Return the text of a file of the system, empty where there is none."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return ""


def number(path: Path) -> float | None:
    """Return the number in a file of the system, None where there is none."""
    try:
        return float(read(path))
    except ValueError:
        return None
