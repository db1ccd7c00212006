"""``perfpred kernels``."""

from __future__ import annotations

from perfpred.app.arguments import Json
from perfpred.app.console import print_json, say, table
from perfpred.hardware import Hardware, probe
from perfpred.kernels import KERNELS, Kernel
from perfpred.schemas.measuring import KernelDocument, ParameterDocument, VariantDocument
from perfpred.variants import variants_of


def kernels(json: Json = False) -> None:
    """List kernels, their parameters and complexity, and the variants usable here.

    Example: perfpred kernels
    """
    machine = probe()
    hardware = machine.hardware(machine.best_isa(), 1)
    documents = [_describe(kernel, hardware) for kernel in KERNELS.values()]
    if json:
        print_json(documents)
        return
    say(f"hardware here: {machine.cpu}, widest ISA level {machine.best_isa()}")
    for document in documents:
        _show(document)


def _describe(kernel: Kernel, hardware: Hardware) -> KernelDocument:
    problems = {variant: variant.problem(kernel, hardware) for variant in variants_of(kernel.name)}
    return KernelDocument(
        kernel.name,
        kernel.summary,
        kernel.dtype,
        tuple(ParameterDocument(p.name, p.low, p.high, p.step) for p in kernel.parameters),
        kernel.complexity,
        tuple(VariantDocument(v.name, v.summary, reason is None, reason) for v, reason in problems.items()),
    )


def _show(document: KernelDocument) -> None:
    sizes = ", ".join(f"{each.name} {each.low}..{each.high}" for each in document.parameters)
    work = ", ".join(f"{name} = {text}" for name, text in document.complexity.items())
    say(f"\n{document.kernel}: {document.summary}")
    say(f"  sizes: {sizes}\n  complexity: {work}")
    rows = [[each.variant, each.summary, each.reason or "yes"] for each in document.variants]
    table("", {"variant": "left", "what": "left", "usable here": "left"}, rows)
