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
from perfpred.hardware import Hardware, Machine, isa_level
from perfpred.kernels import kernel
from perfpred.measure.campaign import Row
from perfpred.measure.process import Subject
from perfpred.variants import Variant, variant, variants_of
from perfpred.variants.user_definitions import loaded_files

MAX_SAMPLES = 1_000_000


@dataclass(frozen=True)
class Skipped:
    """A combination left out, and why."""

    variant: str
    hardware: str
    reason: str


@dataclass(frozen=True)
class Part:
    """The part of a plan that measures one kernel: every subject at the same sizes.

    So variants can be compared row by row.
    """

    kernel: str
    subjects: tuple[Subject, ...]
    sizes: tuple[dict[str, int], ...]

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """Every subject at every size, subject by subject."""
        return tuple(Row(subject, sizes) for subject in self.subjects for sizes in self.sizes)

    def identity(self) -> dict[str, Any]:
        """Return what makes two parts the same."""
        digest = hashlib.sha256(json.dumps(self.sizes, sort_keys=True).encode()).hexdigest()
        return {
            "kernel": self.kernel,
            "subjects": [[subject.variant, subject.hardware.id] for subject in self.subjects],
            "samples": len(self.sizes),
            "sizes_sha256": digest,
        }


@dataclass(frozen=True)
class Plan:
    """What a campaign measures, interleaved: a part a kernel.

    `skipped` lists the combinations that cannot run here.
    """

    parts: tuple[Part, ...]
    seed: int
    skipped: tuple[Skipped, ...] = ()

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows of all parts, one after the other."""
        return tuple(row for part in self.parts for row in part.rows)

    @property
    def subjects(self) -> tuple[Subject, ...]:
        """The subjects of all parts."""
        return tuple(subject for part in self.parts for subject in part.subjects)

    def identity(self) -> dict[str, Any]:
        """Return what makes two plans the same: a journal is continued only by the plan that began it."""
        files = loaded_files()
        return {
            "seed": self.seed,
            "parts": [part.identity() for part in self.parts],
            **({"files": files} if files else {}),
        }


@dataclass(frozen=True)
class Request:
    """Which combinations of one kernel to measure.

    Parameters
    ----------
    kernel : str
        The kernel.
    variants : tuple of str
        Names; empty means all of the kernel's variants.
    threads : tuple of int
    isas : tuple of str
        ISA levels; empty means the widest this CPU has.
    """

    kernel: str
    variants: tuple[str, ...] = ()
    threads: tuple[int, ...] = (1,)
    isas: tuple[str, ...] = ()


def make_plan(
    requests: Sequence[Request], machine: Machine, samples: int = 500, seed: int = 0, *, strict: bool = False
) -> Plan:
    """Return the plan of measuring what was requested on this machine.

    Combinations that cannot run here are skipped with their reason. Requests for the same kernel are put
    together, so that all its variants are measured at the same sizes.

    Parameters
    ----------
    requests : sequence of Request
        What is to be measured.
    machine : Machine
    samples : int
        Sizes per kernel.
    seed : int
        Of the draw of sizes.
    strict : bool
        A combination that cannot run is an error, if its variant was named.

    Raises
    ------
    InputError
        For an unknown name, or where nothing that was requested can run here.
    VariantUnavailableError
        If `strict`, for a named variant that cannot run.
    """
    if not 1 <= samples <= MAX_SAMPLES:
        raise InputError(f"samples must be >= 1 and <= {MAX_SAMPLES}, but got {samples}")
    if not requests or any(not request.threads for request in requests):
        raise InputError("nothing is asked for: threads must list at least one count, such as 1")
    found: dict[str, dict[Subject, None]] = {}
    skipped: dict[Skipped, None] = {}
    for request in requests:
        subjects, left_out = _resolve(request, machine)
        if strict and request.variants:
            _refuse(left_out)
        found.setdefault(request.kernel, {}).update(dict.fromkeys(subjects))
        skipped.update(dict.fromkeys(left_out))
    parts = [
        Part(name, tuple(subjects), tuple(kernel(name).draw(samples, np.random.default_rng(seed))))
        for name, subjects in found.items()
        if subjects
    ]
    if not parts:
        _refuse(list(skipped))
    return Plan(tuple(parts), seed, tuple(skipped))


def _refuse(skipped: Sequence[Skipped]) -> None:
    if skipped:
        reasons = "\n".join(f"  {each.variant} on {each.hardware}: {each.reason}" for each in skipped)
        raise VariantUnavailableError(f"nothing was measured, because these cannot run here:\n{reasons}")


def _misfiled(found: Variant) -> str | None:
    """Return why rows of a variant would carry the wrong hardware id, or None."""
    return None if found.device == "cpu" else "a GPU has no hardware id yet: its rows would carry the CPU's"


def _resolve(request: Request, machine: Machine) -> tuple[list[Subject], list[Skipped]]:
    """Return the subjects that can run here, and the combinations that cannot."""
    known = kernel(request.kernel)
    chosen = [variant(name) for name in dict.fromkeys(request.variants)] or variants_of(known.name)
    subjects, skipped = [], []
    for isa in dict.fromkeys(request.isas or (machine.best_isa(),)):
        for threads in dict.fromkeys(request.threads):
            place = Hardware(machine.cpu, isa_level(isa).name, threads)
            missing = machine.problem(place)
            for each in chosen:
                reason = missing or each.problem(known, place) or _misfiled(each)
                if reason is None:
                    subjects.append(Subject(known.name, each.name, place))
                else:
                    skipped.append(Skipped(each.name, place.id, reason))
    return subjects, skipped
