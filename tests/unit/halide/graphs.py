"""Graphs made by hand, of which Halide knows nothing."""

from perfpred.halide.graph.index import Index
from perfpred.halide.graph.model import Access, Func, Graph, Input, Loop, Stage


def along(name, low=0, high=0, **more):
    """An index that goes with one loop."""
    return Index(((name, 1.0),), low, high, **more)


def func(key, reads=(), size=(64, 32), operations=2.0, updates=(), order=0):
    """A Func over x and y that reads others at x and from `low` to `high` of y; more stages as `updates`."""
    loops = tuple(Loop(name, float(extent), True, False) for name, extent in zip("xy", size, strict=True))
    accesses = tuple(
        Access(
            source,
            (along("x", clamped=clamped), along("y", low, high, clamped=clamped)),
            float(high - low + 1),
        )
        for source, low, high, clamped in reads
    )
    stages = (Stage(loops, (), operations, accesses), *updates)
    return Func(key, ("x", "y"), 4, False, tuple(map(float, size)), stages, order)


def summed(source, extent=8):
    """An update that sums a source along a reduction r."""
    loops = (
        Loop("r", float(extent), False, True),
        Loop("x", 64.0, True, False),
        Loop("y", 32.0, True, False),
    )
    return Stage(loops, ("r",), 1.0, (Access(source, (along("x"), along("y")), 1.0),))


def blur(size=(64, 32)):
    """An image, of which rows are blurred, then columns."""
    return Graph(
        "abc",
        (
            func("rows", [("image", 0, 0, True)], (size[0], size[1] + 2), 3.0),
            func("blurred", [("rows", 0, 2, False)], size, 3.0, order=1),
        ),
        (Input("image", (float(size[0]), float(size[1])), 4),),
        ("blurred",),
    )
