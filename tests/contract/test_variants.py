"""Every variant of every kernel equals the reference on edge and random sizes; or says why it cannot run."""

import pytest

from perfpred.kernels import KERNELS
from perfpred.testing.variants import KERNEL_RULES, VARIANT_RULES, VariantOf, one_thread
from perfpred.variants import VARIANTS, variants_of

HARDWARE = one_thread()
PAIRS = [(kernel, variant) for kernel in KERNELS.values() for variant in variants_of(kernel.name)]


@pytest.mark.parametrize("rule", VARIANT_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize(("kernel", "variant"), PAIRS, ids=lambda item: item.name)
def test_variant(kernel, variant, rule):
    reason = variant.problem(kernel, HARDWARE)
    if reason:
        pytest.skip(reason)
    rule(VariantOf(variant, kernel, HARDWARE))


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda item: item.name)
def test_variant_implements_known_kernels(variant):
    assert set(variant.kernels) <= set(KERNELS)


@pytest.mark.parametrize("rule", KERNEL_RULES, ids=lambda rule: rule.name)
@pytest.mark.parametrize("kernel", KERNELS.values(), ids=lambda item: item.name)
def test_kernel(kernel, rule):
    rule(kernel)
