"""A chosen schedule as a document: what it is of, what it is for, what it should cost; applied or emitted."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfpred.documents.atomic import atomic_write
from perfpred.documents.layout import indented
from perfpred.documents.reading import read_json
from perfpred.errors import InputError
from perfpred.halide.graph.identity import Identity, compared, is_same
from perfpred.halide.graph.model import Graph
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.loop_names import FuncNames, require_loops
from perfpred.halide.schedule.rules import (
    MAX_SIZES,
    mapping,
    require,
    require_hash,
    require_integer,
    require_name,
    require_names,
    require_pipeline,
    require_seconds,
    require_sizes,
    require_target,
)

FORMAT = 1


class StaleScheduleError(InputError):
    """A schedule of an algorithm that has changed since."""


@dataclass(frozen=True)
class Schedule:
    """A schedule of one pipeline.

    Parameters
    ----------
    pipeline : str
        Its name.
    algorithm : str
        Hash of what it computes; another algorithm's schedule is refused.
    target : str
        Halide's target it was chosen for.
    sizes : tuple of (int, int)
        What it was chosen for.
    candidate : Candidate
        The directives.
    funcs : mapping of str to FuncNames
        The Funcs that directives name.
    expected_s : float, optional
        Seconds it should take.
    others : tuple of (Candidate, float)
        The next best, and the seconds they should take, for where this one does not do.
    is_foreign : bool
        Whether it was read from a document: it is tried in a child process before it is applied.

    Raises
    ------
    InputError
        If a text or number of it breaks a rule, or a directive names a Func or a loop that is not there.
    """

    pipeline: str
    algorithm: str
    target: str
    sizes: tuple[tuple[int, int], ...]
    candidate: Candidate
    funcs: Mapping[str, FuncNames] = field(default_factory=dict)
    expected_s: float | None = None
    others: tuple[tuple[Candidate, float], ...] = ()
    is_foreign: bool = field(default=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        require_pipeline(self.pipeline)
        require_hash(self.algorithm)
        require_target(self.target)
        require_sizes(self.sizes)
        if self.expected_s is not None:
            require_seconds(self.expected_s, "expected_s")
        require_integer(len(self.others), "the number of others", 0, MAX_SIZES)
        for index, (_, expected_s) in enumerate(self.others):
            require_seconds(expected_s, f"others[{index}].expected_s")
        require_loops(self.candidate.directives, self.funcs)

    @classmethod
    def of(
        cls,
        pipeline: str,
        graph: Graph,
        candidate: Candidate,
        target: str,
        sizes: Sequence[tuple[int, int]],
        expected_s: float | None = None,
        others: Sequence[tuple[Candidate, float]] = (),
    ) -> Schedule:
        """Return the schedule of a pipeline that a candidate is.

        Parameters
        ----------
        pipeline : str
            Its name.
        graph : Graph
            The pipeline at its size.
        candidate : Candidate
            The schedule.
        target : str
            Halide's target.
        sizes : sequence of tuple of int, int
            At which it was measured or chosen.
        expected_s : float, optional
            The time expected.
        others : sequence of tuple of Candidate, float
            Further schedules, with the times expected.
        """
        named = {directive.func for directive in candidate.directives}
        named |= {
            str(each.args[0]) for each in candidate.directives if each.method in ("compute_at", "store_at")
        }
        funcs = {
            func.key: FuncNames(func.order, func.args, tuple(stage.rvars for stage in func.stages[1:]))
            for func in graph.funcs
            if func.key in named
        }
        return cls(
            pipeline, graph.algorithm, target, tuple(sizes), candidate, funcs, expected_s, tuple(others)
        )

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return {
            "format": FORMAT,
            "pipeline": self.pipeline,
            "algorithm": self.algorithm,
            "target": self.target,
            "sizes": [list(size) for size in self.sizes],
            "source": self.candidate.source,
            "expected_s": self.expected_s,
            "others": [
                {
                    "source": each.source,
                    "expected_s": expected_s,
                    "directives": [directive.to_json() for directive in each.directives],
                }
                for each, expected_s in self.others
            ],
            "directives": [each.to_json() for each in self.candidate.directives],
            "funcs": {
                key: {
                    "index": each.index,
                    "args": list(each.args),
                    "rvars": [list(names) for names in each.rvars],
                }
                for key, each in self.funcs.items()
            },
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Schedule:
        """Return the schedule that `to_json` described.

        Raises
        ------
        InputError
            If it is none, or of a newer format.
        """
        if not isinstance(document, Mapping) or document.get("format") != FORMAT:
            raise InputError(f"not a schedule of format {FORMAT}")
        needed = ("pipeline", "algorithm", "target", "sizes", "directives", "funcs")
        missing = [key for key in needed if key not in document]
        if missing:
            raise InputError(f"not a schedule: {', '.join(missing)} missing")
        funcs, others = document["funcs"], document.get("others", [])
        require(isinstance(funcs, dict), "funcs", "a JSON object", funcs)
        require(isinstance(others, list), "others", "a list", others)
        return cls(
            document["pipeline"],
            document["algorithm"],
            document["target"],
            require_sizes(document["sizes"]),
            Candidate.from_json(document),
            {require_name(key, "a key of funcs"): _names(each, key) for key, each in funcs.items()},
            document.get("expected_s"),
            tuple(_other(each, index) for index, each in enumerate(others)),
            is_foreign=True,
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the schedule as JSON."""
        atomic_write(path, indented(self.to_json()))

    def require(self, identity: Identity) -> None:
        """Raise `StaleScheduleError` unless this is a schedule of that algorithm."""
        if not is_same(self.algorithm, identity):
            raise StaleScheduleError(
                f"this schedule is of {self.pipeline} as it was ({compared(self.algorithm, identity)}): "
                "choose a schedule again"
            )

    def apply(
        self, output: Any, inputs: Sequence[Any] | None = None, output_extents: Sequence[int] | None = None
    ) -> None:
        """Schedule a pipeline, given as its output or as the three values its function returns.

        In a generator: ``if not self.using_autoscheduler(): load_schedule(path).apply(self.output)``, as
        the last statement of ``generate``.

        Parameters
        ----------
        output : hl.Func, hl.Pipeline, or sequence of hl.Func
            Unscheduled. What these very objects compiled before is dropped; other handles of the same
            pipeline keep what they have compiled.
        inputs, output_extents : sequence, optional
            Their examples become estimates, which only a schedule that runs an autoscheduler needs.

        Raises
        ------
        StaleScheduleError
            If it is another algorithm.
        InputError
            If the pipeline cannot be used or has been scheduled before, or if a schedule that was read from
            a document does not fit it: that is found out in a copy of this process, whatever becomes of it.
        """
        from perfpred.halide.pipeline.build import checked, without_examples
        from perfpred.halide.schedule.apply import apply_to, require_fitting, target_of
        from perfpred.halide.schedule.dry_run import require_applicable

        if inputs is None or output_extents is None:
            built = without_examples(output)
        else:
            built = checked(output, inputs, output_extents)
        self.require(built.identity)
        candidate = self.candidate
        if self.is_foreign:
            require_fitting(self.funcs, built)
            candidate = require_applicable(self.candidate, built, self.target)
        apply_to(output, candidate, built, target_of(self.target))


def load_schedule(path: str | os.PathLike[str]) -> Schedule:
    """Read a schedule; raises `InputError` naming the file, the place and the value if it holds none."""
    try:
        return Schedule.from_json(read_json(path, "schedule"))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


def _other(document: Any, index: int) -> tuple[Candidate, float]:
    try:
        candidate = Candidate.from_json(document)
        return candidate, require_seconds(document.get("expected_s"), "expected_s")
    except InputError as error:
        raise InputError(f"others[{index}]: {error}") from None


def _names(document: Any, key: str) -> FuncNames:
    try:
        fields = mapping(document, "it", ("index", "args", "rvars"))
        require(isinstance(fields["rvars"], list), "rvars", "a list", fields["rvars"])
        args = require_names(fields["args"], "args")
        rvars = tuple(require_names(each, f"rvars[{i}]") for i, each in enumerate(fields["rvars"]))
        return FuncNames(fields["index"], args, rvars)
    except InputError as error:
        raise InputError(f"funcs.{key}: {error}") from None
