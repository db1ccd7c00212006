"""`Role`: what a column is taken for, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """What a column is taken for.

    Attributes
    ----------
    name : str
        The column as the file names it, or as it was read out of another one.
    role : str
        ``kernel``, ``variant``, ``hardware``, ``parameter``, ``category`` (a parameter of texts), ``time``,
        ``run``, ``noise``, ``status``, ``ignored``, or ``suspicious`` (left out: it gives the time away).
    reason : str
        Why.
    """

    name: str
    role: str
    reason: str
