"""A graph of a pipeline of which no example is known: what its Funcs read of each other, at made-up sizes."""

from __future__ import annotations

from perfpred.halide.graph.extract import extract
from perfpred.halide.graph.model import Graph, Input
from perfpred.halide.graph.names import in_order
from perfpred.halide.graph.raw import RawPipeline
from perfpred.halide.graph.terms import is_read, walk

EXTENT = 64
SCALAR = 3.0


def outline(pipeline: RawPipeline) -> Graph:
    """Return the graph of a pipeline with inputs and outputs of `EXTENT` points a dimension.

    Extents, and the places of Funcs in ``Pipeline.get_func``, mean nothing in it.

    Raises
    ------
    InputError
        If the pipeline is of a kind that cannot be scheduled here, or a Func's bounds cannot be found.
    """
    funcs = in_order(pipeline)
    terms = [
        term
        for func in funcs
        for stage in func.stages
        for term in (
            *stage.values,
            *stage.args,
            stage.predicate,
            *(end for rvar in stage.rvars for end in rvar[1:]),
        )
    ]
    images: dict[str, Input] = {}
    scalars: dict[str, float] = {}
    for term in walk(terms):
        if is_read(term) and term.name not in pipeline.funcs:
            images[term.name] = Input(term.name, (float(EXTENT),) * len(term.operands), 4)
        elif term.kind == "Variable":
            scalars[term.name] = SCALAR
    for name in {loop for func in funcs for stage in func.stages for loop in func.args}:
        scalars.pop(name, None)
    outputs = [[(0, EXTENT)] * len(pipeline.funcs[name].args) for name in pipeline.outputs]
    return extract(pipeline, images, scalars, outputs, {func.name: 0 for func in funcs})
