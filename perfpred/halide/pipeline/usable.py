"""What a pipeline must be to have schedules made: unscheduled, its loops named as Halide finds them."""

from __future__ import annotations

from perfpred.errors import InputError
from perfpred.halide.graph.names import COUNTER
from perfpred.halide.graph.raw import RawFunc, RawPipeline


def require_usable(raw: RawPipeline) -> None:
    """Raise unless a pipeline can be scheduled.

    Raises
    ------
    InputError
        If it is scheduled already, or the name of a Var or an RDom has a dot.
    """
    scheduled = dict.fromkeys(_plain(func.name) for func in raw.funcs.values() if func.is_scheduled)
    if scheduled:
        raise InputError(
            f"the pipeline must not be scheduled yet, but {', '.join(scheduled)} is; a generator schedules "
            "itself only where self.using_autoscheduler() is false"
        )
    for func in raw.funcs.values():
        dotted = next((name for name in _loops(func) if "." in name), None)
        if dotted is not None:
            raise InputError(
                f"names of Vars and RDoms must have no '.', by which Halide tells loops that were split, "
                f"but {_plain(func.name)} has {dotted}: call it {dotted.replace('.', '_')}"
            )


def _loops(func: RawFunc) -> list[str]:
    """Return the names that loops have from Vars, and from RDoms without their dimension."""
    reductions = (name.partition("$")[0] for stage in func.stages for name, _, _ in stage.rvars)
    return [*(_plain(name) for name in func.args), *reductions]


def _plain(name: str) -> str:
    """Return a name without the number that Halide makes it unlike others with."""
    return COUNTER.sub("", name)
