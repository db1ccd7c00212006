"""Options of strategies: checked where they are given, by name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, cast

from perfpred.errors import InputError, UnknownNameError


def require_option(strategy: str, rule: str, holds: bool, value: object) -> None:
    """Raise `InputError` naming the strategy, the rule and the value unless the rule holds.

    Parameters
    ----------
    strategy : str
        Whose option it is.
    rule : str
        What it must be.
    holds : bool
        Whether the rule holds.
    value : object
        What breaks it.
    """
    if not holds:
        raise InputError(f"strategy '{strategy}': {rule} must hold, but got {value!r}")


def made_with(name: str, kind: Callable[..., Any], options: Mapping[str, Any], **fixed: Any) -> Any:
    """Return a strategy, a dataclass whose fields are its options.

    Parameters
    ----------
    name : str
        Of the strategy.
    kind : callable
        The class of the strategy.
    options : mapping of str to object
        What the user set.
    **fixed : object
        What the caller sets.

    Raises
    ------
    UnknownNameError
        If there is no such option.
    InputError
        If a value is of another type than the option's default, or breaks its rule.
    """
    known = {
        each.name: each
        for each in dataclasses.fields(cast(Any, kind))
        if each.init and each.name not in fixed
    }
    for key, value in options.items():
        if key not in known:
            raise UnknownNameError(f"option of strategy '{name}'", key, known)
        default = known[key].default
        allowed = (int, float) if isinstance(default, float) else type(default)
        if isinstance(value, bool) != isinstance(default, bool) or not isinstance(value, allowed):
            what = type(default).__name__
            raise InputError(f"strategy '{name}': option {key} must be of type {what}, but is {value!r}")
    return kind(**fixed, **options)
