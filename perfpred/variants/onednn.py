"""oneDNN, as torch's wheels carry it."""

from __future__ import annotations

from typing import ClassVar

from perfpred.hardware import Hardware, isa_level
from perfpred.kernels.base import Array, Kernel, Sizes
from perfpred.variants.base import Call, Variant


class OneDnn(Variant):
    """oneDNN's inner product, reached through torch.

    ``torch.mm`` runs float32 products in MKL on x86; the operator called here goes to oneDNN's own
    primitive (``ONEDNN_VERBOSE=1`` shows ``inner_product``). A result is allocated by each call.
    """

    name = "onednn"
    summary = "oneDNN's float32 inner product, called through torch"
    kernels: ClassVar = {"matmul": None}
    packages = ("torch",)

    def environment(self, hardware: Hardware) -> dict[str, str]:
        """Return the variables that cap oneDNN's instruction set and set its threads."""
        return {**super().environment(hardware), "ONEDNN_MAX_CPU_ISA": isa_level(hardware.isa).onednn_max_isa}

    def bind(
        self, kernel: Kernel, hardware: Hardware, sizes: Sizes, operands: tuple[Array, ...], result: Array
    ) -> Call:
        """Return a loop of products; the weight is a transposed view, so nothing is copied ahead."""
        import torch

        torch.set_num_threads(hardware.threads)
        a, b = (torch.from_numpy(operand) for operand in operands)
        weight = b.t()
        product = torch.ops.mkldnn._linear_pointwise
        last = product(a, weight, None, "none", [], "")

        def run(repetitions: int) -> None:
            nonlocal last
            with torch.inference_mode():
                for _ in range(repetitions):
                    last = product(a, weight, None, "none", [], "")

        def latest() -> Array:
            return last.numpy()

        return Call(run, latest)
