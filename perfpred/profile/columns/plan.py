"""`Plan`: what every column of a file is taken for, made from a `ColumnMapping`, names and cells."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from perfpred.profile.columns.cautions import may_follow_time, naming_problems, warnings
from perfpred.profile.columns.dates import date_reason
from perfpred.profile.columns.draft import Draft
from perfpred.profile.columns.forms import form_problem
from perfpred.profile.columns.judging import followed, revealed
from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.columns.reshape import Times
from perfpred.profile.columns.role import Role
from perfpred.profile.columns.roles import listed_roles, stated_roles
from perfpred.profile.columns.stated import kept_rows, missing_columns, with_numbers
from perfpred.profile.columns.timed import timed
from perfpred.profile.formats import recognise
from perfpred.profile.grid import Grid
from perfpred.profile.rules import RESERVED


@dataclass(frozen=True)
class Plan:
    """What becomes of a file's columns.

    Attributes
    ----------
    grid : Grid
        With the rows and columns as they will be read.
    roles : callable
        Returns one `Role` per column of the file, and per column read out of others.
    keys : dict of str to str
        From ``kernel``, ``variant`` and ``hardware`` to the column that holds it.
    parameters : tuple of str
    times : Times, optional
        None where the problems say why there are none.
    group : str, optional
        The group column.
    tool : str
        What wrote the file, empty if that is not known.
    warnings : tuple of str
        What the user should know, in sentences.
    problems : tuple of str
        What is wrong.
    is_complete : bool
        Whether the mapping could be followed; nothing else is known if not.
    """

    grid: Grid
    roles: Callable[[], tuple[Role, ...]]
    keys: Mapping[str, str]
    parameters: tuple[str, ...]
    times: Times | None
    group: str | None = None
    tool: str = ""
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    is_complete: bool = True


def make_plan(
    grid: Grid,
    mapping: ColumnMapping,
    given: Mapping[str, str],
    where: Callable[[int], str],
    trusted: Collection[str] = (),
) -> Plan:
    """Return what every column is taken for, with all that is wrong.

    Parameters
    ----------
    grid : Grid
        As the file has it.
    mapping : ColumnMapping
        What the user states of the columns.
    given : mapping of str to str
        The kernel, variant or hardware of every row, where stated.
    where : callable
        From a row of the sheet to its location in the file.
    trusted : collection of str
        Columns known to be parameters, whatever they look like.
    """
    original = grid.without(
        [name for name in mapping.ignore if mapping.wide and name == "variant"], "--ignore"
    )
    read = recognise(original, mapping, given)
    missing = missing_columns(grid, read.grid, mapping, given)
    if missing:
        return Plan(grid, tuple, {}, (), None, problems=(*grid.problems, *missing), is_complete=False)
    grid = kept_rows(with_numbers(read.grid, mapping), mapping)
    if not len(grid):
        none_left = () if mapping.where is None else (f"no row is left by --where {mapping.where}",)
        return Plan(grid, tuple, {}, (), None, problems=(*grid.problems, *none_left), is_complete=False)
    grid, times, problems = timed(grid, mapping, read, lambda row: where(int(grid.rows[row])))
    draft = Draft(grid, mapping, frozenset(trusted), replace(read, grid=grid), times)
    return _plan(draft, original, problems)


def _plan(draft: Draft, original: Grid, problems: Sequence[str]) -> Plan:
    """Give every column its role, and say what is wrong or doubtful."""
    grid, keys = draft.grid, draft.keys()
    group, is_parameter = draft.group()
    fixed = stated_roles(draft, keys, group if not is_parameter else None)
    free = [name for name in grid.columns if name not in fixed]
    suspects: dict[str, str] = {}
    if draft.mapping.parameters is not None:
        asked = [name for name in draft.mapping.parameters if name in grid.columns]
        fixed |= {n: Role(n, "ignored", "--parameters does not name it") for n in free if n not in asked}
        free = asked
    else:
        suspects = _suspects(draft, free, keys)
    named = tuple(name for name in free if name not in suspects)
    parameters = tuple(name for name in named if name not in RESERVED)
    kinds = {name: draft.kind(name) for name in parameters}
    odd = [name for name in parameters if not grid.is_plain(name)]
    wrong = [problem for name in odd if (problem := form_problem(name, grid.distinct(name))) is not None]
    doubts = map(may_follow_time, _doubtful(draft, parameters, keys))
    return Plan(
        grid,
        lambda: listed_roles(draft, original, fixed, suspects, kinds),
        keys,
        parameters,
        draft.times,
        group,
        draft.read.tool,
        (*grid.notes, *warnings(draft, suspects, kinds, keys), *doubts),
        (*grid.problems, *problems, *naming_problems(draft, named), *wrong),
    )


def _suspects(draft: Draft, free: Sequence[str], keys: Mapping[str, str]) -> dict[str, str]:
    """Return the columns that give the time away or say when rows were measured, with the reason."""
    revealing = revealed(draft.grid, free, keys, draft.times) if set(free) - draft.trusted else {}
    reasons = {**_dates(draft.grid, free), **revealing}
    return {name: reason for name, reason in reasons.items() if name not in draft.trusted}


def _dates(grid: Grid, free: Sequence[str]) -> dict[str, str]:
    """Return the columns that say when rows were measured, unless no other column is left."""
    reasons = {name: date_reason(name, grid.distinct(name)) for name in free}
    dates = {name: reason for name, reason in reasons.items() if reason is not None}
    return dates if len(dates) < len(reasons) else {}


def _doubtful(draft: Draft, parameters: Sequence[str], keys: Mapping[str, str]) -> list[str]:
    """Return the parameters that follow the time closely and that nobody asked for."""
    doubtful = set(parameters) - draft.trusted if draft.mapping.parameters is None else set()
    close = followed(draft.grid, parameters, keys, draft.times) if doubtful else []
    return [name for name in close if name in doubtful]
