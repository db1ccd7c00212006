"""`Profile`: measurements, one row per measurement, plus what is known about how they were taken."""

from __future__ import annotations

import copy
import difflib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from perfpred.combination import KEYS, Combination
from perfpred.errors import InputError, ProfileError
from perfpred.profile.groups import checked_groups
from perfpred.profile.metadata import by_kernel, check_complexity
from perfpred.profile.rules import RESERVED, Violation, check


@dataclass(frozen=True, eq=False)
class Profile:
    """A checked table of measurements; never changed, only derived from.

    Parameters
    ----------
    table : DataFrame, shape (n, columns)
        ``kernel``, ``variant``, ``hardware`` (text), the parameters (numbers or text), ``time_s`` (seconds),
        and optionally ``noise`` (relative repeatability of `time_s`), ``rounds`` (timings behind it) and
        ``status``. Copied and put in that order with rows numbered from 0; ``noise`` and ``rounds`` become
        NaN and ``status`` ``ok`` where missing. Texts lose the spaces around them, and a parameter given as
        texts that all read as numbers becomes numeric, exactly as if it had been read from a file.
    parameters : sequence of str
        Names of the parameter columns.
    metadata : dict, optional
        Whatever describes the whole, of JSON's types. ``complexity`` maps names to expressions, or kernels
        to such mappings where there are several.
    groups : Series or other sequence, length n, optional
        The input each row belongs to, such as the name of a matrix, in the order of the rows; kept as text.
        Rows of a group share what no parameter says, so a split must not put them on both sides.
    group_column : str, optional
        The name of that column. If it is a parameter, its values are the groups.

    Raises
    ------
    ProfileError
        If rows break a rule; all of them are listed.
    InputError
        If columns are missing, not named, or reserved, a complexity expression cannot be read, or the groups
        do not match the rows.

    Examples
    --------
    >>> rows = pd.DataFrame({"m": [64, 128], "time_s": [1e-6, 2e-6]})
    >>> profile = Profile(rows.assign(kernel="matvec", variant="eigen", hardware="xeon-1t"), ("m",))
    >>> len(profile), profile.table["status"].tolist()
    (2, ['ok', 'ok'])
    """

    table: pd.DataFrame
    parameters: tuple[str, ...]
    metadata: dict[str, Any] = field(default_factory=dict)
    groups: pd.Series[Any] | None = None
    group_column: str | None = None

    def __post_init__(self) -> None:
        parameters = tuple(self.parameters)
        check_complexity(self.metadata)
        _check_columns(self.table, parameters)
        table, broken = check(self.table, parameters)
        if broken:
            raise ProfileError("profile", [self._describe(each) for each in broken])
        groups = checked_groups(self.groups, self.group_column, table, parameters)
        object.__setattr__(self, "groups", groups)
        object.__setattr__(self, "table", table)
        object.__setattr__(self, "parameters", parameters)
        object.__setattr__(self, "metadata", copy.deepcopy(self.metadata))

    @classmethod
    def of_checked(
        cls,
        table: pd.DataFrame,
        parameters: tuple[str, ...],
        metadata: dict[str, Any],
        groups: pd.Series[Any] | None = None,
        group_column: str | None = None,
    ) -> Profile:
        """Return the profile of a table that `rules.check` returned without a violation, or of rows of one.

        Whatever follows from the rules for the whole, as for some of its rows, is not checked again.

        Parameters
        ----------
        table : DataFrame
            As `rules.check` returned it.
        parameters : tuple of str
        metadata : dict of str to object
            What its sidecar file holds.
        groups : pd.Series, optional
            The group of each row.
        group_column : str, optional
            The column that `groups` comes from.
        """
        profile: Profile = object.__new__(cls)
        values = {
            "table": table.reset_index(drop=True),
            "parameters": parameters,
            "metadata": copy.deepcopy(metadata),
            "groups": None if groups is None else groups.reset_index(drop=True),
            "group_column": group_column,
        }
        for name, value in values.items():
            object.__setattr__(profile, name, value)
        return profile

    def _describe(self, violation: Violation) -> str:
        row, column = violation.row, violation.column
        value = None if row is None or column not in self.table else self.table[column].tolist()[row]
        return violation.describe(value, f"row {(row or 0) + 1}", column)

    def __len__(self) -> int:
        return len(self.table)

    @property
    def ok(self) -> Profile:
        """The rows that hold a time."""
        return self._rows(self.table["status"] == "ok")

    @property
    def X(self) -> pd.DataFrame:  # noqa: N802
        """Parameters, shape (n, len(parameters)); failed rows included."""
        return self.table[list(self.parameters)]

    @property
    def time_s(self) -> NDArray[np.float64]:
        """Seconds, shape (n,); NaN where a measurement failed."""
        return self.table["time_s"].to_numpy(dtype=np.float64, copy=True)

    @property
    def noise_floor(self) -> float:
        """Mean noise of the ok rows that state it, NaN if none does; no predictor can be judged below it."""
        noise = self.table.loc[self.table["status"] == "ok", "noise"]
        return float(noise.mean()) if noise.notna().any() else float("nan")

    @property
    def complexity(self) -> dict[str, str]:
        """Named complexity expressions from the metadata; empty if it has none.

        Raises
        ------
        InputError
            If the profile holds several kernels with expressions of their own: ask each of `combinations`.
        """
        stated = self.metadata.get("complexity", {})
        if not by_kernel(stated):
            return dict(stated)
        kernels = self.table["kernel"].unique().tolist()
        if len(kernels) > 1:
            raise InputError(f"each kernel has its own complexity, and here are {', '.join(kernels)}")
        return dict(stated.get(kernels[0], {})) if kernels else {}

    def combinations(self) -> Iterator[tuple[Combination, Profile]]:
        """Yield each kernel, variant and hardware with its rows, in order of first appearance.

        Parameters that the combination does not use, because they belong to another kernel, are dropped.
        """
        for keys, rows in self.table.groupby(list(KEYS), sort=False):
            yield Combination(*(str(key) for key in keys)), self._rows(rows.index)

    def take(self, positions: ArrayLike) -> Profile:
        """Return the rows at these positions, an array of int of shape (m,), in that order."""
        return self._rows(self.table.index[np.asarray(positions, dtype=np.intp)])

    def _rows(self, rows: Any) -> Profile:
        table = self.table.loc[rows]
        given = table[list(self.parameters)].notna().any().to_numpy() | table.empty
        used = tuple(name for name, is_given in zip(self.parameters, given, strict=True) if is_given)
        if len(used) < len(self.parameters):
            table = table.drop(columns=[name for name in self.parameters if name not in set(used)])
        groups = None if self.groups is None else self.groups.loc[rows]
        return Profile.of_checked(table, used, self.metadata, groups, self.group_column)

    @cached_property
    def data_hash(self) -> str:
        """SHA-256 of the table in hex; the order of its rows counts, that of columns and metadata do not."""
        digest = hashlib.sha256()
        for name in (*KEYS, *sorted(self.parameters), "time_s", "noise", "rounds", "status"):
            cells = self.table[name]
            digest.update(f"\x1d{name}\x1e".encode("utf-8", "surrogatepass"))
            if cells.dtype.kind in "if":  # 512 and 512.0 are one value, as are 0.0 and -0.0
                digest.update("\x1f".join(map(repr, (cells.astype(float) + 0.0).tolist())).encode())
            else:
                texts = ["" if pd.isna(cell) else str(cell) for cell in cells]
                digest.update("\x1f".join(texts).encode("utf-8", "surrogatepass"))
        if self.groups is not None:
            digest.update(f"\x1dgroup {self.group_column}\x1e".encode("utf-8", "surrogatepass"))
            digest.update("\x1f".join(self.groups).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def _check_columns(table: pd.DataFrame, parameters: tuple[str, ...]) -> None:
    """Raise unless the columns are the ones a profile has, the named parameters, and no others."""
    columns = list(table.columns)
    for name in parameters:
        if not isinstance(name, str) or not name.strip() or name != name.strip() or name in RESERVED:
            raise InputError(f"{name!r} cannot name a parameter; reserved: {', '.join(RESERVED)}")
    if len(set(parameters)) < len(parameters) or not table.columns.is_unique:
        raise InputError(
            f"columns and parameters must differ from each other, but got {columns}, {parameters}"
        )
    if not parameters:
        raise InputError("a profile needs at least one parameter")
    known = {*parameters, *RESERVED} - {"time_ms", "time_us", "time_ns"}
    for name in (*KEYS, *parameters, "time_s"):
        if name not in table.columns:
            raise InputError(f"a profile needs column '{name}'{_near(name, columns)}; got {_listed(columns)}")
    unknown = [name for name in columns if name not in known]
    if unknown:
        raise InputError(f"columns must be named as parameters or left out: {_listed(unknown)}")


def _near(name: str, columns: Iterable[Any]) -> str:
    near = difflib.get_close_matches(name, [str(column) for column in columns], n=1)
    return f" (is it '{near[0]}'?)" if near else ""


def _listed(names: Iterable[Any]) -> str:
    return ", ".join(map(str, names)) or "none"
