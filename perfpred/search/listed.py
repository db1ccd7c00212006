"""A space whose candidates are known one by one, such as the legal configurations of a kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from perfpred.errors import InputError
from perfpred.search.candidates import Floats

Value: TypeAlias = float | int | str
Configuration: TypeAlias = tuple[Value, ...]
"""A value for each parameter, in the order of the space's parameters."""
Encode: TypeAlias = Callable[[Sequence[Configuration]], Floats]


class ListedSpace:
    """Configurations in a list.

    Parameters
    ----------
    parameters : iterable of str
        Names of the values of a configuration, in order.
    configurations : iterable of tuple
        All that are legal, in any order; repeats count once.
    encode : callable
        From n configurations to the features that a model sees, shape (n, d).

    Raises
    ------
    InputError
        If there is no configuration, or one does not have a value for each parameter.
    """

    def __init__(
        self, parameters: Iterable[str], configurations: Iterable[Configuration], encode: Encode
    ) -> None:
        self.parameters = tuple(parameters)
        self._index_of = {each: index for index, each in enumerate(dict.fromkeys(configurations))}
        self._all = list(self._index_of)
        self._encode = encode
        if not self._all:
            raise InputError("a space needs at least one configuration")
        for each in self._all:
            if len(each) != len(self.parameters):
                names = ", ".join(self.parameters)
                raise InputError(f"a configuration has a value for each of {names}, but got {each}")
        columns = zip(*self._all, strict=True)
        self._values = [list(dict.fromkeys(column)) for column in columns]

    def __len__(self) -> int:
        return len(self._all)

    @property
    def size(self) -> int:
        """How many configurations there are."""
        return len(self._all)

    def values_of(self, parameter: str) -> Sequence[Value]:
        """Return the distinct values of a parameter."""
        return self._values[self.parameters.index(parameter)]

    def sample(self, n: int, rng: np.random.Generator) -> Sequence[Configuration]:
        """Return all configurations, or `n` of them at random."""
        if n >= len(self._all):
            return self._all
        return [self._all[index] for index in rng.choice(len(self._all), n, replace=False)]

    def neighbours(self, candidate: Configuration, rng: np.random.Generator) -> Sequence[Configuration]:
        """Return the configurations that differ in one value."""
        changed = (
            (*candidate[:index], value, *candidate[index + 1 :])
            for index, values in enumerate(self._values)
            for value in values
            if value != candidate[index]
        )
        return [each for each in changed if each in self._index_of]

    def is_legal(self, candidate: Configuration) -> bool:
        """Say whether the configuration is listed."""
        return candidate in self._index_of

    def encode(self, candidates: Sequence[Configuration]) -> Floats:
        """Return the features that a model sees, shape (len(candidates), d)."""
        return self._encode(candidates)

    def to_json(self, candidate: Configuration) -> dict[str, Value]:
        """Return a configuration as a dictionary by parameter."""
        return dict(zip(self.parameters, candidate, strict=True))

    def from_json(self, data: Any) -> Configuration:
        """Return the configuration that `to_json` wrote.

        Raises
        ------
        InputError
            If the space has no such configuration.
        """
        if not isinstance(data, Mapping) or set(data) != set(self.parameters):
            raise InputError(
                f"a configuration has the parameters {', '.join(self.parameters)}, but is {data!r}"
            )
        candidate = tuple(data[name] for name in self.parameters)
        if not all(isinstance(each, float | int | str) for each in candidate) or not self.is_legal(candidate):
            raise InputError(f"the space has no configuration {dict(data)}")
        return candidate
