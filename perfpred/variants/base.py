"""How a kernel is computed: the `Variant` noun."""

from __future__ import annotations

import importlib.metadata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from perfpred.errors import VariantUnavailableError
from perfpred.hardware import Hardware
from perfpred.kernels.base import Array, Kernel, Sizes


@dataclass(frozen=True)
class Call:
    """A variant bound to operands, ready to be timed.

    `run(n)` computes the result `n` times; `result()` returns the last one, a float32 array.
    """

    run: Callable[[int], None]
    result: Callable[[], Array]


class Variant(ABC):
    """One implementation of one or more kernels; the class attributes state all that it needs.

    Attributes
    ----------
    name, summary : str
        Its name and one line about it.
    kernels : mapping of str to int or None
        The kernels it implements, each with the most threads it can use; None is any number.
    packages : tuple of str
        The distributions it needs, by the names pip installs them by.
    device : str
        What computes: ``cpu`` or ``gpu``.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    kernels: ClassVar[Mapping[str, int | None]]
    packages: ClassVar[tuple[str, ...]] = ()
    device: ClassVar[str] = "cpu"

    def problem(self, kernel: Kernel, hardware: Hardware) -> str | None:
        """Return why this variant cannot run `kernel` on `hardware` here, or None if it can."""
        if kernel.name not in self.kernels:
            return f"does not implement {kernel.name}"
        most = self.kernels[kernel.name]
        if most is not None and hardware.threads > most:
            return f"runs {kernel.name} on at most {most} thread(s), but {hardware.threads} were asked for"
        missing = [package for package in self.packages if not _installed(package)]
        if missing:
            return f"needs {', '.join(missing)}: pip install {' '.join(missing)}"
        return None

    def require(self, kernel: Kernel, hardware: Hardware) -> None:
        """Raise `VariantUnavailableError` with the reason unless this variant can run here."""
        problem = self.problem(kernel, hardware)
        if problem is not None:
            raise VariantUnavailableError(f"variant {self.name} cannot run on {hardware.id}: {problem}")

    def environment(self, hardware: Hardware) -> dict[str, str]:
        """Return the environment its process needs before any library is loaded."""
        return {"OMP_NUM_THREADS": str(hardware.threads), "OPENBLAS_NUM_THREADS": str(hardware.threads)}

    def prepare(self, kernel: Kernel, hardware: Hardware) -> None:  # noqa: B027 - most have nothing to build
        """Build what `bind` will load; called once, outside the measuring process."""

    @abstractmethod
    def bind(
        self, kernel: Kernel, hardware: Hardware, sizes: Sizes, operands: tuple[Array, ...], result: Array
    ) -> Call:
        """Return a call on these operands; allocates everything that can be allocated ahead.

        Parameters
        ----------
        kernel : Kernel
            What is computed.
        hardware : Hardware
            Where.
        sizes : Sizes
            A value per size parameter.
        operands : tuple of ndarray
            Of the shapes that the kernel says.
        result : ndarray
            Where the result goes.
        """

    def versions(self) -> dict[str, str]:
        """Return the versions of the packages behind it."""
        return {package: importlib.metadata.version(package) for package in self.packages}


def _installed(distribution: str) -> bool:
    try:
        importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True
