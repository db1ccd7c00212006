"""Which algorithm a pipeline is: a hash of what it computes, and the one rule by which algorithms compare."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from perfpred.halide.graph.digests import Digests, stage_loops, written
from perfpred.halide.graph.names import in_order, loop_keys
from perfpred.halide.graph.older import DIGITS as OLDER_DIGITS
from perfpred.halide.graph.older import older_hash
from perfpred.halide.graph.raw import RawFunc, RawPipeline
from perfpred.halide.graph.settings import bounds

DIGITS = 20


@dataclass(frozen=True)
class Identity:
    """What a pipeline computes, as hashes.

    Parameters
    ----------
    algorithm : str
        The hash, as it is written today.
    older : str, optional
        What earlier versions wrote for it; empty where their rule missed something of this pipeline, so
        that other algorithms could have the same.
    """

    algorithm: str
    older: str = ""


def is_same(stored: str, identity: Identity) -> bool:
    """Say whether the hash that a file holds is that of a pipeline, by the rule of the version that wrote it.

    Examples
    --------
    >>> is_same("7508e4c7ad49823f", Identity("0e4c7ad49823f7508e4c", older="7508e4c7ad49823f"))
    True
    >>> is_same("", Identity("0e4c7ad49823f7508e4c"))
    False
    """
    return bool(stored) and stored in (identity.algorithm, identity.older)


def compared(stored: str, identity: Identity) -> str:
    """Return in words how the hash of a file differs from a pipeline's."""
    if len(stored) == OLDER_DIGITS and not identity.older:
        return (
            f"algorithm {stored}, written by an earlier version, whose hashes do not tell pipelines like "
            "this one apart"
        )
    return f"algorithm {stored}, which has changed since to {identity.algorithm}"


def identity_of(pipeline: RawPipeline) -> Identity:
    """Return what a pipeline computes, as hashes; its outputs alone decide.

    Names of Funcs and loops count, as schedules use them, but for the counters that Halide adds; types,
    constants, the order of operands and of outputs, elements of Tuples, bounds of Funcs and the contents of
    buffers count. How it is scheduled and stored, and what is said of inputs, does not.
    """
    funcs = in_order(pipeline)
    return Identity(algorithm_hash(pipeline, funcs), older_hash(pipeline, funcs))


def algorithm_hash(pipeline: RawPipeline, funcs: Sequence[RawFunc], *, verbatim: bool = False) -> str:
    """Return today's hash; `verbatim` if the counters in random numbers count."""
    digests = Digests(pipeline, funcs, verbatim=verbatim)
    outputs = [digests.keys[name] for name in pipeline.outputs]
    return short([outputs, [_func(func, digests) for func in funcs]])


def short(document: object) -> str:
    """Return the hash of a plain document."""
    return hashlib.sha256(json.dumps(document).encode()).hexdigest()[:DIGITS]


def _func(func: RawFunc, digests: Digests) -> list[object]:
    args = loop_keys(func.args, "d")
    stages = []
    for stage in func.stages:
        loops = stage_loops(func, stage)
        rvars = [loops[name] for name, _, _ in stage.rvars]
        stages.append([rvars, len(stage.args), digests.of(written(stage), loops)])
    types = [(kind.code, kind.bits) for kind in func.types]
    return [digests.keys[func.name], list(args.values()), types, stages, bounds(func, digests)]
