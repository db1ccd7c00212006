"""Whether models are of the machine that asks."""

from __future__ import annotations

from collections.abc import Iterable

from perfpred.hardware import Hardware, this_cpu


def is_this_machine(hardware: Iterable[str]) -> bool | None:
    """Say whether any hardware id is of this machine; None where that cannot be told.

    An id that a user chose, such as ``cluster``, may be this machine or another.

    Examples
    --------
    >>> is_this_machine(["acme-1-1-avx2-1t"]), is_this_machine(["acme-1-1-avx2-1t", "cluster"])
    (False, None)
    """
    cpus = [cpu_of(identity) for identity in hardware]
    if this_cpu() in cpus:
        return True
    return None if None in cpus else False


def cpu_of(hardware: str) -> str | None:
    """Return the CPU type in a hardware id that perfpred made, None for any other id."""
    known = Hardware.named(hardware)
    return None if known is None else known.cpu
