"""Where something is run and timed: a machine, an instruction-set level and a number of threads."""

from __future__ import annotations

from dataclasses import dataclass

from perfpred.hardware.machine import Hardware, Machine


@dataclass(frozen=True)
class Site:
    """A machine and how much of it is used.

    Parameters
    ----------
    machine : Machine
    isa : str
        The instruction-set level, such as ``avx2``.
    threads : int
    """

    machine: Machine
    isa: str
    threads: int

    @classmethod
    def of(cls, machine: Machine, isa: str = "", threads: int = 0) -> Site:
        """Return a site; without a level the widest, with 0 threads all processors that may be used."""
        return cls(machine, isa or machine.best_isa(), threads or len(machine.affinity))

    @property
    def hardware(self) -> Hardware:
        """What measurements call it.

        Raises
        ------
        InputError
            If the CPU lacks the level, or has fewer processors than threads.
        """
        return self.machine.hardware(self.isa, self.threads)
