"""From the file arguments of a command to a profile and its complexity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perfpred.app.arguments import assignments
from perfpred.app.notices import data_warnings_as_notices
from perfpred.complexity import complexities
from perfpred.predict.bank import Bank, load
from perfpred.profile import Profile, read_profile
from perfpred.profile.columns.mapping import ColumnMapping

FALLBACK = {"variant": "default", "hardware": "default"}
"""The names of the only variant and hardware of one file, where nobody says them."""


def read(
    files: Sequence[Path],
    kernel: str | None = None,
    variant: str | None = None,
    hardware: str | None = None,
    columns: ColumnMapping | None = None,
) -> Profile:
    """Return the profile of all files together; the names serve files that lack those columns.

    What a user should know of the data is printed as notices.
    """
    with data_warnings_as_notices():
        return read_profile(
            list(files),
            kernel=kernel,
            variant=variant,
            hardware=hardware,
            columns=columns,
            fallback=FALLBACK if len(files) == 1 else None,
        )


def like_option(models: Path | None) -> Bank | None:
    """Return the models of ``--like``, None without it."""
    return None if models is None else load(models)


def complexity_option(texts: Sequence[str] | None) -> dict[str, str]:
    """Return ``NAME=EXPR`` options as a dictionary of expressions that parse."""
    named = assignments(texts or (), "--complexity")
    complexities(named)
    return named
