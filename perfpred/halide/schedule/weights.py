"""Perturbed weights of Adams2019's cost model, which make it choose other schedules."""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.documents.atomic import atomic_write
from perfpred.errors import InputError
from perfpred.halide.schedule.autoschedulers import plugin

MAGIC, VERSIONS, BUFFERS = 0x68776631, (3, 3), 6
Weights = list[NDArray[np.float32]]


@lru_cache(maxsize=1)
def base_weights() -> Weights:
    """Return the weights that are built into the plugin."""
    data = plugin("Adams2019").read_bytes()
    start = data.find(struct.pack("<4I", MAGIC, *VERSIONS, BUFFERS))
    if start < 0:
        raise InputError("Adams2019's plugin holds no weights of the known format")
    return parse_weights(data[start:])


def parse_weights(data: bytes) -> Weights:
    """Return the arrays of a ``.weights`` file."""
    (count,) = struct.unpack_from("<I", data, 12)
    found, at = [], 16
    for _ in range(count):
        (rank,) = struct.unpack_from("<I", data, at)
        extents = struct.unpack_from(f"<{rank}I", data, at + 4)
        at += 4 + 4 * rank
        size = int(np.prod(extents))
        found.append(np.frombuffer(data, "<f4", size, at).reshape(extents[::-1]).copy())
        at += 4 * size
    return found


def format_weights(weights: Weights) -> bytes:
    """Return a ``.weights`` file."""
    parts = [struct.pack("<4I", MAGIC, *VERSIONS, len(weights))]
    for array in weights:
        extents = array.shape[::-1]
        parts.append(struct.pack(f"<{len(extents) + 1}I", len(extents), *extents))
        parts.append(np.ascontiguousarray(array, dtype="<f4").tobytes())
    return b"".join(parts)


def write_perturbed(path: Path, sigma: float, rng: np.random.Generator) -> None:
    """Write weights of which each is times ``1 + sigma * normal``."""
    made = [array * (1 + sigma * rng.standard_normal(array.shape)) for array in base_weights()]
    atomic_write(path, format_weights([np.asarray(array, dtype=np.float32) for array in made]))


def sampling_parameters(path: Path, rng: np.random.Generator) -> dict[str, Any]:
    """Return parameters that make one cheap draw of Adams2019 with a weights file."""
    return {
        "parallelism": int(rng.choice((2, 4, 8, 16))),
        "beam_size": 1,
        "random_dropout": int(rng.integers(30, 101)),
        "random_dropout_seed": int(rng.integers(1 << 30)),
        "weights_path": str(path),
    }
