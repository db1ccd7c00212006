"""What one predictor is for: one kernel, one variant, one hardware."""

from __future__ import annotations

from dataclasses import dataclass

KEYS = ("kernel", "variant", "hardware")
"""The columns of a profile that name the combination of a row."""


@dataclass(frozen=True, order=True)
class Combination:
    """A kernel, a variant and a hardware id.

    Examples
    --------
    >>> print(Combination("matmul", "openblas", "xeon-avx2-1t"))
    matmul / openblas / xeon-avx2-1t
    """

    kernel: str
    variant: str
    hardware: str

    def __str__(self) -> str:
        return f"{self.kernel} / {self.variant} / {self.hardware}"
