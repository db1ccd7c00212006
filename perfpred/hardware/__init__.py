"""Where a kernel runs: machines, instruction-set levels, processors, and the ids made of them."""

from perfpred.hardware.compiler import compiler
from perfpred.hardware.ids import cpu_id, device_id
from perfpred.hardware.isa import ISA_LEVELS, Isa, isa_level, vector_registers
from perfpred.hardware.machine import Hardware, Machine
from perfpred.hardware.probing import probe, this_cpu
from perfpred.hardware.processors import allowed_processors
from perfpred.hardware.site import Site

__all__ = [
    "ISA_LEVELS",
    "Hardware",
    "Isa",
    "Machine",
    "Site",
    "allowed_processors",
    "compiler",
    "cpu_id",
    "device_id",
    "isa_level",
    "probe",
    "this_cpu",
    "vector_registers",
]
