"""What a model is told of configurations: the inputs that the ensemble has too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.complexity import Complexity
from perfpred.learn.fitting.inputs import logarithmic
from perfpred.learn.fitting.products import products
from perfpred.predict.checks import Floats
from perfpred.predict.encoding import Encoding
from perfpred.predict.expressions import evaluate

Columns = Mapping[str, NDArray[Any]]


class ConfigurationInputs:
    """Logarithms and products of the parameters that vary, 0/1 columns for texts.

    Parameters
    ----------
    columns : mapping of str to ndarray of shape (n,)
        The configurations of the space; they decide which inputs there are.
    """

    def __init__(self, columns: Columns) -> None:
        self._names = tuple(columns)
        self._encoding = Encoding.of(columns)
        encoded = self._encoding.encode(columns)
        varying = {name: values for name, values in encoded.items() if np.ptp(values) > 0}
        own = [logarithmic(name, values) for name, values in varying.items()]
        self.expressions: tuple[str, ...] = (*own, *products(varying))

    def made_of(self, names: Sequence[str]) -> NDArray[np.bool_]:
        """Say which inputs need no other parameters than `names`, shape (d,)."""
        others = [name for name in self._names if name not in names]
        foreign = {label for name in others for label in self._labels_of(name)}
        return np.array([not foreign.intersection(Complexity(text).names) for text in self.expressions])

    def _labels_of(self, name: str) -> list[str]:
        levels = self._encoding.categories.get(name)
        wanted = [name] if levels is None else [f"{name}={level}" for level in levels]
        return [safe for safe, label in self._encoding.labels.items() if label in wanted]

    def of_columns(self, columns: Columns) -> Floats:
        """Return the inputs of configurations, shape (n, d)."""
        encoded = self._encoding.encode(columns, unseen="zero")
        n = len(next(iter(encoded.values())))
        values = [evaluate(text, encoded) for text in self.expressions]
        return np.stack(values, axis=1) if values else np.zeros((n, 1))

    def of_configurations(self, configurations: Sequence[tuple[Any, ...]]) -> Floats:
        """Return the inputs of tuples of values in the order of the parameters, shape (n, d)."""
        columns = zip(self._names, zip(*configurations, strict=True), strict=True)
        return self.of_columns({name: np.array(values) for name, values in columns})
