"""What the shell offers for a value that is being typed: names that are quick to know.

Nothing here loads pandas or torch, and nothing fails: where names cannot be told, none is offered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import typer

from perfpred.combination import Combination

Completer = Callable[[typer.Context, str], list[str]]


def _offered(names: Callable[[Mapping[str, Any]], Iterable[str]]) -> Completer:
    """Return a completer that offers those of some names that go on from what is typed."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        import warnings

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of a plug-in that does not load: the shell is no place
                known = sorted(set(names(ctx.params)))
        except Exception:  # a person who is typing has not asked for anything yet
            return []
        return [name for name in known if name.startswith(incomplete)]

    return complete


def _kernels(_: Mapping[str, Any]) -> Iterable[str]:
    from perfpred.kernels import KERNELS

    return KERNELS


def _variants(_: Mapping[str, Any]) -> Iterable[str]:
    from perfpred.variants import VARIANTS

    return VARIANTS


def _models(_: Mapping[str, Any]) -> Iterable[str]:
    from perfpred.learn.registry import MODELS

    return MODELS


def _pipelines(_: Mapping[str, Any]) -> Iterable[str]:
    from perfpred.halide.pipeline.suite import PIPELINES

    return PIPELINES


def _strategies(_: Mapping[str, Any]) -> Iterable[str]:
    from perfpred.search.strategies import STRATEGIES

    return STRATEGIES


def _trained(typed: Mapping[str, Any]) -> list[Combination]:
    """Return the combinations of the models folder that is typed, else of the shipped one, of its kernel."""
    from perfpred.predict.lazy import lazy_models
    from perfpred.shipped import shipped_models

    kernel = typed.get("kernel")
    found = lazy_models(Path(typed.get("models") or shipped_models()))
    return [each for each in found if kernel in (None, each.kernel)]


def listed(names: Iterable[str]) -> Completer:
    """Return a completer that offers names that are known from the start."""
    return _offered(lambda _: names)


kernels = _offered(_kernels)
variants = _offered(_variants)
models = _offered(_models)
pipelines = _offered(_pipelines)
strategies = _offered(_strategies)
trained_kernels = _offered(lambda typed: {each.kernel for each in _trained({**typed, "kernel": None})})
trained_variants = _offered(lambda typed: {each.variant for each in _trained(typed)})
trained_hardware = _offered(lambda typed: {each.hardware for each in _trained(typed)})
