"""The column of times of a file, and its unit."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from perfpred.combination import KEYS
from perfpred.profile.cells import values_of
from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.columns.units import is_rate, unit_of, words_of
from perfpred.profile.grid import Grid
from perfpred.profile.rules import TIME_UNITS
from perfpred.profile.time_units import spelled_unit

UNIT_COLUMNS = ("time_unit", "time unit", "unit", "units")
_TIME_WORDS = {
    "time": 6,
    "duration": 6,
    "latency": 6,
    "elapsed": 6,
    "runtime": 6,
    "walltime": 6,
    "wall": 5,
    "real": 4,
    "median": 3,
    "med": 3,
    "avg": 2,
    "average": 2,
    "mean": 2,
}
_NOT_THE_TIME = {
    "min",
    "max",
    "std",
    "stddev",
    "stdev",
    "cpu",
    "user",
    "system",
    "sys",
    "total",
    "start",
    "end",
}
_NOT_THE_TIME |= {"iqr", "var", "stamp", "timestamp", "date", "timeout", "limit", "compile", "setup", "unit"}
_PARTS = _NOT_THE_TIME - {"cpu"} | {"kernel", "copy", "overhead", "delay", "sleep", "interval", "period"}
UNIT_CHOICES = " (or ns, us, ms, min)"
_UNIT_HINT = f" --unit s{UNIT_CHOICES}"
_RUN = re.compile(
    r"(run|rep|repeat|repetition|trial|sample|measurement|iter|time|t|r)[ _\-.]?[0-9]+"
    r"(?:[ _\-.]*[\[(]?(?:ns|us|µs|ms|s|sec)[\])]?)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Found:
    """The time column, or why there is none.

    Attributes
    ----------
    name : str, optional
    unit : str or tuple of str
        One for all rows, or one per row.
    problems : tuple of str
    """

    name: str | None = None
    unit: str | tuple[str, ...] = "s"
    problems: tuple[str, ...] = ()


def find_time(grid: Grid, mapping: ColumnMapping, preferred: Sequence[str], unit: str | None) -> Found:
    """Return the time column.

    Parameters
    ----------
    grid : Grid
    mapping : ColumnMapping
        What the user states.
    preferred : sequence of str
        The columns of times of the tool that wrote the file, the best one first; empty if it is not known.
    unit : str, optional
        What they are in.
    """
    if mapping.time is not None:
        return unit_found(grid, mapping.time, mapping, unit if mapping.time in preferred else None)
    stated = [name for name in grid.columns if name in TIME_UNITS]
    if len(stated) == 1:
        return unit_found(grid, stated[0], mapping, None)
    if stated:
        return Found(
            problems=(
                f"there are several time columns, {', '.join(stated)}; choose one, such as {_say(stated[0])}",
            )
        )
    suggestion = suggested(grid, preferred, unit)
    hint = f"; is it {suggestion[0]}? perfpred inspect shows all columns" if suggestion else ""
    return Found(problems=(f"there is no time column; one of {', '.join(TIME_UNITS)} is needed{hint}",))


def unit_found(grid: Grid, name: str, mapping: ColumnMapping, known: str | None) -> Found:
    """Return a column with the unit that its name, the mapping, a column of units or its tool states.

    Parameters
    ----------
    grid : Grid
    name : str
        The column of times.
    mapping : ColumnMapping
        What the user states.
    known : str, optional
        The unit that the tool is known to write, if it is.
    """
    named, rows = unit_of(name), _units_of_rows(grid)
    if mapping.unit is not None and named not in (None, mapping.unit):
        return Found(name, named or "s", (f"column '{name}' says {named}, but --unit is {mapping.unit}",))
    stated = mapping.unit or named
    if stated is not None:
        others = sorted({unit for unit in rows or () if unit != stated})
        if others and mapping.unit is not None:
            return Found(name, stated, (f"column 'time_unit' says {others[0]}, but --unit is {stated}",))
        return Found(name, stated)
    if rows is not None:
        return Found(name, rows[0] if len(set(rows)) == 1 else rows)
    if known is not None:
        return Found(name, known)
    return Found(name, "s", (f"column '{name}' does not say its unit; add --unit ns, us, ms, s or min",))


def unit_column(grid: Grid) -> str | None:
    """Return the column that names the unit of each row, None if there is none."""
    for name in grid.columns:
        if name.lower() in UNIT_COLUMNS and all(map(spelled_unit, grid.distinct(name))):
            return name
    return None


def _units_of_rows(grid: Grid) -> tuple[str, ...] | None:
    name = unit_column(grid)
    return None if name is None or not len(grid) else tuple(spelled_unit(t) or "s" for t in grid.texts(name))


def suggested(grid: Grid, preferred: Sequence[str], unit: str | None) -> list[str]:
    """Return the options that would name the time column, the most likely first."""
    names = [name for name in preferred if name in grid.columns]
    several = [] if names else _several(grid)
    if several:
        return several
    if not names:
        scored = [(_score(name), place, name) for place, name in enumerate(grid.columns)]
        names = [
            name
            for score, _, name in sorted((-score, place, name) for score, place, name in scored if score)
            if score and _is_positive(grid, name)
        ]
        unit = None
    return [_say(name, unit or unit_of(name) or unit_column(grid)) for name in names]


def _several(grid: Grid) -> list[str]:
    """Return the option for columns of times of several runs or variants, where a table has such."""
    numbers = [name for name in grid.columns if _is_positive(grid, name)]
    runs = [name for name in numbers if _RUN.fullmatch(name)]
    stems = {_RUN.sub(r"\1", name) for name in runs}
    if len(runs) > 1 and len(stems) == 1:
        return [f"--runs {_listed(runs)}{_unit_of_all(runs)}"]
    timed = [name for name in numbers if unit_of(name)]
    plain = [name for name in timed if not set(words_of(name)) & (_PARTS | set(_TIME_WORDS))]
    if len(plain) > 1 and len(plain) == len(timed) and "variant" not in grid.columns:
        return [f"--wide {_listed(plain)}"]
    return []


def _listed(names: Sequence[str]) -> str:
    quoted = ['"' + name.replace('"', '""') + '"' if "," in name or '"' in name else name for name in names]
    return shlex.quote(",".join(quoted))


def _unit_of_all(names: Sequence[str]) -> str:
    return "" if all(map(unit_of, names)) else _UNIT_HINT


def _say(name: str, known: str | None = "s") -> str:
    return f"--time {shlex.quote(name)}{'' if known else _UNIT_HINT}"


def _score(name: str) -> int:
    """Return how much a name sounds like the time of a run, 0 for not at all."""
    if is_rate(name) or name in KEYS or name.lower() in UNIT_COLUMNS:
        return 0
    words = set(words_of(name))
    if words & _NOT_THE_TIME:
        return 0
    score = max((_TIME_WORDS.get(word, 0) for word in words), default=0)
    return score + (4 if unit_of(name) else 0)


def _is_positive(grid: Grid, name: str) -> bool:
    values = [value for value in values_of(grid.distinct(name)) if value is not None]
    return bool(values) and all(isinstance(value, int | float) and value >= 0 for value in values)
