"""A pipeline in a file of the user's, outside the project, which can be told to misbehave."""

import pytest

PIPELINE = """
import os, time
from pathlib import Path
import halide as hl
import numpy as np


def soften(width, height):
    mode = Path(__file__).with_suffix(".mode")
    behave(mode.read_text() if mode.exists() else "")
    x, y = hl.Var("x"), hl.Var("y")
    image, gain = hl.ImageParam(hl.Float(32), 2, "image"), hl.Param(hl.Float(32), "gain", 0.5)
    edged = hl.BoundaryConditions.repeat_edge(image)
    down, output = hl.Func("down"), hl.Func("softened")
    down[x, y] = edged[x, y] + edged[x, y + 1]
    output[x, y] = (down[x, y] + down[x + 1, y]) * gain
    example = np.arange(width * height, dtype=np.float32).reshape(height, width) / (width * height)
    return output, [(image, example), (gain, 0.25)], [width, height]


def behave(mode):
    if mode == "abort":
        os.abort()
    if mode == "hang":
        time.sleep(60)
    if mode == "memory":
        np.ones(1 << 36, dtype=np.uint8)
    if mode == "raise":
        raise RuntimeError("no luck")
"""


@pytest.fixture
def soften(tmp_path):
    """The place of the pipeline; what is written to ``soften.mode`` beside the file is how it fails."""
    path = tmp_path / "soften.py"
    path.write_text(PIPELINE)
    return f"{path}:soften"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    """Compiled candidates go to a folder of the test's session."""
    folder = tmp_path_factory.getbasetemp() / "halide-cache"
    monkeypatch.setattr("perfpred.halide.measure.library_cache.cache_dir", lambda: folder)
    return folder
