"""What features need to know of a machine."""

from __future__ import annotations

from dataclasses import dataclass

from perfpred.hardware import ISA_LEVELS, Site


@dataclass(frozen=True)
class Target:
    """A machine as schedules see it; sizes in bytes, caches as one core sees them.

    Attributes
    ----------
    vector_bytes : int
        The width of a vector register.
    threads : int
    l1_bytes : int
        First-level data cache.
    l2_bytes : int
        Second-level cache.
    l3_bytes : int
        Third-level cache.
    """

    vector_bytes: int = 32
    threads: int = 1
    l1_bytes: int = 32 << 10
    l2_bytes: int = 1 << 20
    l3_bytes: int = 32 << 20

    @classmethod
    def of(cls, site: Site) -> Target:
        """Return what is known of a site."""
        caches = site.machine.caches_bytes
        return cls(
            _vector_bytes(site.isa),
            site.threads,
            caches.get("L1d", cls.l1_bytes),
            caches.get("L2", cls.l2_bytes),
            caches.get("L3", cls.l3_bytes),
        )


def _vector_bytes(isa: str) -> int:
    return ISA_LEVELS[isa].vector_bytes if isa in ISA_LEVELS else Target.vector_bytes
