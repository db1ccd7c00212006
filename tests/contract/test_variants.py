"""Every variant of every kernel equals the reference on edge and random sizes; or says why it cannot run."""

import numpy as np
import pytest

from perfpred.hardware import probe
from perfpred.kernels import KERNELS
from perfpred.variants import VARIANTS, variants_of

EDGES = (1, 2, 7, 8, 13, 16, 17, 64, 97)
PLACE = probe().hardware(probe().best_isa(), 1)
PAIRS = [(kernel, variant) for kernel in KERNELS.values() for variant in variants_of(kernel.name)]


def allowed(parameter, value):
    """The value the parameter can take that is nearest to `value`."""
    steps = round((min(max(value, parameter.low), parameter.high) - parameter.low) / parameter.step)
    return parameter.low + steps * parameter.step


def sizes_of(kernel):
    rng = np.random.default_rng(0)
    drawn = [{p.name: int(rng.choice(EDGES)) for p in kernel.parameters} for _ in range(25)]
    same = [{p.name: edge for p in kernel.parameters} for edge in EDGES]
    return [{p.name: allowed(p, sizes[p.name]) for p in kernel.parameters} for sizes in same + drawn]


@pytest.mark.parametrize(("kernel", "variant"), PAIRS, ids=lambda item: item.name)
def test_variant_equals_the_reference(kernel, variant):
    reason = variant.problem(kernel, PLACE)
    if reason:
        pytest.skip(reason)
    variant.prepare(kernel, PLACE)
    rng = np.random.default_rng(1)
    for sizes in sizes_of(kernel):
        operands = tuple(kernel.random(shape, rng) for shape in kernel.operands(sizes))
        result = np.full(kernel.result(sizes), kernel.never, dtype=kernel.dtype)
        call = variant.bind(kernel, PLACE, sizes, operands, result)
        call.run(2)
        assert kernel.agrees(sizes, call.result(), operands), sizes


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=lambda item: item.name)
def test_variant_states_what_it_is(variant):
    assert variant.summary
    assert set(variant.kernels) <= set(KERNELS)
    assert set(variant.environment(PLACE)) >= {"OMP_NUM_THREADS"}
    if all(variant.problem(KERNELS[name], PLACE) is None for name in variant.kernels):
        assert all(variant.versions().values())


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=lambda item: item.name)
def test_a_wrong_result_is_seen(kernel):
    sizes = {p.name: allowed(p, 16) for p in kernel.parameters}
    operands = tuple(np.ones(shape, dtype=kernel.dtype) for shape in kernel.operands(sizes))
    right = kernel.reference(sizes, *operands).astype(kernel.dtype)
    assert kernel.agrees(sizes, right, operands)
    wrong = right.copy()
    wrong.flat[-1] += 1 if kernel.exact else 0.01
    assert not kernel.agrees(sizes, wrong, operands)
    assert not kernel.agrees(sizes, np.full_like(right, kernel.never), operands)
