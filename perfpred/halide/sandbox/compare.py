"""Whether two outputs are the same result.

Schedules change the order of floating-point sums and where multiplications and additions are fused, nothing
else. So floats may differ by a thousandth of the largest value, which no wrong schedule stays below. Integers
must be equal if the pipeline computes with integers alone; where they are rounded floats, a difference in the
last bit moves a value across a rounding step: by 1, or, where an index into a table is rounded, by as much as
the table's next entry, in a few places.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FLOAT_TOLERANCE = 1e-3
STRAY_SHARE = 1e-4
STRAY_SIZE = 0.02
"""The share of rounded integers that may differ by more than 1, and by what part of the largest at most."""


def agree(found: NDArray[Any], right: NDArray[Any], *, exact: bool) -> str | None:
    """Return how `found` differs from what is right, None if it does not.

    Parameters
    ----------
    exact : bool
        Whether integers must be equal.

    Examples
    --------
    >>> agree(np.array([1, 2]), np.array([1, 2]), exact=True)
    >>> agree(np.array([1.0, 2.5]), np.array([1.0, 2.0]), exact=False)
    'differs from the reference schedule by up to 0.25 of its largest value'
    """
    if np.array_equal(found, right, equal_nan=found.dtype.kind == "f"):
        return None
    if found.dtype.kind != "f" and exact:
        share = np.mean(found != right)
        return f"{share:.3%} of the integers differ from the reference schedule's"
    difference = np.abs(found.astype(np.float64) - right.astype(np.float64))
    bad = ~np.isfinite(difference) & ~((found == right) | (np.isnan(found) & np.isnan(right)))
    if bad.any():
        return f"{np.mean(bad):.3%} of the values are not finite where the reference schedule's are"
    largest = float(np.max(np.abs(right[np.isfinite(right)]), initial=0.0)) or 1.0
    worst = float(np.nanmax(np.where(np.isfinite(difference), difference, 0.0))) / largest
    if found.dtype.kind == "f":
        allowed = FLOAT_TOLERANCE
    else:
        allowed = STRAY_SIZE if np.mean(difference > 1) <= STRAY_SHARE else 1 / largest
    if worst <= allowed:
        return None
    return f"differs from the reference schedule by up to {worst:.3g} of its largest value"
