"""Pipelines of every kind of input and output, each with what NumPy computes of the same examples."""

import halide as hl
import numpy as np

x, y, c = hl.Var("x"), hl.Var("y"), hl.Var("c")


def some(*shape, dtype=np.float32):
    """The same random values each time."""
    drawn = np.random.default_rng(7).random(shape)
    if dtype is bool:
        return drawn > 0.5
    return (drawn * (1 if np.dtype(dtype).kind == "f" else 200)).astype(dtype)


def image(kind, dimensions, name="im"):
    return hl.ImageParam(kind, dimensions, name)


def sizes(width, height):
    """Two outputs of other sizes, types and numbers of dimensions; the second is a reduction."""
    im, small, sums = image(hl.UInt(8), 2), hl.Func("small"), hl.Func("sums")
    r = hl.RDom([(0, im.width())])
    small[x, y] = im[2 * x, 2 * y]
    sums[y] = hl.f64(0)
    sums[y] += hl.f64(im[r.x, y])
    inputs = [(im, some(height, width, dtype=np.uint8))]
    return [small, sums], inputs, [[width // 2, height // 2], [height]]


def sizes_right(im):
    height, width = im.shape
    return im[: height // 2 * 2 : 2, : width // 2 * 2 : 2], im.sum(axis=1, dtype=np.float64)


def chained(width, height):
    """An output that another output reads."""
    im, doubled, out = image(hl.Float(32), 2), hl.Func("doubled"), hl.Func("out")
    doubled[x, y] = im[x, y] * 2
    out[x, y] = doubled[x, y] + doubled[width - 1 - x, y]
    return hl.Pipeline([out, doubled]), [(im, some(height, width))], [width, height]


def chained_right(im):
    return im * 2 + im[:, ::-1] * 2, im * 2


def three(width, height):
    """A Tuple of three types."""
    im, out = image(hl.Float(32), 2), hl.Func("out")
    out[x, y] = (hl.u8(im[x, y] * 255), im[x, y] * 2, hl.i64(im[x, y] * 4) << 40)
    return out, [(im, some(height, width))], [width, height]


def three_right(im):
    return (im * 255).astype(np.uint8), im * 2, (im * 4).astype(np.int64) << 40


def peak(width, height):
    im, out = image(hl.Float(32), 2), hl.Func("out")
    found = hl.argmax(im[hl.RDom([(0, im.width())]).x, y])
    out[y] = (found[0], found[1])
    return out, [(im, some(height, width))], [height]


def peak_right(im):
    return im.argmax(axis=1).astype(np.int32), im.max(axis=1)


def histogram(width, height):
    im, out = image(hl.UInt(8), 2), hl.Func("out")
    r = hl.RDom([(0, im.width()), (0, im.height())])
    out[x] = hl.u32(0)
    out[hl.i32(im[r.x, r.y])] += hl.u32(1)
    return out, [(im, some(height, width, dtype=np.uint8))], [256]


def histogram_right(im):
    return (np.bincount(im.ravel(), minlength=256).astype(np.uint32),)


def extremes(width, height):
    """A Tuple without a dimension."""
    im, out = image(hl.Int(64), 2), hl.Func("out")
    r = hl.RDom([(0, im.width()), (0, im.height())])
    out[()] = (hl.i64(1 << 20), hl.i64(-1))
    out[()] = (hl.min(out[()][0], im[r.x, r.y]), hl.max(out[()][1], im[r.x, r.y]))
    return out, [(im, some(height, width, dtype=np.int64))], []


def extremes_right(im):
    return im.min(), im.max()


def planar(width, height):
    """Interleaved in, planar out; the stride of the rows is an expression."""
    im, out = image(hl.UInt(8), 3), hl.Func("out")
    im.dim(0).set_stride(3)
    im.dim(2).set_stride(1).set_bounds(0, 3)
    im.dim(1).set_stride(im.dim(0).extent() * 3)
    out[x, y, c] = 255 - im[x, y, c]
    return out, [(im, some(height, width, 3, dtype=np.uint8).transpose(2, 0, 1))], [width, height, 3]


def planar_right(im):
    return (255 - im,)


def interleaved(width, height):
    """Planar in, line by line in an interleaved output of floats."""
    im, out = image(hl.Float(32), 3), hl.Func("out")
    out[x, y, c] = im[x, y, c] + 1
    buffer = out.output_buffer()
    buffer.dim(0).set_stride(3)
    buffer.dim(2).set_stride(1).set_bounds(0, 3)
    return out, [(im, some(3, height, width))], [width, height, 3]


def interleaved_right(im):
    return (im + 1,)


def valid(width, height):
    """A convolution that is smaller than its input and starts at 1."""
    im, out = image(hl.Float(32), 2), hl.Func("out")
    out[x, y] = im[x - 1, y] + im[x + 1, y] - 2 * im[x, y - 1]
    return out, [(im, some(height, width))], [(1, width - 2), (1, height - 2)]


def valid_right(im):
    return (im[1:-1, :-2] + im[1:-1, 2:] - 2 * im[:-2, 1:-1],)


def shifted(width, height):
    """Minima said with the parameters themselves."""
    im, out = image(hl.Float(32), 2), hl.Func("out")
    im.dim(0).set_min(-3)
    out[x, y] = im[x - 103, y - 50] * 2
    out.output_buffer().dim(0).set_min(100)
    out.bound(y, 50, height)
    return out, [(im, some(height, width))], [width, height]


def shifted_right(im):
    return (im * 2,)


def cropped(width, height):
    """A buffer with minima, and room between its rows."""
    im, out = image(hl.Int(16), 2), hl.Func("out")
    out[x, y] = im[x - 5, y + 7] + hl.i16(1)
    wide = hl.Buffer(some(height, width + 9, dtype=np.int16)[:, 4 : width + 4])
    wide.set_min([-5, 7])
    return out, [(im, wide)], [width, height]


def cropped_right(im):
    return (im + np.int16(1),)


def doubles(width, height):
    im, k, out = image(hl.Float(64), 2), hl.Param(hl.Float(64), "k"), hl.Func("out")
    out[x, y] = im[x, y] * k + hl.f64(0.1)
    return out, [(im, some(height, width, dtype=np.float64)), (k, np.float64(0.1))], [width, height]


def doubles_right(im):
    return (im * 0.1 + 0.1,)


def masks(width, height):
    """Bool in and out, and a bool number."""
    mask, turned, out = image(hl.Bool(), 2), hl.Param(hl.Bool(), "turned"), hl.Func("out")
    out[x, y] = hl.select(turned, ~mask[x, y], mask[x, y])
    return out, [(mask, some(height, width, dtype=bool)), (turned, True)], [width, height]


def masks_right(mask):
    return (~mask,)


VALUES = {
    "int8": -100, "int16": -30000, "int32": -(1 << 30), "int64": -(1 << 62) - 1,
    "uint8": 200, "uint16": 60000, "uint32": (1 << 32) - 1, "uint64": (1 << 63) + 1,
    "float16": 0.5, "float32": 0.25, "float64": 0.1, "bool": True,
}  # fmt: skip
KINDS = {"int": hl.Int, "uint": hl.UInt, "float": hl.Float}


def numbers(width, height):
    """A number of each type, each of which an output holds."""
    found, inputs = [], []
    for name, value in VALUES.items():
        stem = name.rstrip("0123456789")
        kind = hl.Bool() if name == "bool" else KINDS[stem](int(name[len(stem) :]))
        k = hl.Param(kind, f"k_{name}")
        inputs.append((k, value))
        found.append(hl.select(x > 0, k, hl.cast(kind, 0)))
    out = hl.Func("out")
    out[x] = tuple(found)
    return out, inputs, [width]


def numbers_right():
    return tuple(np.array([0, value] + [value] * 62, name) for name, value in VALUES.items())


def tables(width, height):
    """Buffers that are part of the pipeline: one interleaved with minima, one read at the input's values."""
    weights = hl.Buffer(some(2, 3, 4, dtype=np.int32).transpose(1, 2, 0))
    weights.set_min([0, -1, 2])
    table = hl.Buffer((255 * (np.arange(256) / 255) ** 0.45).astype(np.uint8), "table")
    im, out = image(hl.UInt(8), 2), hl.Func("out")
    out[x, y] = hl.i32(table[hl.i32(im[x, y])]) * 1000 + weights[x % 2, y % 4 - 1, x % 3 + 2]
    return out, [(im, some(height, width, dtype=np.uint8))], [width, height]


def tables_right(im):
    table = (255 * (np.arange(256) / 255) ** 0.45).astype(np.uint8)
    weights = some(2, 3, 4, dtype=np.int32).transpose(1, 2, 0)
    rows, columns = np.indices(im.shape)
    return (table[im].astype(np.int32) * 1000 + weights[columns % 3, rows % 4, columns % 2],)


def halves(width, height):
    im, k, out = image(hl.Float(16), 2), hl.Param(hl.Float(16), "k"), hl.Func("out")
    out[x, y] = im[x, y] * k + im[x, y + 1]
    return out, [(im, some(height + 1, width, dtype=np.float16)), (k, 0.5)], [width, height]


def halves_right(im):
    return (im[:-1] * np.float16(0.5) + im[1:],)


def too_small(width, height):
    im, out = image(hl.Float(32), 2), hl.Func("out")
    out[x, y] = im[x - 1, y]
    return out, [(im, some(height, width))], [width, height]
