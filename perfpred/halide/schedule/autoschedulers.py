"""Halide's own autoschedulers: found in the wheel, their parameters checked before they run.

An unknown parameter, or a value that it cannot read, makes Halide end the process, so both are checked
before it sees them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from perfpred.errors import InputError, UnknownNameError

PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "Mullapudi2016": ("parallelism", "last_level_cache_size", "balance"),
    "Li2018": ("parallelism",),
    "Adams2019": (
        *("parallelism", "beam_size", "random_dropout", "random_dropout_seed", "weights_path"),
        *("disable_subtiling", "disable_memoized_features", "disable_memoized_blocks", "memory_limit"),
    ),
}
"""The autoschedulers for CPUs and the parameters each knows."""

MAX_INT, MAX_INT64 = (1 << 31) - 1, (1 << 63) - 1
RANGES: Mapping[str, tuple[int, int]] = {
    "parallelism": (1, 1 << 16),
    "last_level_cache_size": (1, MAX_INT64),
    "beam_size": (1, 1 << 16),
    "random_dropout": (0, 100),
    "random_dropout_seed": (0, MAX_INT),
    "disable_subtiling": (0, 1),
    "disable_memoized_features": (0, 1),
    "disable_memoized_blocks": (0, 1),
    "memory_limit": (-1, MAX_INT64),
}
"""What each parameter that is a whole number may be."""
MAX_BALANCE = 1e6
_PATH = re.compile(r"[^\x00-\x1f\x7f\"'`\\$]{0,1000}")


def require_settings(name: str, parameters: Mapping[str, Any]) -> None:
    """Raise unless an autoscheduler knows these parameters and takes their values.

    Raises
    ------
    UnknownNameError
        If there is no such autoscheduler or parameter.
    InputError
        If a value is not of the type and range that Halide reads: it ends the process on others.
    """
    if name not in PARAMETERS:
        raise UnknownNameError("autoscheduler", name[:80], PARAMETERS)
    for key, value in parameters.items():
        if key not in PARAMETERS[name]:
            raise UnknownNameError(f"parameter of {name}", str(key)[:80], PARAMETERS[name])
        rule = _broken_rule(key, value)
        if rule is not None:
            raise InputError(f"parameter {key} of {name} must be {rule}, but is {repr(value)[:80]}")


def _broken_rule(key: str, value: Any) -> str | None:
    """Return what a parameter must be, None if it is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if key == "weights_path":
        good = isinstance(value, str) and value.isprintable() and _PATH.fullmatch(value)
        return None if good else "a path without quotes, backslashes and control characters"
    if key == "balance":
        return None if is_number and 0 < value <= MAX_BALANCE else f"a number > 0, at most {MAX_BALANCE:g}"
    least, most = RANGES[key]
    if is_number and isinstance(value, int) and least <= value <= most:
        return None
    return f"a whole number in {least}..{most}"


def require_known(name: str, parameters: Mapping[str, Any]) -> None:
    """Raise unless an autoscheduler can be run with these parameters.

    Raises
    ------
    UnknownNameError
        If there is no such autoscheduler or parameter.
    InputError
        If a value is wrong, or the weights file is not there, which Halide would not say.
    """
    require_settings(name, parameters)
    path = parameters.get("weights_path")
    if path and not Path(str(path)).is_file():
        raise InputError(f"there is no weights file {path}")


def plugin(name: str) -> Path:
    """Return the plugin of an autoscheduler in the installed Halide.

    Raises
    ------
    InputError
        If this installation of Halide does not have it.
    """
    import halide as hl

    file = f"libautoschedule_{name.lower()}.so"
    for folder in ("lib64", "lib"):
        path = Path(hl.install_dir()) / folder / file
        if path.is_file():
            return path
    raise InputError(f"this installation of Halide has no {file}: install the pip package halide")


@lru_cache
def load(name: str) -> None:
    """Load an autoscheduler's plugin, once."""
    import halide as hl

    hl.load_plugin(str(plugin(name)))


def run_autoscheduler(pipeline: Any, target: Any, name: str, parameters: Mapping[str, Any]) -> None:
    """Let an autoscheduler schedule a pipeline; parameters as of `require_known`.

    Parameters
    ----------
    pipeline : object
        It is scheduled in place.
    target : object
        Halide's target.
    name : str
        Of the autoscheduler.
    parameters : mapping of str to object
        Of the autoscheduler.
    """
    import halide as hl

    require_known(name, parameters)
    load(name)
    settings = hl.AutoschedulerParams(name, {key: str(value) for key, value in parameters.items()})
    pipeline.apply_autoscheduler(target, settings)


def defaults(name: str, threads: int) -> dict[str, Any]:
    """Return the parameters an autoscheduler is run with as a baseline."""
    require_known(name, {})
    return {"parallelism": threads}
