"""From the file arguments of a command to a profile and its complexity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from perfpred.app.arguments import assignments
from perfpred.app.console import notice
from perfpred.app.notices import data_warnings_as_notices
from perfpred.complexity import complexities
from perfpred.errors import InputError
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

    Parameters
    ----------
    files : sequence of Path
        The CSVs.
    kernel : str, optional
        For files that lack the column.
    variant : str, optional
        For files that lack the column.
    hardware : str, optional
        For files that lack the column.
    columns : ColumnMapping, optional
        What columns are taken for.
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


def transfer_folder(transfer_from: Path | None, like: Path | None) -> Path | None:
    """Return the folder of ``--transfer-from``, or of ``--like``, its earlier name, with a notice.

    Raises
    ------
    InputError
        If both are given.
    """
    if like is None:
        return transfer_from
    if transfer_from is not None:
        raise InputError("--like is an earlier name of --transfer-from: give one of them")
    notice("--like is now called --transfer-from")
    return like


def transfer_option(transfer_from: Path | None, like: Path | None = None) -> Bank | None:
    """Return the models of ``--transfer-from``, None without it; see `transfer_folder`."""
    folder = transfer_folder(transfer_from, like)
    return None if folder is None else load(folder)


def complexity_option(texts: Sequence[str] | None) -> dict[str, str]:
    """Return ``NAME=EXPR`` options as a dictionary of expressions that parse."""
    named = assignments(texts or (), "--complexity")
    complexities(named)
    return named
