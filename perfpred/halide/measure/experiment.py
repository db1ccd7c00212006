"""What is measured: a pipeline at some sizes on a site, with what was found out about it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfpred.halide.measure import library_cache
from perfpred.halide.measure.checks import CheckedSize, Checks
from perfpred.halide.measure.contention.fastest import FastestProbe
from perfpred.halide.measure.contention.load import Others
from perfpred.halide.measure.workers import Description, compile_job, require_halide
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.reference import UNFUSED, inlined_schedule, reference_schedule
from perfpred.hardware import Site, allowed_processors
from perfpred.names import content_key
from perfpred.variants.halide.library import target

PROBE = 1
"""Version of the reference load that tells how fast the machine is."""


@dataclass(frozen=True)
class Experiment:
    """A pipeline to be measured at some sizes on a site, with files of its own in `folder`.

    Attributes
    ----------
    pipeline : PipelineRef
    site : Site
    described : mapping of Size to Description
    folder : Path
    fastest : FastestProbe
    beside : tuple of CheckedSize
    checks : Checks
    others : Others
    """

    pipeline: PipelineRef
    site: Site
    described: Mapping[Size, Description]
    folder: Path
    fastest: FastestProbe = field(default_factory=FastestProbe, compare=False)
    beside: tuple[CheckedSize, ...] = ()
    checks: Checks = field(default_factory=Checks, compare=False)
    others: Others = field(default_factory=Others, compare=False)

    @property
    def target(self) -> str:
        """Halide's target."""
        return target(self.site.isa)

    def library(self, candidate: Candidate, size: Size) -> Path:
        """Return where a candidate's code for a size lies: sizes whose pipelines are alike share it."""
        key = _digest(self.described[size].code, self.target, require_halide())
        return library_cache.cache_dir() / key / f"{candidate.id}.so"

    def compile_job(self, candidate: Candidate, size: Size) -> dict[str, Any]:
        """Return the job of compiling a candidate for a size."""
        workload = self.described[size].workload
        return compile_job(workload, candidate, self.target, str(self.library(candidate, size)))

    def variants(self, size: Size) -> list[tuple[Candidate, str, Path]]:
        """Return what rounds otherwise than the reference: its schedule, its target, where its code lies.

        The reference without fused multiplications and additions, and what is cheap inlined; nothing where
        integers alone are computed.
        """
        described = self.described[size]
        if not any(each["epsilon"] for each in described.rounding):
            return []
        plain, inlined = reference_schedule(described.graph), inlined_schedule(described.graph)
        path = self.library(plain, size)
        found = [(plain, f"{self.target}-{UNFUSED}", path.with_name(f"{path.stem}-{UNFUSED}.so"))]
        if inlined is not None:
            found.append((inlined, self.target, self.library(inlined, size)))
        return found

    @property
    def processors(self) -> tuple[int, ...]:
        """Return the processors that candidates are timed on."""
        return allowed_processors()[-self.site.threads :]

    def first_of_each(self) -> list[Size]:
        """Return a size for each code that there is: one, unless the pipeline is another at each size."""
        found: dict[str, Size] = {}
        for size, each in self.described.items():
            found.setdefault(each.code, size)
        return list(found.values())

    @property
    def runtime_library(self) -> Path:
        """Where the library of Halide's runtime lies."""
        key = _digest(self.target, require_halide())
        return library_cache.cache_dir() / f"runtime-{key}.so"

    @property
    def probe_library(self) -> Path:
        """Where the library of the reference load lies, which tells how fast the machine is."""
        key = _digest(self.target, require_halide(), PROBE)
        return library_cache.cache_dir() / f"probe-{key}-{self.site.threads}t.so"


def _digest(*parts: object) -> str:
    return content_key(repr(list(parts)).encode())
