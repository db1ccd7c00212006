"""``perfpred halide train``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import Json, Models
from perfpred.app.console import notice, print_json, progress_bar
from perfpred.errors import InputError
from perfpred.schemas.halide import ScheduleModelDocument

if TYPE_CHECKING:
    from perfpred.halide.choose.database import ScheduleDatabase

KEPT = "models already written are whole; the same command writes the rest"


def train(
    files: Annotated[list[Path], typer.Argument(help="CSVs of 'halide profile'.", show_default=False)],
    models: Models,
    json: Json = False,
) -> None:
    """Train on profiles of schedules; the models are written to DIR/halide.

    Example: perfpred halide train datasets/halide/halide-blur.csv --models mine
    """
    from perfpred.halide.choose.database import ScheduleDatabase

    with progress_bar("training", KEPT) as bar:
        found = []
        for done, path in enumerate(files):
            bar.update(done, 2 * len(files), f"reading {path.name}")
            found.append((path, ScheduleDatabase.read(path)))
        _require_distinct(found)
        written = []
        for done, (path, each) in enumerate(found):
            bar.update(len(files) + done, 2 * len(files), f"fitting {path.name}")
            written.append((each, each.save(models)))
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
