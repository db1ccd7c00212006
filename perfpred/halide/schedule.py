"""A chosen schedule as a document: what it is of, what it is for, what it should cost; applied or emitted."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfpred.errors import InputError
from perfpred.files import atomic_write
from perfpred.halide.candidate import Candidate
from perfpred.halide.graph.model import Graph

FORMAT = 1


class StaleScheduleError(InputError):
    """A schedule of an algorithm that has changed since."""


@dataclass(frozen=True)
class FuncNames:
    """What emitted code needs to find a Func and its loops: its place, dimensions, each update's loops."""

    index: int
    args: tuple[str, ...]
    rvars: tuple[tuple[str, ...], ...]


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
    """

    pipeline: str
    algorithm: str
    target: str
    sizes: tuple[tuple[int, int], ...]
    candidate: Candidate
    funcs: Mapping[str, FuncNames] = field(default_factory=dict)
    expected_s: float | None = None
    others: tuple[tuple[Candidate, float], ...] = ()

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
        """Return the schedule of a pipeline that a candidate is."""
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
        try:
            expected = document.get("expected_s")
            return cls(
                str(document["pipeline"]),
                str(document["algorithm"]),
                str(document["target"]),
                tuple((int(width), int(height)) for width, height in document["sizes"]),
                Candidate.from_json(document),
                {key: _names(each) for key, each in document["funcs"].items()},
                None if expected is None else float(expected),
                tuple(map(_other, document.get("others", ()))),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"not a schedule: {type(error).__name__}: {error}") from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the schedule as JSON."""
        atomic_write(path, json.dumps(self.to_json(), indent=1) + "\n")

    def require(self, algorithm: str) -> None:
        """Raise `StaleScheduleError` unless this is a schedule of that algorithm."""
        if algorithm != self.algorithm:
            raise StaleScheduleError(
                f"this schedule is of {self.pipeline} as it was (algorithm {self.algorithm}), which has "
                f"changed since (algorithm {algorithm}): choose a schedule again"
            )

    def apply(
        self, output: Any, inputs: Sequence[Any] | None = None, output_extents: Sequence[int] | None = None
    ) -> None:
        """Schedule a pipeline, given as its output or as the three values its function returns.

        In a generator: ``if not self.using_autoscheduler(): load_schedule(path).apply(self.output)``, as
        the last statement of ``generate``.

        Parameters
        ----------
        output : hl.Func or hl.Pipeline
            Unscheduled.
        inputs, output_extents : sequence, optional
            Their examples become estimates, which only a schedule that runs an autoscheduler needs.

        Raises
        ------
        StaleScheduleError
            If it is another algorithm.
        InputError
            If the pipeline cannot be used, or has been scheduled before.
        """
        import halide as hl

        from perfpred.halide.apply import apply
        from perfpred.halide.built import checked, without_examples

        if inputs is None or output_extents is None:
            built = without_examples(output)
        else:
            built = checked(output, inputs, output_extents)
        self.require(built.algorithm)
        apply(self.candidate, built, hl.Target(self.target))


def load_schedule(path: str | os.PathLike[str]) -> Schedule:
    """Read a schedule; raises `InputError` if the file is missing or holds none."""
    try:
        return Schedule.from_json(json.loads(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise InputError(f"{path}: {error}") from None


def _other(document: Mapping[str, Any]) -> tuple[Candidate, float]:
    return Candidate.from_json(document), float(document["expected_s"])


def _names(document: Mapping[str, Any]) -> FuncNames:
    return FuncNames(
        int(document["index"]), tuple(document["args"]), tuple(tuple(names) for names in document["rvars"])
    )
