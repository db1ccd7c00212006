"""Max-pooling of one image, windows side by side, float32; a last partial window is left out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from perfpred.kernels.base import Array, Kernel, Parameter, Shape, Sizes
from perfpred.kernels.domain import SizeRule, at_least_one


def _operands(sizes: Sizes) -> tuple[Shape, ...]:
    return ((sizes["h"], sizes["w"]),)


def _result(sizes: Sizes) -> Shape:
    return sizes["h"] // sizes["r"], sizes["w"] // sizes["r"]


def _reference(sizes: Sizes, image: Array) -> NDArray[np.float64]:
    r, (rows, columns) = sizes["r"], _result(sizes)
    windows = image[: rows * r, : columns * r].reshape(rows, r, columns, r)
    return np.asarray(windows.max(axis=(1, 3)).astype(np.float64))


_OUTPUT = "(h//r)*(w//r)"

MAXPOOL = Kernel(
    name="maxpool",
    summary="max-pooling of an image (h, w) with window and stride r, float32",
    parameters=(Parameter("h", 10, 1033), Parameter("w", 10, 1033), Parameter("r", 2, 5)),
    # Besides the work: results, results by window rows, result rows, and whole 16-wide vectors along w.
    complexity={
        "work": f"{_OUTPUT}*r**2",
        "output": _OUTPUT,
        "window_rows": f"{_OUTPUT}*r",
        "rows": "h//r",
        "tiles": "(h//r)*ceil((w//r)/16)*16*r**2",
    },
    features={
        "width_mod_16": "(w//r) % 16 / 16",
        "width_mod_4": "(w//r) % 4 / 4",
        "w_mod_16": "w % 16 / 16",
    },
    extents=("(h//r)", "(w//r)", "w"),  # w: how rows of the image are aligned
    domain=(*at_least_one("r"), *(SizeRule(size, "r", "for a window to fit") for size in ("h", "w"))),
    operands=_operands,
    result=_result,
    reference=_reference,
    reduction=lambda sizes: 1,
)
