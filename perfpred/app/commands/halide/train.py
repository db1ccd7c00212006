"""``perfpred halide train``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import Json, Models
from perfpred.app.console import notice, print_json
from perfpred.errors import InputError
from perfpred.schemas.halide import ScheduleModelDocument

if TYPE_CHECKING:
    from perfpred.halide.choose.database import ScheduleDatabase


def train(
    files: Annotated[list[Path], typer.Argument(help="CSVs of 'halide profile'.", show_default=False)],
    models: Models,
    json: Json = False,
) -> None:
    """Train on profiles of schedules; the models are written to DIR/halide.

    Example: perfpred halide train datasets/halide/halide-blur.csv --models mine
    """
    from perfpred.halide.choose.database import ScheduleDatabase

    found = [(path, ScheduleDatabase.read(path)) for path in files]
    _require_distinct(found)
    written = [(each, each.save(models)) for _, each in found]
    if json:
        print_json(
            [
                ScheduleModelDocument(
                    each.pipeline, each.hardware, len(each.candidates), each.spearman, str(path)
                )
                for each, path in written
            ]
        )
        return
    for each, path in written:
        ranked = f"rank correlation on schedules left out {each.spearman:.2f}"
        if math.isnan(each.spearman):
            ranked = "too few to predict others"
        known = f"{len(each.candidates)} schedules at {len(each.sizes)} sizes"
        notice(f"{each.pipeline}: {known}, {ranked}, in {path}")


def _require_distinct(found: Sequence[tuple[Path, ScheduleDatabase]]) -> None:
    """Raise `InputError` if two profiles are of one algorithm and machine: only the last would be kept."""
    seen: dict[tuple[str, str, str], Path] = {}
    for path, each in found:
        other = seen.setdefault((each.pipeline, each.algorithm, each.hardware), path)
        if other != path:
            raise InputError(
                f"profiles must be of different pipelines or machines, but {other} and {path} are both of "
                f"{each.pipeline} (algorithm {each.algorithm or 'unknown'}) on {each.hardware}: give one"
            )
