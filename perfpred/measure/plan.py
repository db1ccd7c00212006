"""What a campaign will measure, settled and checked before anything is timed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from perfpred.errors import InputError, VariantUnavailableError
from perfpred.hardware import Machine
from perfpred.kernels import Kernel, kernel
from perfpred.measure.campaign import Row
from perfpred.measure.process import Subject
from perfpred.variants import variant, variants_of


@dataclass(frozen=True)
class Skipped:
    """A combination left out, and why."""

    variant: str
    hardware: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """All subjects at the same sizes, so that variants can be compared row by row.

    `skipped` lists the combinations that cannot run here.
    """

    kernel: str
    subjects: tuple[Subject, ...]
    sizes: tuple[dict[str, int], ...]
    seed: int
    skipped: tuple[Skipped, ...] = ()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every subject at every size, subject by subject."""
        return tuple(Row(subject, sizes) for subject in self.subjects for sizes in self.sizes)

    def identity(self) -> dict[str, Any]:
        """Return what makes two plans the same: a journal is continued only by the plan that began it."""
        digest = hashlib.sha256(json.dumps(self.sizes, sort_keys=True).encode()).hexdigest()
        return {
            "kernel": self.kernel,
            "subjects": [[subject.variant, subject.hardware.id] for subject in self.subjects],
            "samples": len(self.sizes),
            "seed": self.seed,
            "sizes_sha256": digest,
        }


def make_plan(
    kernel_name: str,
    machine: Machine,
    variants: Sequence[str] = (),
    threads: Sequence[int] = (1,),
    isas: Sequence[str] = (),
    samples: int = 500,
    seed: int = 0,
) -> Plan:
    """Return the plan of measuring a kernel's variants on this machine.

    Parameters
    ----------
    variants : sequence of str
        Names; a named variant that cannot run as asked is an error. Empty means all of the kernel's
        variants, and those that cannot run are skipped with their reason.
    isas : sequence of str
        ISA levels; empty means the widest this CPU has.

    Raises
    ------
    InputError
        For an unknown name, an impossible level or thread count, or a variant that cannot run.
    """
    known = kernel(kernel_name)
    if samples < 1:
        raise InputError(f"samples must be >= 1, but got {samples}")
    chosen = [variant(name) for name in dict.fromkeys(variants)] or list(variants_of(kernel_name))
    places = [
        machine.hardware(isa, n) for isa in isas or (machine.best_isa(),) for n in dict.fromkeys(threads)
    ]
    candidates = [Subject(kernel_name, found.name, place) for place in places for found in chosen]
    problems = {subject: _problem(known, subject) for subject in candidates}
    skipped = tuple(Skipped(s.variant, s.hardware.id, p) for s, p in problems.items() if p is not None)
    subjects = tuple(subject for subject, problem in problems.items() if problem is None)
    if skipped and (variants or not subjects):
        reasons = "\n".join(f"  {s.variant} on {s.hardware}: {s.reason}" for s in skipped)
        raise VariantUnavailableError(f"nothing was measured, because these cannot run here:\n{reasons}")
    sizes = known.draw(samples, np.random.default_rng(seed))
    return Plan(kernel_name, subjects, tuple(sizes), seed, skipped)


def _problem(known: Kernel, subject: Subject) -> str | None:
    return variant(subject.variant).problem(known, subject.hardware)
