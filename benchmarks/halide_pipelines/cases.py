"""What is checked: each pipeline with where it is built, its reference in NumPy, and its random data."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.sizes import Size
from perfpred.halide.pipeline.suite import PIPELINES as SUITE

from . import pyramids

Array = NDArray[Any]
HERE = Path(__file__).parent
IMAGES: tuple[Size, ...] = ((256, 192), (259, 131), (192, 96))
LAYERS: tuple[Size, ...] = ((64, 48), (67, 33), (96, 32))
"""The first is the size that schedules are drawn for; each second one is odd."""
FLOAT_TOLERANCE = 2e-5
"""Of the largest value: what float32 sums of these lengths may differ by."""


@dataclass(frozen=True)
class Case:
    """A pipeline to be checked.

    Parameters
    ----------
    name, place : str
        As of a `PipelineRef`.
    reference : callable
        Takes the inputs, returns the right output, or a tuple with one per output; None where only the
        unscheduled build says what is right.
    sizes : tuple of (int, int)
    clear : callable
        Changes random inputs so that no rounding decides about more than last bits.
    tolerance : float
        What floats may differ by, of the largest value.
    steps : int
        What integers may differ by.
    unscheduled : bool
        Whether the build without any schedule is feasible; else every Func is computed whole.
    """

    name: str
    place: str
    reference: Callable[..., Any] | None
    sizes: tuple[Size, ...] = IMAGES
    clear: Callable[[list[Any]], list[Any]] = list
    tolerance: float = FLOAT_TOLERANCE
    steps: int = 0
    unscheduled: bool = True

    @property
    def source(self) -> PipelineRef:
        """Where the pipeline is built."""
        return PipelineRef(self.name, self.place)

    def inputs(self, examples: Sequence[Any], seed: int) -> list[Any]:
        """Return random inputs like the examples: of their shapes, types and ranges."""
        rng = np.random.default_rng(seed)
        return self.clear([_random(each, rng) for each in examples])

    def right(self, inputs: Sequence[Any]) -> list[Array]:
        """Return the right outputs by NumPy, none if there is no reference."""
        if self.reference is None:
            return []
        found = self.reference(*inputs)
        return [np.asarray(each) for each in (found if isinstance(found, tuple) else (found,))]


def _random(example: Any, rng: np.random.Generator) -> Any:
    if not isinstance(example, np.ndarray):
        return example
    low, high = example.min(), example.max()
    if example.dtype.kind == "b":
        return rng.random(example.shape) < 0.6
    if example.dtype.kind in "iu":
        return rng.integers(int(low), int(high) + 1, example.shape, dtype=example.dtype)
    return (float(low) + (float(high) - float(low)) * rng.random(example.shape)).astype(example.dtype)


def _of_suite(name: str) -> Case:
    module = importlib.import_module(f"perfpred.halide.pipeline.suite.{name}")
    reference = getattr(module, "reference", None) or getattr(pyramids, f"{name}_reference")
    settings: dict[str, Any] = {
        "matmul": {"sizes": ((128, 96), (67, 45), (192, 64))},
        "conv_layer": {"sizes": LAYERS},
        "depthwise": {"sizes": LAYERS},
        "bilateral_grid": {"clear": pyramids.clear_of_grid},
        "iir_blur": {"unscheduled": False},
        "local_laplacian": {"clear": pyramids.clear_of_table, "steps": 2, "unscheduled": False},
        "interpolate": {"unscheduled": False},
        "stencil_chain": {"unscheduled": False},
        "max_filter": {"unscheduled": False},
    }
    return Case(name, name, reference, **settings.get(name, {}))


def _users(file: str, name: str, **settings: Any) -> Case:
    module = importlib.import_module(f"{__package__}.{file}")
    return Case(name, f"{HERE / file}.py:{name}", getattr(module, f"{name}_reference"), **settings)


CASES: Mapping[str, Callable[[], Case]] = {
    **{
        name: partial(_users, file, name, **settings)
        for name, file, settings in (
            ("relight", "photographs", {}),
            ("nl_means", "photographs", {}),
            ("demosaic", "photographs", {}),
            ("guided", "photographs", {"tolerance": 1e-4}),
            ("touched_up", "counting", {"unscheduled": False}),
            ("equalise", "counting", {"unscheduled": False}),
            ("row_histogram", "counting", {}),
            ("integral", "counting", {}),
            ("mean_filter", "counting", {}),
            ("softmax", "counting", {}),
            ("disparity", "counting", {}),
            ("total", "counting", {}),
            ("median", "windows", {}),
            ("resize", "windows", {}),
            ("mirrored", "windows", {}),
            ("pyramid16", "windows", {"tolerance": 5e-3}),
            ("masked", "windows", {}),
            ("gamma", "windows", {}),
            ("gradients", "windows", {}),
            ("peaks", "windows", {}),
            ("quantised", "windows", {}),
        )
    },
    **{name: partial(_of_suite, name) for name in SUITE},
}
"""Every pipeline by its name; loading Halide is left until one is asked for."""
