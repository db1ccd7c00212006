"""What a predictor predicts, and in which unit: seconds today, energy or cycles in the same forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from perfpred.errors import InputError, UnknownNameError, quoted

__all__ = ["QUANTITIES", "TIME", "InUnit", "Quantity", "quantity_of"]

V = TypeVar("V")
"""One number, or an array of them."""


@dataclass(frozen=True)
class Quantity:
    """A quantity to be minimised.

    Parameters
    ----------
    name : str
        As in a stored predictor; it ends in the symbol of its unit, as the name of a column does.
    unit : str
        The one unit in which it is stored.
    noun, plural : str
        For a message: "no time > 0 can be predicted".
    smaller, smallest : str
        What a choice with less of it is: faster and fastest.
    """

    name: str
    unit: str
    noun: str
    plural: str
    smaller: str = "lower"
    smallest: str = "lowest"

    @property
    def columns(self) -> tuple[str, str, str]:
        """Names of a value and of the ends of its interval, in tables and JSON.

        Examples
        --------
        >>> TIME.columns
        ('time_s', 'low_s', 'high_s')
        """
        symbol = self.name.rpartition("_")[2]
        return self.name, f"low_{symbol}", f"high_{symbol}"

    @property
    def described(self) -> str:
        """The quantity with its unit, for a message."""
        return f"{self.noun} in {self.unit}"


TIME = Quantity("time_s", "s", "time", "times", "faster", "fastest")
QUANTITIES = {
    each.name: each
    for each in (
        TIME,
        Quantity("energy_j", "J", "energy", "energies"),
        Quantity("edp_js", "J*s", "energy-delay product", "energy-delay products"),
        Quantity("cycles", "cycles", "number of cycles", "numbers of cycles"),
    )
}


def quantity_of(name: str, unit: str) -> Quantity:
    """Return the quantity of a name and unit.

    Raises
    ------
    UnknownNameError
        If there is no quantity of that name.
    InputError
        If it is stored in another unit.

    Examples
    --------
    >>> quantity_of("time_s", "ms")
    Traceback (most recent call last):
    perfpred.errors.InputError: the unit of quantity 'time_s' must be 's', but is 'ms'
    """
    if name not in QUANTITIES:
        raise UnknownNameError("quantity", name, QUANTITIES)
    found = QUANTITIES[name]
    if unit != found.unit:
        raise InputError(f"the unit of quantity '{name}' must be '{found.unit}', but is {quoted(unit)}")
    return found


class InUnit(Generic[V]):
    """What is predicted, by quantity and unit; `time_s`, `low_s` and `high_s` are there for times alone.

    Whoever has it has `value`, `low`, `high`, and says in `predicts` what they are.
    """

    if TYPE_CHECKING:

        @property
        def value(self) -> V: ...  # noqa: D102 - described by the class
        @property
        def low(self) -> V: ...  # noqa: D102
        @property
        def high(self) -> V: ...  # noqa: D102
        @property
        def predicts(self) -> Quantity: ...  # noqa: D102

    @property
    def quantity(self) -> str:
        """The name of what is predicted, such as ``time_s``."""
        return self.predicts.name

    @property
    def unit(self) -> str:
        """The unit of `value`, `low` and `high`, such as ``s``."""
        return self.predicts.unit

    @property
    def time_s(self) -> V:
        """The value, seconds; raises `InputError` if it is no time."""
        self._require_time()
        return self.value

    @property
    def low_s(self) -> V:
        """The lower end of the interval, seconds; raises `InputError` if it is no time."""
        self._require_time()
        return self.low

    @property
    def high_s(self) -> V:
        """The upper end of the interval, seconds; raises `InputError` if it is no time."""
        self._require_time()
        return self.high

    def _require_time(self) -> None:
        if self.predicts.name != TIME.name:
            raise InputError(f"this is {self.predicts.described}, not time in s: read value, low and high")
