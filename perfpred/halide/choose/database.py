"""What was measured of a pipeline's schedules, and what it says of those that were not."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.documents import codec
from perfpred.documents.atomic import make_folder, remove_leftovers
from perfpred.documents.hashed import SPACED, Format
from perfpred.documents.layout import compact
from perfpred.errors import DataWarning, InputError, ModelFileError
from perfpred.halide.choose.database_file import (
    check_failed,
    check_measurements,
    check_model,
    check_names,
    decode,
)
from perfpred.halide.choose.database_folder import before, place
from perfpred.halide.choose.taught import ESTIMATE, faulty, fitted, require_measured, times
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.measure.schedules_file import read_schedules
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.schedule.candidate import Candidate
from perfpred.predict.blend import Blend
from perfpred.predict.checks import Floats
from perfpred.profile import Profile, read_profile

FORMAT = Format("perfpred-halide", 1, "experience", "schedule database", layout=compact, separators=SPACED)


@dataclass(frozen=True, eq=False)
class ScheduleDatabase:
    """Measurements of C schedules of one pipeline at S sizes on one machine.

    Attributes
    ----------
    pipeline, algorithm, hardware : str
        Name, hash of what it computes, and where it was measured.
    sizes : tuple of (int, int)
    candidates : tuple of Candidate
        Those with a time at some size.
    log_time, noise : ndarray of shape (C, S)
        Natural logarithm of seconds, and relative repeatability; NaN where there is no time.
    model : Blend or None
        Seconds per estimated cycle, from the features of a schedule; None with too few measurements.
    model_deviation : float
        Of log times of schedules that it had not seen.
    spearman : float
        Rank correlation, mean over sizes, of its predictions with the times of schedules it had not seen.
    failed : mapping of str to str
        The status of each schedule, by its id, whose output was wrong or whose process ended at any size:
        it is out at all sizes, and none of `candidates`.
    """

    pipeline: str
    algorithm: str
    hardware: str
    sizes: tuple[Size, ...]
    candidates: tuple[Candidate, ...]
    log_time: Floats
    noise: Floats
    model: Blend | None
    model_deviation: float
    spearman: float = math.nan
    failed: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_names(self.pipeline, self.algorithm, self.hardware)
        check_measurements(self.candidates, self.sizes, self.log_time, self.noise)
        check_model(self.model, self.model_deviation, self.spearman)
        check_failed(self.failed, self.candidates)

    @classmethod
    def of(cls, profile: Profile, schedules: Mapping[str, Candidate]) -> ScheduleDatabase:
        """Return what a profile of one pipeline on one machine taught.

        Raises
        ------
        InputError
            If it is not such a profile, or no row has a time of a schedule that was right everywhere.
        """
        rows = profile.ok.table
        require_measured(rows)
        failed = faulty(profile)
        rows = rows[~rows["schedule"].astype(str).isin(list(failed))]
        if rows.empty:
            raise InputError(
                "a schedule that was right at every size is needed, but each was wrong or crashed"
            )
        sizes, log_time, noise, kept = times(rows, schedules)
        model, deviation, spearman = fitted(rows)
        algorithm = str(profile.metadata.get("algorithm", ""))
        names = str(rows["kernel"].iloc[0]), algorithm, str(rows["hardware"].iloc[0])
        return cls(*names, sizes, kept, log_time, noise, model, deviation, spearman, failed)

    @classmethod
    def read(cls, path: Path) -> ScheduleDatabase:
        """Return what a profile CSV taught.

        Raises
        ------
        InputError
            If the profile cannot be read, or teaches nothing.
        """
        with warnings.catch_warnings():  # schedules are names, of which no others are asked
            warnings.filterwarnings("ignore", "schedule is text with", DataWarning)
            profile = read_profile(path)
        schedules = read_schedules(path)
        try:
            return cls.of(profile, schedules)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    def without_failed(self, failed: Mapping[str, str]) -> ScheduleDatabase:
        """Return what is left without schedules that failed elsewhere, which are kept as failed.

        Raises
        ------
        InputError
            If nothing is left.
        """
        if not failed.keys() - self.failed.keys():
            return self
        kept = [place for place, each in enumerate(self.candidates) if each.id not in failed]
        if not kept:
            raise InputError(
                f"every schedule of {self.pipeline} was wrong or crashed somewhere: profile it again"
            )
        log_time = self.log_time[kept]
        sizes = np.asarray(np.isfinite(log_time).any(axis=0), dtype=bool)
        return replace(
            self,
            sizes=tuple(each for each, some in zip(self.sizes, sizes.tolist(), strict=True) if some),
            candidates=tuple(self.candidates[place] for place in kept),
            log_time=log_time[:, sizes],
            noise=self.noise[kept][:, sizes],
            failed={**failed, **self.failed},
        )

    def without(self, size: Size) -> ScheduleDatabase:
        """Return what is left without the measurements at a size; the model is fitted as it was."""
        kept = [place for place, each in enumerate(self.sizes) if each != size]
        some = np.asarray(np.isfinite(self.log_time[:, kept]).any(axis=1), dtype=bool)
        return replace(
            self,
            sizes=tuple(self.sizes[place] for place in kept),
            candidates=tuple(
                each for each, is_in in zip(self.candidates, some.tolist(), strict=True) if is_in
            ),
            log_time=self.log_time[some][:, kept],
            noise=self.noise[some][:, kept],
        )

    @property
    def levels(self) -> Floats:
        """The level of each size, shape (S,): the mean log time of schedules measured at all of them."""
        everywhere = np.isfinite(self.log_time).all(axis=1)
        rows = self.log_time[everywhere] if everywhere.any() else self.log_time
        return np.asarray(np.nanmean(rows, axis=0))

    @property
    def relative(self) -> Floats:
        """Log time relative to the level of its size, mean over sizes, shape (C,)."""
        return np.asarray(np.nanmean(self.log_time - self.levels, axis=1))

    def of_unseen(self, features: Floats) -> Floats:
        """Return expected log seconds, shape (n,), of features of shape (n, len(FEATURES)).

        Raises
        ------
        InputError
            If too little was measured to predict others.
        """
        if self.model is None:
            raise InputError(f"there are too few measurements of {self.pipeline} to predict other schedules")
        columns = {name: features[:, place] for place, name in enumerate(FEATURES)}
        return np.asarray(np.log(self.model.seconds(columns)) + features[:, ESTIMATE])

    def save(self, folder: Path) -> Path:
        """Write it to ``folder/halide``, gzipped; returns the file.

        It replaces what was there of the same pipeline, algorithm and machine, but for the schedules that
        failed: those stay out.
        """
        names = self.pipeline, self.algorithm, self.hardware
        earlier = before(folder, *names)
        kept = self if earlier is None else self.without_failed(earlier.failed)
        path = place(folder, *names) if earlier is None else earlier.path
        return kept._write(path, folder)

    def _write(self, path: Path, folder: Path) -> Path:
        body = {
            "pipeline": self.pipeline,
            "algorithm": self.algorithm,
            "hardware": self.hardware,
            "sizes": [list(size) for size in self.sizes],
            "candidates": [each.to_json() for each in self.candidates],
            "log_time": _without_nan(self.log_time),
            "noise": _without_nan(self.noise),
            "model": codec.encode(self.model),
            "model_deviation": _number(self.model_deviation),
            "spearman": _number(self.spearman),
            **({"failed": dict(sorted(self.failed.items()))} if self.failed else {}),
        }
        make_folder(folder)
        make_folder(path.parent, follow_links=False)
        remove_leftovers(path.parent)
        FORMAT.save(path, body)
        return path


def load_database(path: Path) -> ScheduleDatabase:
    """Return what `ScheduleDatabase.save` wrote.

    Raises
    ------
    ModelFileError
        If it is not that, was edited, or is of a newer version.
    """
    content = FORMAT.load(path)
    try:
        return ScheduleDatabase(**decode(content))
    except InputError as error:
        raise ModelFileError(f"{path}: {error}") from None


def loaded(document: Any) -> ScheduleDatabase:
    """Return what a document of a file holds; raises `InputError` without the file's name."""
    return ScheduleDatabase(**decode(FORMAT.unwrap(document)))


def _number(value: float) -> float | None:
    """Return a number as JSON has it: None if it is NaN."""
    return value if math.isfinite(value) else None


def _without_nan(values: Floats) -> list[list[float | None]]:
    return [[None if math.isnan(each) else each for each in row] for row in values.tolist()]
