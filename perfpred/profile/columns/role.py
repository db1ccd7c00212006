"""`Role`: what a column is taken for, and why."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = (
    "kernel",
    "variant",
    "hardware",
    "parameter",
    "category",
    "time",
    "run",
    "noise",
    "status",
    "ignored",
    "suspicious",
)


@dataclass(frozen=True)
class Role:
    """What a column is taken for.

    Attributes
    ----------
    name : str
        The column as the file names it, or as it was read out of another one.
    role : str
        One of `ROLES`; ``category`` is a parameter of texts, ``suspicious`` one that is left out because it
        gives the time away.
    reason : str
        Why.
    """

    name: str
    role: str
    reason: str
