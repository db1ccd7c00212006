"""The process that does jobs, each in a fork of itself: modules are loaded once, state starts anew.

A job names its function, as ``module:function``, and has plain arguments. Names come from the process that
started this one, never from a file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from perfpred.sandbox.forking import FAILED, ForkLimits, run_forked
from perfpred.sandbox.limits import die_with_parent
from perfpred.sandbox.serving import Answer, serve_standard_streams


def function_named(name: str) -> Callable[..., dict[str, Any]]:
    """Return the function that ``module:function`` names."""
    module, _, function = name.partition(":")
    found: Callable[..., dict[str, Any]] = getattr(import_module(module), function)
    return found


def start(setup: Mapping[str, Any]) -> Answer:
    """Load the modules of ``setup["preload"]``; returns what does a job."""
    for module in setup.get("preload", ()):
        import_module(module)
    return _answer


def _answer(request: Mapping[str, Any]) -> dict[str, Any]:
    limits = ForkLimits(float(request["limit_s"]), int(request["memory_bytes"]))
    function, arguments = function_named(request["function"]), request["arguments"]
    return run_forked(lambda: function(**arguments), limits, request.get("failure", FAILED))


def main() -> None:
    """Serve what started this process."""
    die_with_parent()
    serve_standard_streams(start)
