"""`ColumnMapping`: what the columns of somebody else's CSV are, as the command line or a TOML file says."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from perfpred.errors import InputError, quoted
from perfpred.profile.columns.where import Filter
from perfpred.profile.time_units import UNITS

ESTIMATES = ("median", "min", "mean")
_LISTS = ("parameters", "ignore", "wide", "runs", "numbers")
_TIMES = ("time", "wide", "runs")


@dataclass(frozen=True)
class ColumnMapping:
    """Which column of a file is what; without arguments, the columns must be named as a profile names them.

    Parameters
    ----------
    time : str, optional
        The column of times.
    unit : str, optional
        Its unit, one of ``ns``, ``us``, ``ms``, ``s`` and ``min``, where its name or a column ``time_unit``
        does not say it.
    parameters : sequence of str, optional
        The parameters; every other column is left out. Default: every column that is nothing else.
    ignore : sequence of str
        Columns to leave out.
    kernel_column, variant_column, hardware_column : str, optional
        The columns of these texts, where they are named otherwise.
    wide : sequence of str
        Columns of times, one per variant: each row becomes one row per variant.
    runs : sequence of str
        Columns of times of repeated runs, from which `estimate` and the noise come.
    where : str, optional
        Which rows to keep, such as ``dtype == "fp16" and n >= 64``; see `Filter`.
    group : str, optional
        The column that names the input each row belongs to; it may be one of the parameters.
    estimate : str, optional
        ``median``, ``min`` or ``mean``: rows that differ in nothing but their time become one.
    numbers : sequence of str
        Columns whose numbers are written as ``64,000``, ``64K``, ``1_024``, ``0x40``, ``12 ms`` or ``50%``.

    Raises
    ------
    InputError
        If entries contradict each other, or one is not what it may be.

    Examples
    --------
    >>> ColumnMapping(time="Duration (us)", ignore=["Start"]).stated()
    {'time': 'Duration (us)', 'ignore': ['Start']}
    """

    time: str | None = None
    unit: str | None = None
    parameters: tuple[str, ...] | None = None
    ignore: tuple[str, ...] = ()
    kernel_column: str | None = None
    variant_column: str | None = None
    hardware_column: str | None = None
    wide: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    where: str | None = None
    group: str | None = None
    estimate: str | None = None
    numbers: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if field.name in _LISTS:
                object.__setattr__(self, field.name, _names(field.name, value))
            elif value is not None and (not isinstance(value, str) or not value.strip()):
                raise InputError(f"{option(field.name)} must be text and not blank, but got {quoted(value)}")
        _check_choice("unit", self.unit, UNITS)
        _check_choice("estimate", self.estimate, ESTIMATES)
        if self.where is not None:
            Filter(self.where)
        self._check_roles()

    def _check_roles(self) -> None:
        stated = [name for name in _TIMES if getattr(self, name)]
        if len(stated) > 1:
            raise InputError(f"{' and '.join(map(option, stated))} cannot be given together")
        if self.wide and self.variant_column:
            raise InputError(f"--wide names the variants, so {option('variant_column')} cannot be given")
        roles: dict[str, str] = {}
        for name in (
            "time",
            "wide",
            "runs",
            "kernel_column",
            "variant_column",
            "hardware_column",
            "parameters",
        ):
            value = getattr(self, name)
            for column in value if isinstance(value, tuple) else (value,) if value else ():
                if column in self.ignore:
                    raise InputError(f"{quoted(column)} cannot be both {option(name)} and --ignore")
                if roles.setdefault(column, name) != name:
                    raise InputError(
                        f"{quoted(column)} cannot be both {option(roles[column])} and {option(name)}"
                    )

        if self.group is not None and self.group in (self.time, *self.wide, *self.runs):
            raise InputError(f"'{self.group}' cannot be both --group and a column of times")
        keys = [self.kernel_column, self.variant_column, self.hardware_column]
        for column in self.numbers:
            if column in keys:
                raise InputError(
                    f"'{column}' cannot be both a name (kernel, variant, hardware) and --numbers"
                )

    def stated(self) -> dict[str, Any]:
        """Return the entries that are given, of JSON's types."""
        entries = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in entries.items()
            if value
        }

    def over(self, other: ColumnMapping) -> ColumnMapping:
        """Return this mapping with what it does not state taken from another.

        Examples
        --------
        >>> ColumnMapping(time="us").over(ColumnMapping(time="mean", unit="s", group="input")).stated()
        {'time': 'us', 'group': 'input'}
        """
        mine, rest = self.stated(), other.stated()
        if any(name in mine for name in _TIMES):  # a unit belongs to its times
            rest = {name: value for name, value in rest.items() if name not in (*_TIMES, "unit")}
        return ColumnMapping(**{**rest, **mine})


def option(name: str) -> str:
    """Return the command line's name of an entry.

    Examples
    --------
    >>> option("kernel_column")
    '--kernel-column'
    """
    return "--" + name.replace("_", "-")


def _names(name: str, value: Any) -> tuple[str, ...] | None:
    if value is None and name == "parameters":
        return None
    if isinstance(value, str):
        value = [entry.strip() for entry in value.split(",") if entry.strip()]
    if not isinstance(value, Iterable):
        raise InputError(f"{option(name)} must be names of columns, but got {quoted(value)}")
    listed = tuple(value)
    for entry in listed:
        if not isinstance(entry, str) or not entry.strip():
            raise InputError(f"{option(name)} must be names of columns, but got {quoted(entry)}")
    repeated = [entry for index, entry in enumerate(listed) if entry in listed[:index]]
    if repeated:
        raise InputError(f"{option(name)} names {quoted(repeated[0])} twice")
    if name == "parameters" and not listed:
        raise InputError("--parameters must name at least one column")
    if name in {"wide", "runs"} and len(listed) == 1:
        raise InputError(f"{option(name)} must name at least two columns, but got {quoted(listed[0])} alone")
    return listed


def _check_choice(name: str, value: str | None, choices: tuple[str, ...]) -> None:
    if value is not None and value not in choices:
        raise InputError(f"{option(name)} must be one of {', '.join(choices)}, but got {quoted(value)}")
