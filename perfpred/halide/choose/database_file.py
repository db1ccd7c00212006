"""What a file of measured schedules may hold: read by declared types, each value checked, nothing guessed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from perfpred.documents import codec
from perfpred.errors import InputError
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.schedule.candidate import Candidate
from perfpred.halide.schedule.rules import (
    is_finite,
    mapping,
    require,
    require_hardware,
    require_hash,
    require_pipeline,
    require_sizes,
)
from perfpred.predict.blend import Blend
from perfpred.predict.checks import Floats
from perfpred.predict.expressions import parsed
from perfpred.predict.gaussian_process import GaussianProcess

FIELDS = (
    *("pipeline", "algorithm", "hardware", "sizes", "candidates", "log_time", "noise"),
    *("model", "model_deviation", "spearman"),
)
OPTIONAL = ("failed",)
WRONG, BROKEN = "wrong_result", "runtime_error"
"""What a schedule ended with that is out at all sizes: its output was wrong, or its process ended."""
_ID = re.compile(r"s[0-9a-f]{11}")
MAX_CANDIDATES = 100_000
MAX_LOG_TIME = 50.0
"""Natural logarithm of seconds, up or down: far beyond what a clock measures or anybody waits for."""
MAX_NOISE = 1e6
MAX_DEVIATION = 100.0


def decode(body: Any) -> dict[str, Any]:
    """Return the fields of an `ScheduleDatabase` that a file's body holds.

    Raises
    ------
    InputError
        Naming the place, what must stand there and what does.
    """
    fields = mapping(body, "experience", FIELDS, OPTIONAL)
    given = fields["candidates"]
    good = isinstance(given, list) and 1 <= len(given) <= MAX_CANDIDATES
    require(good, "candidates", f"a list of 1 to {MAX_CANDIDATES} schedules", given)
    sizes = require_sizes(fields["sizes"])
    candidates = tuple(_candidate(each, index) for index, each in enumerate(given))
    shape = len(candidates), len(sizes)
    model = fields["model"]
    return {
        "pipeline": fields["pipeline"],
        "algorithm": fields["algorithm"],
        "hardware": fields["hardware"],
        "sizes": sizes,
        "candidates": candidates,
        "log_time": _matrix(fields["log_time"], "log_time", shape),
        "noise": _matrix(fields["noise"], "noise", shape),
        "model": None if model is None else codec.decode(model, Blend),
        "model_deviation": _number(fields["model_deviation"], "model_deviation"),
        "spearman": _number(fields["spearman"], "spearman"),
        "failed": mapping(fields.get("failed", {}), "failed", fields.get("failed", {})),
    }


def check_names(pipeline: object, algorithm: object, hardware: object) -> None:
    """Raise `InputError` unless these name what was measured, and where; the hash may be empty."""
    require_pipeline(pipeline)
    require_hardware(hardware)
    if algorithm != "":
        require_hash(algorithm)


def is_id(value: object) -> bool:
    """Say whether a value is the id of a schedule, as `Candidate.id` makes it."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def check_failed(failed: Mapping[str, str], candidates: tuple[Candidate, ...]) -> None:
    """Raise `InputError` unless these are faulty schedules' ids and statuses, and none is a candidate."""
    require(len(failed) <= MAX_CANDIDATES, "failed", f"of at most {MAX_CANDIDATES} schedules", len(failed))
    for key, status in failed.items():
        require(is_id(key), "a key of failed", "the hash of a schedule's directives", key)
        require(status in (WRONG, BROKEN), f"failed.{key}", f"'{WRONG}' or '{BROKEN}'", status)
    for index, each in enumerate(candidates):
        good = each.id not in failed
        require(good, f"candidates[{index}]", "none of those that failed", each.id)


def check_measurements(
    candidates: tuple[Candidate, ...], sizes: tuple[Size, ...], log_time: Floats, noise: Floats
) -> None:
    """Raise `InputError` unless these are times of C schedules at S sizes, and their noise, both (C, S).

    Parameters
    ----------
    candidates : tuple of Candidate
        C schedules.
    sizes : tuple of Size
        S sizes.
    log_time : ndarray of float64
        Shape (C, S).
    noise : ndarray of float64
        Shape (C, S).
    """
    shape = len(candidates), len(sizes)
    for name, values in (("log_time", log_time), ("noise", noise)):
        require(values.shape == shape, name, f"of shape {shape}, schedules by sizes", values.shape)
    require(len(set(candidates)) == len(candidates), "candidates", "distinct schedules", len(candidates))
    if not candidates or not sizes:
        return
    require_sizes(sizes)
    known = ~np.isnan(log_time)
    _check_range(log_time, "log_time", -MAX_LOG_TIME, MAX_LOG_TIME)
    _check_range(noise, "noise", 0.0, MAX_NOISE)
    _check_some(known.any(axis=1), "a time at some size", "candidates")
    _check_some(known.any(axis=0), "a time of some schedule", "sizes")


def check_model(model: Blend | None, deviation: float, spearman: float) -> None:
    """Raise `InputError` unless a model, its error and rank correlation can be what a fit made."""
    if not math.isnan(spearman):
        require(-1.0 <= spearman <= 1.0, "spearman", "in -1..1", spearman)
    if model is None:
        return
    require(0.0 <= deviation <= MAX_DEVIATION, "model_deviation", f"in 0..{MAX_DEVIATION:g}", deviation)
    for expression in _expressions(model):
        for name in parsed(expression).names:
            require(name in FEATURES, "an input of the model", "a feature of schedules", name)


def _candidate(document: Any, index: int) -> Candidate:
    try:
        return Candidate.from_json(mapping(document, "it", ("id", "source", "directives", "origin")))
    except InputError as error:
        raise InputError(f"candidates[{index}]: {error}") from None


def _matrix(rows: Any, what: str, shape: tuple[int, int]) -> Floats:
    """Return a matrix of numbers, NaN where a file has null."""
    good = isinstance(rows, list) and len(rows) == shape[0]
    require(good, what, f"a list of {shape[0]} rows, one per candidate", rows)
    found = np.full(shape, np.nan)
    for index, row in enumerate(rows):
        good = isinstance(row, list) and len(row) == shape[1]
        require(good, f"{what}[{index}]", f"a list of {shape[1]} numbers, one per size", row)
        for column, value in enumerate(row):
            if value is not None:
                require(is_finite(value), f"{what}[{index}][{column}]", "a finite number or null", value)
                found[index, column] = value
    return found


def _number(value: Any, what: str) -> float:
    """Return a number, NaN where a file has null."""
    require(value is None or is_finite(value), what, "a finite number or null", value)
    return math.nan if value is None else float(value)


def _check_range(values: Floats, what: str, least: float, most: float) -> None:
    bad = ~np.isnan(values) & ~((values >= least) & (values <= most))
    if bad.any():
        row, column = (int(each) for each in np.argwhere(bad)[0])
        place = f"{what}[{row}][{column}]"
        require(False, place, f"a number in {least:g}..{most:g}", float(values[row, column]))


def _check_some(good: Any, rule: str, what: str) -> None:
    if not good.all():
        raise InputError(f"{what}[{int(np.argmin(good))}] must have {rule}, but it has none")


def _expressions(model: Blend) -> Iterator[str]:
    """Yield what the members of a model compute of a schedule's features."""
    for member in model.members:
        if isinstance(member, GaussianProcess):
            yield from member.terms
            yield from (each.expression for each in member.inputs)
        else:
            yield from member.inputs
