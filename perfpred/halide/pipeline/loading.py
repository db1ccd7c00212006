"""From a reference to the function that builds the pipeline."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.pipeline.generators import pipeline_of, unregistered
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.serialized import SerializedPipeline
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.user_files import UserFile


def function_of(ref: PipelineRef) -> Callable[[int, int], Any]:
    """Return the function of width and height that builds a pipeline.

    Raises
    ------
    InputError
        If the file cannot be loaded, holds no such function, or holds a class that is no generator
        with examples.
    """
    if ref.location in PIPELINES:
        module = importlib.import_module(f"perfpred.halide.pipeline.suite.{ref.location}")
        suite: Callable[[int, int], Any] = getattr(module, ref.location)
        return suite
    if ref.is_stored:
        return lambda _width, _height: SerializedPipeline(Path(ref.location)).read()
    path, _, name = ref.location.rpartition(":")
    with unregistered():
        file = UserFile(Path(path))
    found = getattr(file.module, name, None)
    if not callable(found):
        raise InputError(f"{path} holds no function or generator {name}")
    return file.bound(pipeline_of(found) if isinstance(found, type) else found)
