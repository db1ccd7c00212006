"""Convolution of one image with one filter, no padding, float32: as a neural net computes it, unflipped."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfpred.kernels.base import Array, Kernel, Parameter, Shape, Sizes
from perfpred.kernels.domain import SizeRule, at_least_one


def _operands(sizes: Sizes) -> tuple[Shape, ...]:
    return (sizes["h"], sizes["w"]), (sizes["f"], sizes["f"])


def _result(sizes: Sizes) -> Shape:
    return sizes["h"] - sizes["f"] + 1, sizes["w"] - sizes["f"] + 1


def _reference(sizes: Sizes, image: Array, weights: Array) -> NDArray[np.float64]:
    rows, columns = _result(sizes)
    exact, total = image.astype(np.float64), np.zeros((rows, columns))
    for (a, b), weight in np.ndenumerate(weights.astype(np.float64)):
        total += weight * exact[a : a + rows, b : b + columns]
    return total


_WIDTH = "(w-f+1)"
_OUTPUT = f"(h-f+1)*{_WIDTH}"

CONV2D = Kernel(
    name="conv2d",
    summary="convolution of an image (h, w) with a filter (f, f), valid, one channel, float32",
    parameters=(Parameter("h", 10, 1033), Parameter("w", 10, 1033), Parameter("f", 3, 7, step=2)),
    # Besides the work: results, results by filter rows, image rows, and whole 16-wide vectors along w.
    complexity={
        "work": f"{_OUTPUT}*f**2",
        "output": _OUTPUT,
        "filter_rows": f"{_OUTPUT}*f",
        "rows": "h-f+1",
        "tiles": f"(h-f+1)*ceil({_WIDTH}/16)*16*f**2",
    },
    features={
        "width_mod_16": f"{_WIDTH} % 16 / 16",
        "width_mod_4": f"{_WIDTH} % 4 / 4",
        "w_mod_16": "w % 16 / 16",
    },
    extents=("(h-f+1)", "(w-f+1)", "w"),  # w: how rows of the image are aligned
    domain=(*at_least_one("f"), *(SizeRule(size, "f", "for the filter to fit") for size in ("h", "w"))),
    operands=_operands,
    result=_result,
    reference=_reference,
    reduction=lambda sizes: sizes["f"] ** 2,
)
