"""Files of measurements and results of tuners to profiles, for reports and figures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from perfpred.errors import InputError

if TYPE_CHECKING:
    from perfpred.profile import Profile
    from perfpred.profile.columns.mapping import ColumnMapping


def reader(
    kernel: str | None, variant: str | None, hardware: str | None, columns: ColumnMapping
) -> Callable[[Path], Profile]:
    """Return what reads one file, whatever it is: a CSV, or JSON of a tuner or a benchmark tool.

    Parameters
    ----------
    kernel, variant, hardware : str, optional
    columns : ColumnMapping
    """
    from perfpred.app.reading import read

    def read_one(path: Path) -> Profile:
        if ".json" in path.suffixes:
            return _imported(path, kernel, variant, hardware)
        return read([path], kernel, variant, hardware, columns)

    return read_one


def _imported(path: Path, kernel: str | None, variant: str | None, hardware: str | None) -> Profile:
    """Return the results of a tuner; what they are of is named after the file where nobody says it."""
    from perfpred.exchange import Imported, Names, import_file

    stem = path.name.partition(".")[0]
    found = import_file(path, Names(kernel or stem, variant, hardware or "default"))
    if not isinstance(found, Imported):
        raise InputError(f"{path} states a tuning space without results; there is nothing to draw")
    return found.profile
