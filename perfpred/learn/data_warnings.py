"""What a user should know of the rows before models are fitted to them, as `DataWarning`."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

from perfpred.combination import Combination
from perfpred.errors import DataWarning, shortlist
from perfpred.kernels import KERNELS
from perfpred.learn.kernel_expressions import complexity_of
from perfpred.learn.registry import Model
from perfpred.learn.rows.contradictions import contradiction
from perfpred.learn.rows.sizes import Sizes
from perfpred.profile import Profile


def warn_of(
    parts: Sequence[tuple[Combination, Profile]], chosen: Model, complexity: Mapping[str, str] | None
) -> None:
    """Warn of what a user should know before a model is fitted to the rows of each combination."""
    own: dict[str, dict[str, None]] = {}
    large: dict[str, int] = {}
    for combination, rows in parts:
        kernel = combination.kernel
        if kernel in KERNELS and complexity_of(kernel, rows, complexity)[1]:
            own.setdefault(kernel, {}).update(dict.fromkeys(rows.parameters))
        found = contradiction(combination, rows)
        if found:
            warn(found)
        count = 0 if chosen.max_sizes is None or len(rows) <= chosen.max_sizes else len(Sizes.of(rows))
        if chosen.max_sizes is not None and count > chosen.max_sizes:
            large[str(combination)] = count
    for kernel, parameters in own.items():
        known = ", ".join(KERNELS[kernel].parameter_names)
        warn(
            f"kernel '{kernel}' has parameters {', '.join(parameters)} here, and perfpred's of that "
            f"name has {known}: it is taken for a kernel of your own"
        )
    _warn_of_large(large, chosen)


def _warn_of_large(counts: Mapping[str, int], chosen: Model) -> None:
    """Say once of which combinations a model is fitted to a part of the sizes only."""
    if len(counts) == 1:
        name, count = next(iter(counts.items()))
        warn(
            f"{name}: {chosen.name} is fitted to {chosen.max_sizes} of {count} sizes, chosen to "
            "cover them; the others size its interval"
        )
    elif counts:
        listed = shortlist([f"{name} ({count})" for name, count in counts.items()], "; ", 5)
        warn(
            f"{chosen.name} is fitted to {chosen.max_sizes} sizes of each of these, chosen to cover all; "
            f"the others size the intervals: {listed}"
        )


def warn(text: str) -> None:
    """Warn with a `DataWarning`."""
    warnings.warn(text, DataWarning, stacklevel=3)
