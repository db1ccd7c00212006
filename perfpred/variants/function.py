"""Variants that are plain functions, such as those in a user's file."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

from perfpred.errors import InputError
from perfpred.hardware import Hardware
from perfpred.kernels.base import Array, Kernel, Sizes
from perfpred.variants.base import Call, Variant

Binding = Callable[[Sizes, tuple[Array, ...], Array], Callable[[], Any]]
"""From sizes, operands and the result to write to, to a function that computes it once."""


class FunctionVariant(Variant):
    """A function that binds operands, as a variant; `implements` makes one."""

    @property
    @abstractmethod
    def function(self) -> Binding:
        """What binds the operands."""

    def bind(
        self, kernel: Kernel, hardware: Hardware, sizes: Sizes, operands: tuple[Array, ...], result: Array
    ) -> Call:
        """Return a loop of what the function returns."""
        compute = self.function(sizes, operands, result)
        if not callable(compute):
            raise InputError(
                f"{self.name} must return a function of no arguments that computes the result, but returned "
                f"{type(compute).__name__}"
            )

        def run(repetitions: int) -> None:
            for _ in range(repetitions):
                compute()

        return Call(run, lambda: result)


def implements(
    kernel: Kernel | str, *, threads: int | None = 1, name: str = ""
) -> Callable[[Binding], FunctionVariant]:
    """Make a variant of a kernel from a function; a decorator.

    The function takes the sizes, the operands, and the result to write to. It prepares what can be prepared,
    and returns a function of no arguments that computes the result once, which is what is timed.

    Parameters
    ----------
    kernel : Kernel or str
        What it computes, or the name of one of perfpred's own.
    threads : int or None
        The most threads it can use, None for any number; ``OMP_NUM_THREADS`` says how many there are.
    name : str
        Of the variant; that of the function by default.

    Examples
    --------
    ::

        @implements(AXPY)
        def with_numpy(sizes, operands, result):
            x, y = operands
            return lambda: np.add(np.multiply(x, 2, out=result), y, out=result)
    """
    of = kernel if isinstance(kernel, str) else kernel.name

    def made(function: Binding) -> FunctionVariant:
        summary = (function.__doc__ or "a function of a user's").strip().splitlines()[0]
        attributes = {
            "name": name or function.__name__,
            "summary": summary,
            "kernels": {of: threads},
            "function": property(lambda _self: function),
        }
        kind = type(function.__name__, (FunctionVariant,), attributes)
        variant: FunctionVariant = kind()
        return variant

    return made
