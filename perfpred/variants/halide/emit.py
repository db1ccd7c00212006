"""Compile one pipeline to an object file.

Run as ``python -m perfpred.variants.halide.emit KERNEL TARGET OBJECT serial|parallel``.
It runs as a process of its own, since Halide ends the process on some errors.
"""

from __future__ import annotations

import sys

import halide as hl

from perfpred.hardware import vector_registers
from perfpred.kernels import kernel
from perfpred.variants.halide.pipelines import PIPELINES, Plan

FUNCTION = "perfpred_kernel"


def emit(name: str, target_text: str, path: str, parallel: bool) -> None:
    """Write the object file of the kernel called `name`.

    Its function ``perfpred_kernel_argv`` takes pointers to the operands' buffers, to the kernel's size
    parameters (int32), and to the result's buffer.

    Parameters
    ----------
    name : str
        Of the kernel.
    target_text : str
        Halide's target.
    path : str
        Of the object file.
    parallel : bool
        Whether the pipeline uses threads.
    """
    target, known = hl.Target(target_text), kernel(name)
    ones = dict.fromkeys(known.parameter_names, 1)
    operands = [
        hl.ImageParam(hl.Float(32), len(shape), f"operand{index}")
        for index, shape in enumerate(known.operands(ones))
    ]
    sizes = {parameter: hl.Param(hl.Int(32), parameter) for parameter in known.parameter_names}
    lanes = target.natural_vector_size(hl.Float(32))
    plan = Plan(lanes, vector_registers(lanes * hl.Float(32).bytes()), parallel)
    result = PIPELINES[name](plan, sizes, *operands)
    for image in (*operands, result.output_buffer()):
        for dimension in range(image.dimensions()):
            image.dim(dimension).set_min(0)
    arguments = [hl.Argument(argument) for argument in (*operands, *sizes.values())]
    result.compile_to({hl.OutputFileType.object: path}, arguments, FUNCTION, target)


if __name__ == "__main__":
    emit(sys.argv[1], sys.argv[2], sys.argv[3], parallel=sys.argv[4] == "parallel")
