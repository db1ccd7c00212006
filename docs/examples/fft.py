"""Time two libraries' FFTs of batches of rows: the kind of CSV that a benchmark of one's own writes.

    OMP_NUM_THREADS=1 python docs/examples/fft.py > docs/examples/fft.csv

One row per library and size. Sizes are timed in rounds, in another order each round, so that a slow moment
of the machine does not fall on one size; the minimum over the rounds counts.
"""

import random
import sys
import time

import numpy as np
import scipy.fft

LIBRARIES = {"numpy": np.fft.fft, "scipy": scipy.fft.fft}
N_SIZES, N_ROUNDS, MIN_S = 120, 12, 2e-3


def timed(function, x):
    """Return seconds per call."""
    calls = 1
    while True:
        start = time.perf_counter()
        for _ in range(calls):
            function(x)
        elapsed = time.perf_counter() - start
        if elapsed >= MIN_S:
            return elapsed / calls
        calls *= 2


def main():
    """Write the CSV to stdout."""
    rng = random.Random(0)
    sizes = [(2 ** rng.randint(6, 15), round(2 ** rng.uniform(0, 6))) for _ in range(N_SIZES)]
    rows = [(name, n, batch) for name in LIBRARIES for n, batch in dict.fromkeys(sizes)]
    best = dict.fromkeys(rows, float("inf"))
    for _ in range(N_ROUNDS):
        rng.shuffle(rows)
        for row in rows:
            name, n, batch = row
            x = np.random.default_rng(0).standard_normal((batch, n)) + 0j
            best[row] = min(best[row], timed(LIBRARIES[name], x))
    sys.stdout.write("library,n,batch,time_us,Mpoints/s\n")
    for (name, n, batch), time_s in sorted(best.items()):
        sys.stdout.write(f"{name},{n},{batch},{1e6 * time_s:.3f},{n * batch / time_s / 1e6:.1f}\n")


if __name__ == "__main__":
    main()
