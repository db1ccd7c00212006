import halide as hl
import numpy as np

V = hl.Var


def u8(*shape):
    return np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)


def integral(width, height):  # summed area table: scans along both axes
    x, y = V("x"), V("y")
    im = hl.ImageParam(hl.UInt(8), 2, "im")
    s = hl.Func("sat")
    s[x, y] = hl.u32(im[x, y])
    rx, ry = hl.RDom([(1, im.width() - 1)]), hl.RDom([(1, im.height() - 1)])
    s[rx, y] += s[rx - 1, y]
    s[x, ry] += s[x, ry - 1]
    R = 3
    cx, cy = lambda v: hl.clamp(v, 0, im.width() - 1), lambda v: hl.clamp(v, 0, im.height() - 1)
    out = hl.Func("out")
    out[x, y] = (
        s[cx(x + R), cy(y + R)] - s[cx(x - R), cy(y + R)] - s[cx(x + R), cy(y - R)] + s[cx(x - R), cy(y - R)]
    ) // hl.u32(4 * R * R)
    return out, [(im, u8(height, width))], [width, height]
