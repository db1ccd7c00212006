"""What features need to know of a machine."""

from __future__ import annotations

from dataclasses import dataclass

from perfpred.hardware import Machine

VECTOR_BYTES = {"sse4.2": 16, "avx2": 32, "avx512": 64}


@dataclass(frozen=True)
class Target:
    """A machine as schedules see it; sizes in bytes, caches as one core sees them."""

    vector_bytes: int = 32
    threads: int = 1
    l1_bytes: int = 32 << 10
    l2_bytes: int = 1 << 20
    l3_bytes: int = 32 << 20

    @classmethod
    def of_isa(cls, isa: str, threads: int) -> Target:
        """Return a machine of which the vectors and threads alone are known."""
        return cls(VECTOR_BYTES.get(isa, 32), threads)

    @classmethod
    def of(cls, machine: Machine, isa: str, threads: int) -> Target:
        """Return what is known of a machine."""
        caches = machine.caches_bytes
        return cls(
            VECTOR_BYTES.get(isa, 32),
            threads,
            caches.get("L1d", cls.l1_bytes),
            caches.get("L2", cls.l2_bytes),
            caches.get("L3", cls.l3_bytes),
        )
