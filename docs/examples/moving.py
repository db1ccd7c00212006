"""Time two ways to take a moving average of n values over a window."""

import random
import sys
import time

import numpy as np


def convolved(values, window):
    """Multiply and add: work grows with the window."""
    return np.convolve(values, np.full(window, 1 / window), mode="valid")


def accumulated(values, window):
    """Differences of running sums: work does not grow with the window."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    return (sums[window:] - sums[:-window]) / window


def timed(function, *arguments, min_s=1e-3):
    """Return the seconds of one call, over enough calls to fill min_s."""
    function(*arguments)  # warm up
    calls, start = 0, time.perf_counter()
    while time.perf_counter() - start < min_s:
        function(*arguments)
        calls += 1
    return (time.perf_counter() - start) / calls


def main(n_sizes=100, n_rounds=3):
    """Write a CSV to stdout: the best of some rounds, in another order each round."""
    rng = random.Random(0)
    sizes = {(round(2 ** rng.uniform(8, 16)), round(2 ** rng.uniform(1, 7))) for _ in range(n_sizes)}
    rows = [(method, n, window) for method in (convolved, accumulated) for n, window in sorted(sizes)]
    best = dict.fromkeys(rows, float("inf"))
    for _ in range(n_rounds):
        rng.shuffle(rows)
        for method, n, window in rows:
            values = np.random.default_rng(0).random(n)
            best[method, n, window] = min(best[method, n, window], timed(method, values, window))
    print("method,n,window,time_us")
    for (method, n, window), seconds in best.items():
        print(f"{method.__name__},{n},{window},{1e6 * seconds:.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
