"""A 3x3 convolution layer, batch 1, no padding, channels first, float32, unflipped."""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from perfpred.kernels.base import Array, Kernel, Parameter, Shape, Sizes
from perfpred.kernels.domain import SizeRule, at_least_one

FILTER = 3


def _operands(sizes: Sizes) -> tuple[Shape, ...]:
    image = (sizes["c_in"], sizes["h"], sizes["w"])
    return image, (sizes["c_out"], sizes["c_in"], FILTER, FILTER)


def _result(sizes: Sizes) -> Shape:
    return sizes["c_out"], sizes["h"] - FILTER + 1, sizes["w"] - FILTER + 1


def _reference(sizes: Sizes, image: Array, weights: Array) -> NDArray[np.float64]:
    windows = sliding_window_view(image.astype(np.float64), (FILTER, FILTER), axis=(1, 2))
    return np.asarray(np.einsum("chwab,ocab->ohw", windows, weights.astype(np.float64), optimize=True))


_OUTPUT = "(h-2)*(w-2)"

CONV2D_NCHW = Kernel(
    name="conv2d_nchw",
    summary="3x3 convolution of (c_in, h, w) to (c_out, h-2, w-2), batch 1, float32",
    parameters=(
        Parameter("c_in", 1, 128),
        Parameter("c_out", 1, 128),
        Parameter("h", 7, 64),
        Parameter("w", 7, 64),
    ),
    # Besides the work: the matrix of image patches, results, weights, and whole 16-wide groups of channels.
    complexity={
        "work": f"9*c_in*c_out*{_OUTPUT}",
        "patches": f"9*c_in*{_OUTPUT}",
        "output": f"c_out*{_OUTPUT}",
        "weights": "9*c_in*c_out",
        "tiles": f"9*c_in*ceil(c_out/16)*16*{_OUTPUT}",
    },
    features={
        "c_out_mod_16": "c_out % 16 / 16",
        "c_in_mod_16": "c_in % 16 / 16",
        "width_mod_16": "(w-2) % 16 / 16",
    },
    extents=("c_in", "c_out", "(h-2)", "(w-2)", f"({_OUTPUT})"),  # the last: columns of the patches' matrix
    domain=(
        *at_least_one("c_in", "c_out"),
        *(SizeRule(size, FILTER, "for a 3x3 filter") for size in ("h", "w")),
    ),
    operands=_operands,
    result=_result,
    reference=_reference,
    reduction=lambda sizes: FILTER**2 * sizes["c_in"],
)
