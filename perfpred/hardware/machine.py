"""Where a kernel runs: a machine, an instruction-set level, a number of threads, and the id made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from perfpred.errors import InputError, shortened
from perfpred.hardware.isa import ISA_LEVELS, isa_level

_LEVELS = "|".join(map(re.escape, ISA_LEVELS))
_ID = re.compile(rf"(?P<cpu>[a-z0-9-]+-\d+-\d+)-(?P<isa>{_LEVELS})-(?P<threads>\d+)t")
"""An id that perfpred makes where it measures: CPU type with family and model, ISA level, threads."""
_LEVEL_AND_THREADS = re.compile(r"(?P<isa>.+)-(?P<threads>[0-9]{1,6})t")


@dataclass(frozen=True)
class Hardware:
    """One hardware to run: a CPU, an ISA level and a number of threads.

    Examples
    --------
    >>> Hardware("intel-xeon-6-85", "avx2", 2).id
    'intel-xeon-6-85-avx2-2t'
    """

    cpu: str
    isa: str
    threads: int

    @property
    def id(self) -> str:
        """The stable id that datasets and models carry."""
        return f"{self.cpu}-{self.isa}-{self.threads}t"

    @classmethod
    def named(cls, identity: str) -> Hardware | None:
        """Return the hardware that an id stands for; None for an id that somebody made up.

        Examples
        --------
        >>> Hardware.named("intel-xeon-6-85-avx2-2t")
        Hardware(cpu='intel-xeon-6-85', isa='avx2', threads=2)
        >>> Hardware.named("cluster")
        """
        parts = _ID.fullmatch(identity)
        return None if parts is None else cls(parts["cpu"], parts["isa"], int(parts["threads"]))


@dataclass(frozen=True)
class Machine:
    """What is known of the machine this runs on; sizes in bytes.

    `caches_bytes` maps ``L1d``, ``L2``, ``L3`` to the size one core sees; `affinity` lists the
    processors this process may use.

    Attributes
    ----------
    cpu : str
        The id of the CPU type.
    model_name : str
        As the vendor writes it.
    microarchitecture : str
        As archspec names it.
    cores : int
        Logical processors.
    affinity : tuple of int
        The processors that this process may use, by number.
    memory_bytes : int
        Of the whole machine.
    caches_bytes : mapping of str to int
        From ``L1d``, ``L2``, ``L3`` to the size that one core sees.
    flags : tuple of str
        What the CPU can do, as ``/proc/cpuinfo`` names it.
    governor : str
        Of the clock of processor 0.
    system : str
        The operating system and its version.
    """

    cpu: str
    model_name: str
    microarchitecture: str
    cores: int
    affinity: tuple[int, ...]
    memory_bytes: int
    caches_bytes: Mapping[str, int]
    flags: tuple[str, ...]
    governor: str
    system: str

    def hardware(self, isa: str, threads: int) -> Hardware:
        """Return the `Hardware` of this machine for a level and thread count, or say why it has none.

        Raises
        ------
        InputError
            If this CPU lacks the level, or has fewer cores than `threads`.
        """
        hardware = Hardware(self.cpu, isa_level(isa).name, threads)
        problem = self.problem(hardware)
        if problem is not None:
            raise InputError(problem)
        return hardware

    def problem(self, hardware: Hardware) -> str | None:
        """Return why nothing can run at `hardware` on this machine, or None if it can."""
        missing = [flag for flag in isa_level(hardware.isa).cpu_flags if flag not in self.flags]
        if missing:
            return f"ISA level {hardware.isa} needs CPU flags {', '.join(missing)}, which {self.cpu} lacks"
        if not 1 <= hardware.threads <= len(self.affinity):
            return f"threads must be in 1..{len(self.affinity)} on this machine, but got {hardware.threads}"
        return None

    def hardware_named(self, identity: str) -> Hardware:
        """Return the `Hardware` of this machine that an id stands for, or say why it has none.

        Raises
        ------
        InputError
            If the id does not end with level and threads, and as `hardware`.
        """
        parts = _LEVEL_AND_THREADS.fullmatch(identity.removeprefix(f"{self.cpu}-"))
        if parts is None:
            raise InputError(f"hardware {shortened(repr(identity))} does not end with ISA level and threads")
        return self.hardware(parts["isa"], int(parts["threads"]))

    def best_isa(self) -> str:
        """Return the widest level this CPU has; raises `InputError` if it has none."""
        levels = [
            isa.name for isa in ISA_LEVELS.values() if all(flag in self.flags for flag in isa.cpu_flags)
        ]
        if not levels:
            raise InputError(f"{self.cpu} has none of the ISA levels {', '.join(ISA_LEVELS)}")
        return levels[-1]

    def describe(self) -> dict[str, object]:
        """Return a plain dictionary for a metadata file."""
        return {**asdict(self), "caches_bytes": dict(self.caches_bytes)}
