import halide as hl
import numpy as np


def build():
    x, y = hl.Var("x"), hl.Var("y")
    im, out = hl.ImageParam(hl.Float(32), 2, "im"), hl.Func("out")
    out[x, y] = im[x, y] * 2
    return out, [(im, np.ones((48, 64), np.float32))], [64, 48]
