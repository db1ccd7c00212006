"""From a finished campaign to a profile: a row a candidate and size, with the candidate's features."""

from __future__ import annotations

import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from perfpred.errors import InputError, MeasurementError
from perfpred.halide.cost.features import FEATURES, features
from perfpred.halide.cost.machine import Target
from perfpred.halide.measure.checks import failure, is_wrong
from perfpred.halide.measure.compiling import Compiled
from perfpred.halide.measure.estimating import estimates
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.workers import require_halide
from perfpred.halide.pipeline.sizes import Size, size_text
from perfpred.halide.schedule.candidate import Candidate
from perfpred.measure.campaign import Effort, Row, RowRecord
from perfpred.measure.timing import Estimate
from perfpred.profile import Profile

PARAMETERS = ("width", "height", "schedule")


@dataclass(frozen=True)
class Results:
    """What a campaign found out.

    Attributes
    ----------
    experiment : Experiment
        The pipeline, its sizes and the site.
    target : Target
        Halide's target.
    candidates : sequence of Candidate
    compiled : mapping of str to Compiled
        What became of each candidate's compilation.
    rows : sequence of tuple of Row, RowRecord
        What became of each candidate at each size.
    """

    experiment: Experiment
    target: Target
    candidates: Sequence[Candidate]
    compiled: Mapping[str, Compiled]
    rows: Sequence[tuple[Row, RowRecord]]

    def profile(self, effort: Effort, about: Mapping[str, Any]) -> Profile:
        """Return the profile: a row a candidate and size.

        Raises
        ------
        MeasurementError
            If there is no row.
        """
        measured = self._measured()
        table = [
            {
                "kernel": self.experiment.pipeline.name,
                "variant": each.source,
                "hardware": self.experiment.site.hardware.id,
                "width": size[0],
                "height": size[1],
                "schedule": each.id,
                **self._features(each, size),
                **measured[each.id, size],
            }
            for each in self.candidates
            for size in self.experiment.described
            if (each.id, size) in measured
        ]
        if not table:
            raise MeasurementError("nothing was measured: no row was timed before the campaign ended")
        frame = pd.DataFrame(table)
        unknown = frame[list(FEATURES)].isna().any(axis=1)
        frame.loc[frame["variant"].isin(frame.loc[unknown, "variant"]), list(FEATURES)] = np.nan
        described = [name for name in FEATURES if frame[name].notna().any()]
        frame = frame.drop(columns=[name for name in FEATURES if name not in described])
        return Profile(frame, (*PARAMETERS, *described), self._metadata(effort) | dict(about))

    def _features(self, candidate: Candidate, size: Size) -> dict[str, float]:
        try:
            values = features(candidate, self.experiment.described[size].graph, self.target)
        except InputError:  # an autoscheduler's run, of which nothing is known but its time
            return dict.fromkeys(FEATURES, math.nan)
        return dict(zip(FEATURES, values.tolist(), strict=True))

    def _measured(self) -> dict[tuple[str, Size], dict[str, Any]]:
        found: dict[tuple[str, Size], dict[str, Any]] = {}
        for each in self.candidates:
            outcome = self.compiled[each.id]
            if outcome.status != "ok":
                found.update({(each.id, size): _failed(outcome.status) for size in self.experiment.described})
        for (row, _), estimated in zip(self.rows, estimates(self.rows), strict=True):
            if estimated is not None:
                found[_key(row)] = _estimated(estimated)
        found.update({_key(row): _failed(record.status) for row, record in self._failures()})
        return found

    def _failures(self) -> list[tuple[Row, RowRecord]]:
        """Return what failed; what was wrong at one size, or crashed, failed at all."""
        wrong = {
            row.subject: failure(record.status, record.message, size_text(_key(row)[1]))
            for row, record in self.rows
            if record.failed and is_wrong(record.status, record.message)
        }
        found = []
        for row, record in self.rows:
            if record.failed:
                found.append((row, record))
            elif row.subject in wrong:
                found.append((row, RowRecord(**wrong[row.subject])))
        return found

    def _metadata(self, effort: Effort) -> dict[str, Any]:
        first = next(iter(self.experiment.described.values())).graph
        hardware = self.experiment.site.hardware
        failures: list[dict[str, Any]] = [
            {"schedule": key, "status": each.status, "message": each.message}
            for key, each in self.compiled.items()
            if each.status != "ok"
        ]
        failures += [
            {"schedule": row.subject, **row.sizes, "status": record.status, "message": record.message}
            for row, record in self._failures()
        ]
        return {
            "kernel": self.experiment.pipeline.name,
            "algorithm": first.algorithm,
            "units": {"time_s": "s", "noise": "fraction", "rounds": "timings"},
            "work": {
                size_text(size): {"operations": each.graph.operations, "bytes": each.graph.bytes}
                for size, each in self.experiment.described.items()
            },
            "hardware": {
                hardware.id: {"cpu": hardware.cpu, "isa": hardware.isa, "threads": hardware.threads}
            },
            "target": self.experiment.target,
            "machine": self.experiment.site.machine.describe(),
            "software": {"halide": require_halide(), "python": platform.python_version()},
            "timing": {
                "estimate": "mean of the fastest third of the calm timings, in shuffled rounds over all rows",
                "min_rounds": effort.min_rounds,
                "max_rounds": effort.max_rounds,
                "target_noise": effort.target_noise,
            },
            "same_code": {key: each.duplicate_of for key, each in self.compiled.items() if each.duplicate_of},
            "failures": failures,
        }


def _key(row: Row) -> tuple[str, Size]:
    return str(row.subject), (row.sizes["width"], row.sizes["height"])


def _estimated(found: Estimate) -> dict[str, Any]:
    return {"time_s": found.time_s, "noise": found.noise, "rounds": float(found.rounds), "status": "ok"}


def _failed(status: str) -> dict[str, Any]:
    return {"time_s": math.nan, "noise": math.nan, "rounds": math.nan, "status": status}
