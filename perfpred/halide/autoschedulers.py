"""Halide's own autoschedulers: found in the wheel, their parameters checked before they run.

An unknown parameter makes Halide end the process, so names are checked before it sees them.
"""

from __future__ import annotations

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


def require_known(name: str, parameters: Mapping[str, Any]) -> None:
    """Raise unless an autoscheduler knows these parameters.

    Raises
    ------
    UnknownNameError
        If there is no such autoscheduler or parameter.
    InputError
        If the weights file is not there, which Halide would not say.
    """
    if name not in PARAMETERS:
        raise UnknownNameError("autoscheduler", name, PARAMETERS)
    for key in parameters:
        if key not in PARAMETERS[name]:
            raise UnknownNameError(f"parameter of {name}", str(key), PARAMETERS[name])
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
    """Let an autoscheduler schedule a pipeline; parameters as of `require_known`."""
    import halide as hl

    require_known(name, parameters)
    load(name)
    settings = hl.AutoschedulerParams(name, {key: str(value) for key, value in parameters.items()})
    pipeline.apply_autoscheduler(target, settings)


def defaults(name: str, threads: int) -> dict[str, Any]:
    """Return the parameters an autoscheduler is run with as a baseline."""
    require_known(name, {})
    return {"parallelism": threads}
