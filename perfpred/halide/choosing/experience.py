"""What was measured of a pipeline's schedules, and what it says of those that were not."""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from perfpred.errors import InputError, ModelFileError
from perfpred.files import atomic_write, make_folder, remove_leftovers
from perfpred.halide.candidate import Candidate
from perfpred.halide.choosing.experience_file import check_measurements, check_model, check_names, decode
from perfpred.halide.features.compute import FEATURES
from perfpred.halide.pipelines import PIPELINES
from perfpred.halide.profiling import read_schedules
from perfpred.halide.sandbox.workshop import Size
from perfpred.halide.schedule_rules import MAX_ELEMENTS, require_sizes, shown
from perfpred.input_files import read_json
from perfpred.learn.ensemble import EnsembleRegressor
from perfpred.names import file_stem
from perfpred.predict import codec
from perfpred.predict.blend import Blend
from perfpred.predict.checks import Floats
from perfpred.profile import Profile, read_profile

FORMAT, VERSION = "perfpred-halide", 1
LEAST_ROWS = 20
"""Measurements, for a model of schedules that were not measured."""
SUFFIX = ".json.gz"
TREES = 50
"""Of the model: files stay small, and errors are as with more."""
ESTIMATE = FEATURES.index("log_estimate")


@dataclass(frozen=True, eq=False)
class Experience:
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

    def __post_init__(self) -> None:
        check_names(self.pipeline, self.algorithm, self.hardware)
        check_measurements(self.candidates, self.sizes, self.log_time, self.noise)
        check_model(self.model, self.model_deviation, self.spearman)

    @classmethod
    def of(cls, profile: Profile, schedules: Mapping[str, Candidate]) -> Experience:
        """Return what a profile of one pipeline on one machine taught.

        Raises
        ------
        InputError
            If it is not such a profile, or no row has a time.
        """
        rows = profile.ok.table
        _require_measured(rows)
        sizes, log_time, noise, kept = _times(rows, schedules)
        model, deviation, spearman = _fitted(rows)
        algorithm = str(profile.metadata.get("algorithm", ""))
        names = str(rows["kernel"].iloc[0]), algorithm, str(rows["hardware"].iloc[0])
        return cls(*names, sizes, kept, log_time, noise, model, deviation, spearman)

    @classmethod
    def read(cls, path: Path) -> Experience:
        """Return what a profile CSV taught."""
        profile, schedules = read_profile(path), read_schedules(path)
        try:
            return cls.of(profile, schedules)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None

    def without(self, size: Size) -> Experience:
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
        """Return expected log seconds, shape (n,), of features of shape (n, len(FEATURES))."""
        if self.model is None:
            raise InputError(f"there are too few measurements of {self.pipeline} to predict other schedules")
        columns = {name: features[:, place] for place, name in enumerate(FEATURES)}
        return np.asarray(np.log(self.model.seconds(columns)) + features[:, ESTIMATE])

    def save(self, folder: Path) -> Path:
        """Write it to ``folder/halide``, gzipped; returns the file."""
        path = _place(folder, self.pipeline, self.hardware)
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
        }
        document = {"format": FORMAT, "version": VERSION, "sha256": _digest(body), "experience": body}
        make_folder(folder)
        make_folder(path.parent, follow_links=False)
        remove_leftovers(path.parent)
        text = json.dumps(document, allow_nan=False, separators=(",", ":")) + "\n"
        atomic_write(path, gzip.compress(text.encode(), mtime=0), follow_links=False)
        return path


def load_experience(path: Path) -> Experience:
    """Return what `Experience.save` wrote.

    Raises
    ------
    ModelFileError
        If it is not that, was edited, or is of a newer version.
    """
    try:
        return _loaded(read_json(path, "model"))
    except InputError as error:
        raise ModelFileError(f"{path}: {error}") from None


def _loaded(document: Any) -> Experience:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise ModelFileError(f"not a file of measured schedules: 'format' must be '{FORMAT}'")
    if document.get("version") != VERSION:
        raise ModelFileError(f"format version must be {VERSION}, but is {shown(document.get('version'))}")
    body = document.get("experience")
    try:
        digest = _digest(body)
    except RecursionError:
        raise ModelFileError("its content is nested too deeply") from None
    if document.get("sha256") != digest:
        raise ModelFileError("its content does not match its hash: train it again")
    return Experience(**decode(body))


def find(folder: Path, pipeline: str, hardware: str) -> Experience | None:
    """Return what `folder` holds of a pipeline on a machine, None if it holds nothing."""
    path = _place(folder, pipeline, hardware)
    if not path.exists():
        return _under_earlier_name(folder, pipeline, hardware)
    found = load_experience(path)
    if (found.pipeline, found.hardware) != (pipeline, hardware):
        raise ModelFileError(
            f"{path}: it must hold {pipeline} on {hardware}, but holds {found.pipeline} on {found.hardware}"
        )
    return found


def _under_earlier_name(folder: Path, pipeline: str, hardware: str) -> Experience | None:
    """Return what an earlier version wrote, whose file names several pipelines could share."""
    name = re.sub(r"[^A-Za-z0-9.]+", "-", f"{pipeline}-{hardware}")
    path = folder / "halide" / f"{name}{SUFFIX}"
    if len(name) > 200 or not path.exists():
        return None
    found = load_experience(path)
    return found if (found.pipeline, found.hardware) == (pipeline, hardware) else None


def find_algorithm(folder: Path, algorithm: str, hardware: str) -> Experience | None:
    """Return what `folder` holds of an algorithm on a machine, whatever its name; None if nothing."""
    for path in sorted((folder / "halide").glob(f"*{SUFFIX}")):
        found = load_experience(path)
        if (found.algorithm, found.hardware) == (algorithm, hardware):
            return found
    return None


def _place(folder: Path, pipeline: str, hardware: str) -> Path:
    return folder / "halide" / f"{file_stem((pipeline, hardware), PIPELINES)}{SUFFIX}"


def _require_measured(rows: pd.DataFrame) -> None:
    """Raise `InputError` unless rows are times of schedules of one pipeline on one machine."""
    needed = ("schedule", "width", "height", *FEATURES)
    missing = [name for name in needed if name not in rows]
    if missing or rows.empty:
        lacks = f"; it lacks {', '.join(missing[:5])}" if missing and len(missing) < len(needed) else ""
        raise InputError(f"a profile with times is needed, as perfpred halide profile writes it{lacks}")
    for column in ("kernel", "hardware"):
        if rows[column].nunique() > 1:
            names = ", ".join(shown(each) for each in sorted(rows[column].unique())[:5])
            raise InputError(f"one {column} at a time, but got {names}")
    for name in ("width", "height", *FEATURES):
        if rows[name].dtype.kind not in "iuf":
            raise InputError(f"column '{name}' must hold numbers, but holds {shown(rows[name].iloc[0])}")
    for name in ("width", "height"):
        bad = ~((rows[name] >= 1) & (rows[name] <= MAX_ELEMENTS) & (rows[name] % 1 == 0))
        if bad.any():
            value = shown(float(rows[name][bad].iloc[0]))
            raise InputError(
                f"column '{name}' must hold whole numbers in 1..{MAX_ELEMENTS}, but holds {value}"
            )


def _times(
    rows: pd.DataFrame, schedules: Mapping[str, Candidate]
) -> tuple[tuple[Size, ...], Floats, Floats, tuple[Candidate, ...]]:
    """Return sizes, log times and noise, both (C, S), and the schedules; repeats are averaged."""
    keys = list(dict.fromkeys(map(str, rows["schedule"])))
    unknown = [key for key in keys if key not in schedules]
    if unknown:
        raise InputError(
            f"the schedules beside the profile are of another one: {len(unknown)} of {len(keys)} are not "
            f"among them, such as {shown(unknown[0])}"
        )
    where = list(zip(rows["width"].astype(int), rows["height"].astype(int), strict=True))
    sizes = require_sizes(tuple(dict.fromkeys(where)))
    at = [keys.index(key) for key in map(str, rows["schedule"])], [sizes.index(size) for size in where]
    columns = {"time": np.log(rows["time_s"].to_numpy()), "noise": rows["noise"].to_numpy()}
    table = pd.DataFrame({"row": at[0], "column": at[1], **columns}).groupby(["row", "column"]).mean()
    log_time, noise = np.full((2, len(keys), len(sizes)), np.nan)
    index = tuple(table.index.to_frame().to_numpy().T)
    log_time[index], noise[index] = table["time"], table["noise"]
    return sizes, log_time, noise, tuple(schedules[key] for key in keys)


def _fitted(rows: pd.DataFrame) -> tuple[Blend | None, float, float]:
    """Return a model of log time over the estimate, and how it does on schedules that it has not seen.

    That is the deviation of its errors, and the rank correlation with the times of each size, on average.
    """
    known = rows[rows[list(FEATURES)].notna().all(axis=1)]
    if len(known) < LEAST_ROWS or known["schedule"].nunique() < LEAST_ROWS // 2:
        return None, math.nan, math.nan
    estimate = known[FEATURES[ESTIMATE]].to_numpy()
    time_s = known["time_s"].to_numpy()
    fitted = EnsembleRegressor(use_products=False, n_trees=TREES).fit_with_residuals(
        known[list(FEATURES)].astype(float), time_s / np.exp(estimate), groups=known["schedule"]
    )
    assert isinstance(fitted.formula_, Blend)
    residuals = fitted.oof_log_residuals_
    table = known.assign(expected=np.log(time_s) - residuals)
    ranks = [
        float(spearmanr(part["expected"], part["time_s"]).statistic)
        for _, part in table.groupby(["width", "height"])
        if len(part) > 2
    ]
    return fitted.formula_, float(np.std(residuals)), float(np.mean(ranks)) if ranks else math.nan


def _number(value: float) -> float | None:
    """Return a number as JSON has it: None if it is NaN."""
    return value if math.isfinite(value) else None


def _without_nan(values: Floats) -> list[list[float | None]]:
    return [[None if math.isnan(each) else each for each in row] for row in values.tolist()]


def _digest(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def names_of(found: Iterable[Experience]) -> str:
    """Return the pipelines and machines, for messages."""
    return ", ".join(f"{each.pipeline} on {each.hardware}" for each in found) or "none"
