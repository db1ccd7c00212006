"""Which expressions a model is given: those that are stated, or those of a kernel that perfpred knows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from perfpred.kernels import KERNELS, Kernel
from perfpred.learn.registry import Model
from perfpred.predict.expressions import parsed
from perfpred.profile import Profile


def complexity_of(kernel: str, rows: Profile, given: Mapping[str, str] | None) -> tuple[dict[str, str], bool]:
    """Return the named complexities to use, and whether they are still to be found in the rows.

    They are those given, else the profile's, else the known kernel's if its columns are the kernel's own.
    """
    stated = dict(given or rows.complexity)
    if stated:
        return stated, False
    known = KERNELS.get(kernel)
    if known is not None and is_kernels_own(known, rows):
        return dict(known.complexity), False
    return {}, True


def is_kernels_own(known: Kernel, rows: Profile) -> bool:
    """Say whether rows have a kernel's parameters, and sizes for which its complexities are > 0."""
    if not set(known.parameter_names) <= set(rows.parameters):
        return False
    columns = {name: rows.X[name] for name in known.parameter_names}
    if any(values.dtype.kind not in "iuf" for values in columns.values()):
        return False
    numbers = {name: values.to_numpy(dtype=np.float64) for name, values in columns.items()}
    return all(bool((parsed(text)(numbers) > 0).all()) for text in known.complexity.values())


def features_of(kernel: str, rows: Profile, chosen: Model) -> dict[str, str] | None:
    """Return the known kernel's further features, None unless its rows have the kernel's own columns."""
    known = KERNELS.get(kernel)
    if known is None or set(known.parameter_names) != set(rows.parameters):
        return None
    return known.candidates if chosen.selects_features else dict(known.features)
