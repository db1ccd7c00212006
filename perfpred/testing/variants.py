"""The contract of a variant: what it computes is what the kernel's reference does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from perfpred.hardware import Hardware, probe
from perfpred.kernels.base import Array, Kernel, Parameter
from perfpred.testing.contract import Rule, check_all, require
from perfpred.variants.base import Variant

EDGES = (1, 2, 7, 8, 13, 16, 17, 64, 97)
"""Sizes at and beside powers of two, where remainders of vectors and tiles are."""
N_DRAWN = 25
"""Sizes whose parameters differ from each other."""


@dataclass(frozen=True)
class VariantOf:
    """A variant with the kernel and the hardware that it is judged on."""

    variant: Variant
    kernel: Kernel
    hardware: Hardware


def check_variant(variant: Variant, kernel: Kernel, hardware: Hardware | None = None) -> None:
    """Check that a variant computes a kernel, at edge and random sizes within the kernel's bounds.

    Parameters
    ----------
    variant : Variant
    kernel : Kernel
        One that it implements.
    hardware : Hardware, optional
        By default one thread of this machine, at its widest ISA level.

    Raises
    ------
    ContractError
        Naming the rules that it breaks, with the sizes.
    """
    subject = VariantOf(variant, kernel, hardware or one_thread())
    check_all(f"variant '{variant.name}' of {kernel.name}", VARIANT_RULES, subject)


def check_kernel(kernel: Kernel) -> None:
    """Check that a kernel knows a wrong result from a right one; raises `ContractError`."""
    check_all(f"kernel '{kernel.name}'", KERNEL_RULES, kernel)


def one_thread() -> Hardware:
    """Return one thread of this machine, at its widest ISA level."""
    machine = probe()
    return machine.hardware(machine.best_isa(), 1)


def edge_sizes(kernel: Kernel) -> list[dict[str, int]]:
    """Return sizes of a kernel at which variants go wrong: equal edges, and edges drawn at random."""
    rng = np.random.default_rng(0)
    names = [each.name for each in kernel.parameters]
    drawn = [{name: int(rng.choice(EDGES)) for name in names} for _ in range(N_DRAWN)]
    same = [dict.fromkeys(names, edge) for edge in EDGES]
    return [{p.name: _allowed(p, sizes[p.name]) for p in kernel.parameters} for sizes in same + drawn]


def _allowed(parameter: Parameter, value: int) -> int:
    """Return the value that a parameter can take which is nearest to `value`."""
    steps = round((min(max(value, parameter.low), parameter.high) - parameter.low) / parameter.step)
    return parameter.low + steps * parameter.step


def _runs_here(subject: VariantOf) -> None:
    problem = subject.variant.problem(subject.kernel, subject.hardware)
    require(problem is None, str(problem))


def _says_what_it_is(subject: VariantOf) -> None:
    variant = subject.variant
    require(bool(variant.name and variant.summary), f"name='{variant.name}', summary='{variant.summary}'")
    require("OMP_NUM_THREADS" in variant.environment(subject.hardware), "environment has no OMP_NUM_THREADS")
    unknown = [name for name, version in variant.versions().items() if not version]
    require(not unknown, f"versions of {', '.join(unknown)} are unknown")


def _equals_the_reference(subject: VariantOf) -> None:
    variant, kernel, hardware = subject.variant, subject.kernel, subject.hardware
    variant.prepare(kernel, hardware)
    rng = np.random.default_rng(1)
    for sizes in edge_sizes(kernel):
        operands = tuple(kernel.random(shape, rng) for shape in kernel.operands(sizes))
        given = tuple(each.copy() for each in operands)
        result = np.full(kernel.result(sizes), kernel.never, dtype=kernel.dtype)
        call = variant.bind(kernel, hardware, sizes, operands, result)
        call.run(2)
        require(kernel.agrees(sizes, call.result(), given), f"the result is wrong at {_shown(sizes)}")
        _require_unchanged(sizes, operands, given)


def _require_unchanged(
    sizes: Mapping[str, int], operands: tuple[Array, ...], given: tuple[Array, ...]
) -> None:
    for index, (after, before) in enumerate(zip(operands, given, strict=True), start=1):
        require(np.array_equal(after, before), f"operand {index} was written to at {_shown(sizes)}")


def _sees_a_wrong_result(kernel: Kernel) -> None:
    sizes = {each.name: _allowed(each, 16) for each in kernel.parameters}
    operands = tuple(np.ones(shape, dtype=kernel.dtype) for shape in kernel.operands(sizes))
    right = kernel.reference(sizes, *operands).astype(kernel.dtype)
    require(kernel.agrees(sizes, right, operands), "its reference is taken for wrong")
    wrong = right.copy()
    wrong.flat[-1] += 1 if kernel.exact else 0.01
    require(not kernel.agrees(sizes, wrong, operands), "a result with one wrong element is taken for right")
    never = np.full_like(right, kernel.never)
    require(not kernel.agrees(sizes, never, operands), "a result that was never written is taken for right")


def _shown(sizes: Mapping[str, int]) -> str:
    return " ".join(f"{name}={value}" for name, value in sizes.items())


VARIANT_RULES = (
    Rule("it runs on the hardware", _runs_here),
    Rule("it has a name, a summary, an environment and versions", _says_what_it_is),
    Rule("its result is the reference's, of operands that it leaves as they are", _equals_the_reference),
)
KERNEL_RULES = (Rule("it knows a wrong result from a right one", _sees_a_wrong_result),)
