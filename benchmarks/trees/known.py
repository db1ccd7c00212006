"""Differences that were intended: which, since which commit, and why."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """Something that the trees answer differently.

    Parameters
    ----------
    section : str
        What was asked: ``predict``, ``select``, ``header``, ``halide`` or ``search``.
    field : str
        Which part of the answer, such as ``time``.
    key : str
        What was asked exactly.
    before, after
        The whole answers of the earlier tree and of this one.
    """

    section: str
    field: str
    key: str
    before: Any
    after: Any


@dataclass(frozen=True)
class Known:
    """A difference that a commit made on purpose.

    Parameters
    ----------
    commit : str
        Nothing is excused where the earlier tree has this commit.
    reason : str
        What it changed.
    explains : callable
        Says whether a difference is this one.
    """

    commit: str
    reason: str
    explains: Callable[[Difference], bool]


def _is_wider_beyond(difference: Difference) -> bool:
    """Say whether both ends moved outward by one factor, beyond what training saw, about the same time."""
    before, after = difference.before, difference.after
    if difference.section != "predict" or difference.field not in ("low", "high") or before[3] or after[3]:
        return False
    below, above = math.log(before[1] / after[1]), math.log(after[2] / before[2])
    return below > 0 and math.isclose(below, above, rel_tol=1e-6)


MISCOMPILED = {"s98064d3aac3", "se67cc00a7c1", "s17ea189810b", "sff0e6a5c903"}
"""Schedules of the shipped profiles with a Func that slides along a loop that moves nothing of its reader."""


def _is_without_miscompiled(difference: Difference) -> bool:
    """Say whether a ranking is the earlier one without schedules that Halide compiles wrongly."""
    if (difference.section, difference.field) != ("halide", "ranking"):
        return False
    return difference.after == [name for name in difference.before if name not in MISCOMPILED]


def _is_less_sure_far_off(difference: Difference) -> bool:
    """Say whether a time is less sure at a size far from those that its pipeline was profiled at."""
    if (difference.section, difference.field) != ("halide", "deviation"):
        return False
    is_far = difference.key.startswith(("rank:conv_layer:1000x700 ", "rank:depthwise:1000x700 "))
    return is_far and difference.after["deviation"] > difference.before["deviation"]


KNOWN: tuple[Known, ...] = (
    Known("a5765ea", "intervals grow with the distance from what training saw", _is_wider_beyond),
    Known("05e397b", "schedules that Halide is known to compile wrongly are out", _is_without_miscompiled),
    Known("171442b", "sizes far from those profiled are predicted less surely", _is_less_sure_far_off),
)
