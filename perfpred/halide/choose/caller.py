"""Spending runs on a pipeline that this process holds: stored, searched in other processes, left as it is."""

from __future__ import annotations

import warnings

from perfpred.errors import InputError, PerfpredWarning
from perfpred.halide.choose.database import ScheduleDatabase
from perfpred.halide.choose.ranking import Choice
from perfpred.halide.choose.session import session
from perfpred.halide.choose.tune import tune
from perfpred.halide.measure.library_cache import scratch_folder
from perfpred.halide.pipeline.built import BuiltPipeline
from perfpred.halide.pipeline.serialized import SerializedPipeline
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.pipeline.workload import Workload
from perfpred.hardware import Site
from perfpred.progress import NullProgress

NAME = "pipeline"


def tuned(
    built: BuiltPipeline, size: Size, site: Site, database: ScheduleDatabase | None, budget: int, seed: int
) -> Choice:
    """Return the fastest of at most `budget` schedules run at the size of the examples.

    Parameters
    ----------
    built : BuiltPipeline
        The pipeline, built.
    size : Size
        Of the examples.
    site : Site
        Machine, ISA level and threads.
    database : ScheduleDatabase, optional
        What was measured before.
    budget : int
        How many may be run at most.
    seed : int
        Of every random choice.

    Raises
    ------
    InputError
        If other processes cannot build the pipeline: Halide does not read back what it wrote.
    MeasurementError
        If nothing can be compiled or timed.
    """
    with scratch_folder() as folder:
        workload = Workload(SerializedPipeline.write(built, folder, NAME).ref, size)
        with session(workload, site) as opened:
            if opened.graph.algorithm != built.algorithm:
                raise InputError(
                    f"algorithm {built.algorithm} must be the same in other processes for schedules to be "
                    f"run, but Halide reads it back as {opened.graph.algorithm}: give budget=0"
                )
            choice = tune(opened, database, budget, seed, NullProgress())
            for said in opened.experiment.checks.warnings:
                warnings.warn(said, PerfpredWarning, stacklevel=3)
            return choice
