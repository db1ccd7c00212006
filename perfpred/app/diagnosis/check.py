"""One line of a diagnosis."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One line of the diagnosis.

    Parameters
    ----------
    name : str
        What was looked at.
    state : str
        ``ok``, ``missing`` (an optional part), ``warning`` or ``broken``.
    detail : str
        What was found.
    advice : str
        What to do about it; empty where nothing needs doing.
    """

    name: str
    state: str
    detail: str
    advice: str = ""
