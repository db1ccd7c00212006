"""Expressions that several kernels offer to predictors."""

from __future__ import annotations


def remainders(dimension: str) -> dict[str, str]:
    """Return what is left of a contiguous dimension after whole vectors, which costs extra.

    Examples
    --------
    >>> remainders("n")["n_mod_16"]
    'n % 16 / 16'
    """
    divisible = " + ".join(f"({dimension} % {power} == 0)" for power in (2, 4, 8, 16))
    return {
        f"{dimension}_power_of_two": divisible,
        f"{dimension}_mod_16": f"{dimension} % 16 / 16",
        f"{dimension}_mod_4": f"{dimension} % 4 / 4",
    }
