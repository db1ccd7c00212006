"""The unit of the times in a results file, and how it is known."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from perfpred.errors import InputError
from perfpred.exchange.formats import Format
from perfpred.exchange.results import Results
from perfpred.exchange.units import TimeUnit, unit_named
from perfpred.profile.time_units import UNIT_NAMES


def recorded_unit(results: Results, kind: Format) -> TimeUnit:
    """Return the unit that the file, its entries or its format state; raises `InputError` for no unit."""
    if results.unit:
        return TimeUnit(unit_named(results.unit), f"{results.unit_place} is '{results.unit}'")
    stated = {result.unit for result in results.results}
    if stated and "" not in stated:
        return TimeUnit(_first_known(sorted(stated)), "every measurement states its unit")
    name = kind.default_unit
    if kind.one_unit:
        return TimeUnit(name, f"that is the unit of {kind.name}")
    return TimeUnit(name, f"the file states none; a {kind.name} holds {UNIT_NAMES[name]}", assumed=True)


def _first_known(units: Sequence[str]) -> str:
    """Return the first unit that is known; an entry with another is rejected on its own."""
    for unit in units:
        with contextlib.suppress(InputError):
            return unit_named(unit)
    return unit_named(units[0])  # raises: there is no time in any entry
