"""Importing this has a process apply schedules that Halide is known to compile wrongly."""

from perfpred.halide import apply

apply.has_windows = lambda candidate: False
