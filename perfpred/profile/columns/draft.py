"""`Draft`: what is known of a file before its columns get their roles."""

from __future__ import annotations

from dataclasses import dataclass

from perfpred.combination import KEYS
from perfpred.profile.cells import values_of
from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.columns.reshape import Times
from perfpred.profile.formats import Recognised
from perfpred.profile.grid import Grid


@dataclass(frozen=True)
class Draft:
    """What is known of a file before its columns get their roles.

    Attributes
    ----------
    grid : Grid
        With the rows that are read.
    mapping : ColumnMapping
    trusted : frozenset of str
        Columns known to be parameters, whatever they look like.
    read : Recognised
        What the tool that wrote the file is known to write.
    times : Times, optional
    """

    grid: Grid
    mapping: ColumnMapping
    trusted: frozenset[str]
    read: Recognised
    times: Times | None

    def keys(self) -> dict[str, str]:
        """Return the columns of kernel, variant and hardware, as far as there are such."""
        named = {key: getattr(self.mapping, f"{key}_column") for key in KEYS}
        return {
            key: str(named[key] or key) for key in KEYS if named[key] is not None or key in self.grid.columns
        }

    def group(self) -> tuple[str | None, bool]:
        """Return the group column, and whether it is a parameter too: asked for as one, or a number."""
        group = self.mapping.group
        if group is None:
            return None, False
        if self.mapping.parameters is not None:
            return group, group in self.mapping.parameters
        return group, group not in self.mapping.ignore and self.kind(group) == "parameter"

    def kind(self, name: str) -> str:
        """Return ``parameter`` for a column most of whose cells are numbers, else ``category``."""
        if self.grid.is_plain(name):
            return "parameter"
        kinds = {type(value) is str for value in values_of(self.grid.distinct(name)) if value is not None}
        if len(kinds) < 2:
            return "category" if kinds == {True} else "parameter"
        values = values_of(self.grid.columns[name].tolist())
        texts = sum(isinstance(value, str) for value in values)
        return "category" if texts > sum(isinstance(v, int | float) for v in values) else "parameter"
