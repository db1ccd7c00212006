"""Variants: how a kernel is computed. One file per library, and one line here to register it."""

from __future__ import annotations

from perfpred.registry import Registry
from perfpred.variants.base import Call, Variant
from perfpred.variants.cuda import CudaGlobal, CudaShared
from perfpred.variants.eigen import Eigen
from perfpred.variants.halide.variant import Halide
from perfpred.variants.naive import Naive
from perfpred.variants.onednn import OneDnn
from perfpred.variants.openblas import OpenBlas
from perfpred.variants.ublas import Ublas

__all__ = ["VARIANTS", "Call", "Variant", "variant", "variants_of"]

VARIANTS: Registry[Variant] = Registry(
    "variant",
    (CudaGlobal(), CudaShared(), Eigen(), Halide(), Naive(), OneDnn(), OpenBlas(), Ublas()),
    group="perfpred.variants",
)


def variant(name: str) -> Variant:
    """Return the variant called `name`; raises `UnknownNameError` with the nearest name."""
    return VARIANTS.named(name)


def variants_of(kernel: str) -> tuple[Variant, ...]:
    """Return the variants that implement `kernel`, by name."""
    return tuple(known for known in VARIANTS.values() if kernel in known.kernels)
