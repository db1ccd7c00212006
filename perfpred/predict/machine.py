"""Whether models are of the machine that asks."""

from __future__ import annotations

import re
from collections.abc import Iterable

from perfpred.hardware import ISA_LEVELS, this_cpu

_LEVELS = "|".join(map(re.escape, ISA_LEVELS))
_OURS = re.compile(rf"(?P<cpu>[a-z0-9-]+-\d+-\d+)-(?:{_LEVELS})-\d+t")
"""Ids that perfpred makes where it measures: CPU type with family and model, ISA level, threads."""


def is_this_machine(hardware: Iterable[str]) -> bool | None:
    """Say whether any hardware id is of this machine; None where that cannot be told.

    An id that a user made up, such as ``cluster``, may be this machine or another.

    Examples
    --------
    >>> is_this_machine(["acme-1-1-avx2-1t"]), is_this_machine(["acme-1-1-avx2-1t", "cluster"])
    (False, None)
    """
    cpus = [cpu_of(each) for each in hardware]
    if this_cpu() in cpus:
        return True
    return None if None in cpus else False


def cpu_of(hardware: str) -> str | None:
    """Return the CPU type in a hardware id that perfpred made, None for any other id."""
    found = _OURS.fullmatch(hardware)
    return found["cpu"] if found else None
