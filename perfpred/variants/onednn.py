"""oneDNN, as torch's wheels carry it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from perfpred.hardware import Hardware, isa_level
from perfpred.kernels.base import Array, Kernel, Sizes
from perfpred.variants.base import Call, Variant

Compute = Callable[[], Any]
"""Computes the kernel once; returns a torch tensor."""


class OneDnn(Variant):
    """oneDNN's own primitives, reached through torch.

    torch sends many float32 operations elsewhere on x86 (``torch.mm`` to MKL, small convolutions to its own
    loops); the operators called here go to oneDNN, as ``ONEDNN_VERBOSE=1`` shows. A result is allocated by
    each call. Pooling and softmax read a tensor that is oneDNN's already.
    """

    name = "onednn"
    summary = "oneDNN's primitives, called through torch"
    kernels: ClassVar = dict.fromkeys(
        ("matmul", "matvec", "conv2d", "maxpool", "conv2d_nchw", "softmax"), None
    )
    packages = ("torch",)

    def environment(self, hardware: Hardware) -> dict[str, str]:
        """Return the variables that cap oneDNN's instruction set and set its threads."""
        return {**super().environment(hardware), "ONEDNN_MAX_CPU_ISA": isa_level(hardware.isa).onednn_max_isa}

    def bind(
        self, kernel: Kernel, hardware: Hardware, sizes: Sizes, operands: tuple[Array, ...], result: Array
    ) -> Call:
        """Return a loop of calls of the primitive."""
        import torch

        torch.set_num_threads(hardware.threads)
        compute = _COMPUTE[kernel.name](torch, sizes, *(torch.from_numpy(operand) for operand in operands))
        last = compute()

        def run(repetitions: int) -> None:
            nonlocal last
            with torch.inference_mode():
                for _ in range(repetitions):
                    last = compute()

        def latest() -> Array:
            dense = last.to_dense() if last.is_mkldnn else last
            shaped: Array = dense.numpy().reshape(kernel.result(sizes))
            return shaped

        return Call(run, latest)


def _matmul(torch: Any, sizes: Sizes, a: Any, b: Any) -> Compute:
    weight = b.t()  # a view: nothing is copied ahead
    return lambda: torch.ops.mkldnn._linear_pointwise(a, weight, None, "none", [], "")


def _matvec(torch: Any, sizes: Sizes, a: Any, x: Any) -> Compute:
    row = x[None]
    return lambda: torch.ops.mkldnn._linear_pointwise(row, a, None, "none", [], "")


def _conv2d(torch: Any, sizes: Sizes, image: Any, weights: Any) -> Compute:
    return _convolution(torch, image[None, None], weights[None, None])


def _conv2d_nchw(torch: Any, sizes: Sizes, image: Any, weights: Any) -> Compute:
    return _convolution(torch, image[None], weights)


def _convolution(torch: Any, batch: Any, weights: Any) -> Compute:
    return lambda: torch.mkldnn_convolution(batch, weights, None, [0, 0], [1, 1], [1, 1], 1)


def _maxpool(torch: Any, sizes: Sizes, image: Any) -> Compute:
    batch, window = image[None, None].to_mkldnn(), [sizes["r"]] * 2
    return lambda: torch.mkldnn_max_pool2d(batch, window, window)


def _softmax(torch: Any, sizes: Sizes, x: Any) -> Compute:
    opaque = x.to_mkldnn()
    return lambda: torch.softmax(opaque, 1)


_COMPUTE: dict[str, Callable[..., Compute]] = {
    "matmul": _matmul,
    "matvec": _matvec,
    "conv2d": _conv2d,
    "maxpool": _maxpool,
    "conv2d_nchw": _conv2d_nchw,
    "softmax": _softmax,
}
