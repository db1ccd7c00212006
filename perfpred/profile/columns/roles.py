"""The `Role` of every column of a file."""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.profile.cells import values_of
from perfpred.profile.columns.draft import Draft
from perfpred.profile.columns.mapping import option
from perfpred.profile.columns.role import Role
from perfpred.profile.columns.suspect_names import suspicion
from perfpred.profile.columns.times import unit_column
from perfpred.profile.grid import Grid
from perfpred.profile.rules import TIME_UNITS


def stated_roles(draft: Draft, keys: Mapping[str, str], group: str | None) -> dict[str, Role]:
    """Return the columns whose roles are stated or follow from their names."""
    columns = draft.grid.columns
    roles = {
        n: Role(n, "suspicious" if suspicion(n) else "ignored", reason)
        for n, reason in draft.read.results.items()
        if n in columns
    }
    for name in draft.mapping.parameters or ():
        roles.pop(name, None)
    times = (*TIME_UNITS, *([] if draft.mapping.time is None else [draft.mapping.time]))
    roles |= {n: Role(n, "ignored", "it is a time that is not read") for n in times if n in columns}
    roles |= {n: Role(n, "ignored", "--ignore names it") for n in draft.mapping.ignore if n in columns}
    if group is not None:
        roles[group] = Role(group, "ignored", "it is the group of each row (--group), not a parameter")
    unit = unit_column(draft.grid)
    if unit is not None:
        roles[unit] = Role(unit, "ignored", "it is the unit of the times")
    roles |= {n: Role(n, "noise", "by its name") for n in ("noise", "rounds") if n in columns}
    if "status" in columns:
        roles["status"] = Role("status", "status", "by its name")
    for key, name in keys.items():
        roles[name] = Role(name, key, "by its name" if name == key else f"{option(key + '_column')} names it")
    if draft.times is not None and len(draft.times.labels) == 1 and draft.times.labels[0] in columns:
        name = draft.times.labels[0]
        unit_text = draft.times.unit if isinstance(draft.times.unit, str) else "units of its own in each row"
        roles[name] = Role(name, "time", f"in {unit_text}")
    return roles


def listed_roles(
    draft: Draft,
    original: Grid,
    fixed: Mapping[str, Role],
    suspects: Mapping[str, str],
    kinds: Mapping[str, str],
) -> tuple[Role, ...]:
    """Return the role of every column of the file, and of every column read out of others.

    Parameters
    ----------
    draft : Draft
    original : Grid
        The file before anything was read out of it.
    fixed : mapping of str to Role
        The columns whose roles are stated.
    suspects : mapping of str to str
        The columns that give the time away, with the reason.
    kinds : mapping of str to str
        The parameters, each ``parameter`` or ``category``.
    """
    listed = []
    for name in dict.fromkeys([*original.columns, *draft.grid.columns, *original.dropped]):
        if name in fixed:
            listed.append(fixed[name])
        elif name in suspects:
            listed.append(Role(name, "suspicious", suspects[name]))
        elif name in kinds:
            listed.append(Role(name, kinds[name], _range(draft, name)))
        elif name in draft.mapping.wide:
            listed.append(Role(name, "time", "--wide names it: one variant"))
        elif name in draft.mapping.runs:
            listed.append(Role(name, "run", "--runs names it"))
        elif (read := _read_as(draft, name, fixed, kinds)) is not None:
            listed.append(read)
        else:
            reason = {**original.dropped, **draft.grid.dropped}.get(name, "it was read")
            listed.append(Role(name, "ignored", reason))
    return tuple(listed)


def _read_as(draft: Draft, name: str, fixed: Mapping[str, Role], kinds: Mapping[str, str]) -> Role | None:
    """Return the role of a column that is read under another name, None for others."""
    target = draft.read.sources.get(name)
    if target is None or target == name:
        return None
    if target == "kernel" and target not in fixed:  # the kernel was stated
        target = "variant"
    if target in fixed:
        return Role(name, fixed[target].role, f"read as '{target}'")
    return Role(name, kinds[target], f"read as '{target}'") if target in kinds else None


def _range(draft: Draft, name: str) -> str:
    values = [value for value in values_of(draft.grid.distinct(name)) if value is not None]
    distinct = set(values)
    if not values:
        return "blank"
    if any(isinstance(value, str) for value in values):
        return f"{len(distinct)} values" if len(distinct) > 1 else f"always {next(iter(distinct))!r}"
    numbers = [float(value) for value in values if not isinstance(value, str)]
    if len(distinct) == 1:
        return f"always {numbers[0]:g}: one value, which changes nothing"
    return f"{len(distinct)} values from {min(numbers):g} to {max(numbers):g}"
