"""``perfpred kernels``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from perfpred.app.arguments import Json
from perfpred.app.console import print_json, say, table
from perfpred.hardware import Hardware, probe
from perfpred.kernels import KERNELS, Kernel
from perfpred.variants import variants_of


def kernels(json: Json = False) -> None:
    """List kernels, their parameters and complexity, and the variants usable here."""
    machine = probe()
    place = machine.hardware(machine.best_isa(), 1)
    documents = [_describe(kernel, place) for kernel in KERNELS.values()]
    if json:
        print_json(documents)
        return
    say(f"hardware here: {machine.cpu}, widest ISA level {machine.best_isa()}")
    for document in documents:
        _show(document)


def _describe(kernel: Kernel, place: Hardware) -> dict[str, Any]:
    problems = {variant: variant.problem(kernel, place) for variant in variants_of(kernel.name)}
    return {
        "kernel": kernel.name,
        "summary": kernel.summary,
        "dtype": kernel.dtype,
        "parameters": [asdict(parameter) for parameter in kernel.parameters],
        "complexity": dict(kernel.complexity),
        "variants": [
            {"variant": v.name, "summary": v.summary, "available": reason is None, "reason": reason}
            for v, reason in problems.items()
        ],
    }


def _show(document: dict[str, Any]) -> None:
    sizes = ", ".join(f"{p['name']} {p['low']}..{p['high']}" for p in document["parameters"])
    work = ", ".join(f"{name} = {text}" for name, text in document["complexity"].items())
    say(f"\n{document['kernel']}: {document['summary']}")
    say(f"  sizes: {sizes}\n  complexity: {work}")
    rows = [[v["variant"], v["summary"], v["reason"] or "yes"] for v in document["variants"]]
    table("", {"variant": "left", "what": "left", "usable here": "left"}, rows)
