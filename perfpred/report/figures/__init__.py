"""Figures as functions that draw on matplotlib Axes, for pages, `perfpred plot`, notebooks and benchmarks."""

from perfpred.report.figures.accuracy import coverage, error_by_size, predicted_against_measured
from perfpred.report.figures.choices import regret, speedups, winners
from perfpred.report.figures.halide import expected_against_measured
from perfpred.report.figures.learning import learning_curve
from perfpred.report.figures.searching import (
    best_so_far,
    importance,
    parallel_coordinates,
    progress,
    slices,
)

__all__ = [
    "best_so_far",
    "coverage",
    "error_by_size",
    "expected_against_measured",
    "importance",
    "learning_curve",
    "parallel_coordinates",
    "predicted_against_measured",
    "progress",
    "regret",
    "slices",
    "speedups",
    "winners",
]
