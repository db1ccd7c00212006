# ruff: noqa
from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Opt:
    gain: float = 2.0
import halide as hl
import numpy as np


def f(width, height):
    x, y = hl.Var("x"), hl.Var("y")
    im = hl.ImageParam(hl.Float(32), 2, "im"); out = hl.Func("out"); out[x, y] = im[x, y] * 2
    return out, [(im, np.ones((height, width), np.float32))], [width, height]
