"""One job, wherever it runs: with one thread, so that its result does not depend on where that is."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from joblib import parallel_config
from threadpoolctl import threadpool_limits

from perfpred.errors import PerfpredError

Job: TypeAlias = tuple[Callable[..., Any], tuple[Any, ...], Mapping[str, Any]]
"""A function and its arguments, as `joblib.delayed` makes it."""

Numbered: TypeAlias = tuple[int, Any, PerfpredError | None]
"""The number of a job, its result, and the error that it ended with instead."""

_one_at_a_time = threading.RLock()
"""Limits of threads are those of a whole process, so a process works on one job at a time."""


def call(job: Job) -> Any:
    """Return what a job returns; parts of it do not spread over processes again."""
    function, arguments, named = job
    with _one_at_a_time, threadpool_limits(limits=1), parallel_config(backend="sequential"):
        return function(*arguments, **named)


def numbered(index: int, job: Job) -> Numbered:
    """Return the number of a job with its result, or with the error of ours that it raised."""
    try:
        return index, call(job), None
    except PerfpredError as error:
        return index, None, error
