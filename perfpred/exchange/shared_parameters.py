"""Parameters that all results of a file share: what the file states of them, and what the user adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from perfpred.errors import InputError
from perfpred.exchange.results import Results
from perfpred.exchange.values import checked_value
from perfpred.profile.cells import Value


def with_shared_parameters(results: Results, stated: Mapping[str, Value]) -> Results:
    """Give every result the parameters that all of them share.

    Parameters
    ----------
    results : Results
    stated : mapping of str to number or text
        What the user says that all rows share.

    Raises
    ------
    InputError
        If the file says otherwise, or has such a parameter in its entries.
    """
    shared = {**results.constants, **{name: _checked(name, value) for name, value in stated.items()}}
    if not shared:
        return results
    _require_agreement(results, shared)
    entries = [
        replace(result, configuration={**result.configuration, **shared})
        if isinstance(result.configuration, Mapping)
        else result
        for result in results.results
    ]
    parameters = (*results.parameters, *shared) if results.parameters else ()
    return replace(results, results=entries, parameters=parameters, constants=shared)


def _require_agreement(results: Results, shared: Mapping[str, Value]) -> None:
    own = {
        name
        for result in results.results
        if isinstance(result.configuration, Mapping)
        for name in result.configuration
    }
    for name, value in shared.items():
        if name in own:
            raise InputError(f"--param {name}: the file has a parameter of that name")
        stated = results.constants.get(name, value)
        if stated != value:
            raise InputError(f"--param {name}={value}: the file says that it is {stated}")


def _checked(name: str, value: Value) -> Value:
    try:
        return checked_value(value)
    except InputError as error:
        raise InputError(f"--param {name}: {error}") from None
