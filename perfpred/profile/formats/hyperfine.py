"""hyperfine's CSV: ``command,mean,stddev,median,user,system,min,max,parameter_n``, in seconds."""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.profile.columns.mapping import ColumnMapping
from perfpred.profile.command_templates import templates
from perfpred.profile.formats.recognised import Recognised, free_name, text_array, uses, with_noise
from perfpred.profile.grid import Grid

_COLUMNS = {"command", "mean", "stddev", "user", "system", "min", "max"}
_TIMES = ("median", "mean", "min", "max")
_RESULTS = dict.fromkeys((*_TIMES, "stddev", "user", "system"), "a result of hyperfine")
_RESULTS |= {"exit_codes": "a result of hyperfine"}
_PREFIX = "parameter_"


def read(grid: Grid, mapping: ColumnMapping, given: Mapping[str, str]) -> Recognised | None:
    """Return the file with ``n`` for ``parameter_n``; None if it is another file.

    Commands that differ in more than their parameters are variants.
    """
    if not grid.columns.keys() >= _COLUMNS:
        return None
    grid = with_noise(grid, "stddev", "mean", None)
    renamed = {
        name: free_name(name.removeprefix(_PREFIX), cells, grid)
        for name, cells in grid.columns.items()
        if name.startswith(_PREFIX) and name != _PREFIX
    }
    cells = {new: grid.columns[old] for old, new in renamed.items()}
    grid = grid.without(renamed, f"its name without '{_PREFIX}' is used").with_columns(cells)
    results = dict(_RESULTS)
    if not uses(mapping, "command"):
        grid = _with_variants(grid, renamed, given)
        results["command"] = "its parameters are columns"
    return Recognised(grid, "hyperfine", _TIMES, "s", results, {"command": "variant", **renamed})


def _with_variants(grid: Grid, renamed: Mapping[str, str], given: Mapping[str, str]) -> Grid:
    rows = [grid.texts(name) for name in renamed.values()]
    parameters = [name.removeprefix(_PREFIX) for name in renamed]
    commands = grid.texts("command")
    texts = zip(*rows, strict=True) if rows else [()] * len(commands)
    typed = templates(commands, [dict(zip(parameters, values, strict=True)) for values in texts])
    if len(set(typed)) == 1 or "variant" in given or "variant" in grid.columns or not parameters:
        return grid
    return grid.with_columns({"variant": text_array(typed)}).noting("variant is read from column 'command'")
