"""Arithmetic as a flat program, made once, with three back ends: floats, arrays and C.

A `Builder` collects operations, sharing what is computed twice and folding constants; what a back end does
faster as a whole, such as a layer of a net, is one operation. A `Program` is what certain outputs need of
them, with the conditions under which they mean something. Where a condition fails a back end gives no answer
instead of a wrong one, so that the caller can ask the code that explains.
"""

from perfpred.program.as_c import c_statements
from perfpred.program.builder import Builder
from perfpred.program.layers import MaternSum
from perfpred.program.on_arrays import ArrayFunction
from perfpred.program.on_floats import FloatFunction, float_function
from perfpred.program.tape import Instruction, NotLowerableError, Program

__all__ = [
    "ArrayFunction",
    "Builder",
    "FloatFunction",
    "Instruction",
    "MaternSum",
    "NotLowerableError",
    "Program",
    "c_statements",
    "float_function",
]
