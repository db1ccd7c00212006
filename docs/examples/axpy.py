"""A kernel of one's own, in two variants: NumPy, and C compiled by the file itself.

perfpred profile docs/examples/axpy.py:AXPY --samples 100 --out axpy.csv
perfpred train axpy.csv --models models
perfpred select axpy --models models n=100000
"""

import ctypes
import functools
import subprocess
import tempfile
from pathlib import Path

import numpy as np

import perfpred as pp

AXPY = pp.Kernel(
    name="axpy",
    summary="result (n) = 2 x (n) + y (n), float32",
    parameters=(pp.Parameter("n", 64, 1_000_000),),
    complexity={"work": "n"},
    operands=lambda sizes: ((sizes["n"],), (sizes["n"],)),
    result=lambda sizes: (sizes["n"],),
    reference=lambda sizes, x, y: 2.0 * x.astype(np.float64) + y,
    reduction=lambda sizes: 2,
)

SOURCE = """
void axpy(long n, const float *x, const float *y, float *result) {
    for (long i = 0; i < n; i++) result[i] = 2 * x[i] + y[i];
}
"""


@pp.implements(AXPY)
def with_numpy(sizes, operands, result):
    """NumPy, two passes over the result."""
    x, y = operands

    def compute():
        np.multiply(x, np.float32(2), out=result)
        np.add(result, y, out=result)

    return compute


@pp.implements(AXPY)
def with_c(sizes, operands, result):
    """One loop in C."""
    arrays = [array.ctypes.data_as(ctypes.c_void_p) for array in (*operands, result)]
    function, n = compiled().axpy, ctypes.c_long(sizes["n"])
    return lambda: function(n, *arrays)


@functools.cache
def compiled():
    """Return the library, compiled once per process; once loaded, its file is not needed."""
    with tempfile.TemporaryDirectory(prefix="axpy-") as name:
        source, library = Path(name, "axpy.c"), Path(name, "axpy.so")
        source.write_text(SOURCE)
        subprocess.run(["gcc", "-O3", "-march=native", "-shared", "-fPIC", "-o", library, source], check=True)
        return ctypes.CDLL(str(library))
