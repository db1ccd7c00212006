"""The posynomial net while it is trained: a batch of parameter vectors, values and Jacobians in torch."""

from __future__ import annotations

import copy
import math

import numpy as np
import torch

from perfpred.predict.checks import Floats

FIXED = 0
"""Penalty group whose decay is not re-estimated."""


def hidden_units(n_parameters: int, n_inputs: int) -> int:
    """Return how many hidden units of `n_inputs` inputs so many parameters are enough for."""
    return n_parameters // (n_inputs + 2)  # a bias and an output weight besides the inputs' weights


class PosynomialModel:
    """``y = logsumexp_j(log_terms_j + q_j) + sum_h v_h tanh(u_h . x + d_h) + l . x``.

    A parameter vector theta holds, in this order, `terms` q (J), `weights` u (H * d, row by row),
    `biases` d (H), `outputs` v (H) and `linear` l (d, or none).

    Parameters
    ----------
    log_terms : ndarray of shape (N, J)
        Logarithms of the terms; centre them, so that q is near 0.
    inputs : ndarray of shape (N, d)
        Standardised inputs.
    hidden : int
        H, number of hidden units.
    linear : bool
        Whether there is a linear part.
    """

    def __init__(self, log_terms: Floats, inputs: Floats, hidden: int, linear: bool) -> None:
        self._log_terms = torch.from_numpy(log_terms)
        self._inputs = torch.from_numpy(inputs)
        self.hidden = hidden
        n_inputs = inputs.shape[1]
        sizes = {
            "terms": log_terms.shape[1],
            "weights": hidden * n_inputs,
            "biases": hidden,
            "outputs": hidden,
            "linear": n_inputs if linear else 0,
        }
        ends = np.cumsum(list(sizes.values())).tolist()
        self._slices = {
            name: slice(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)
        }
        self.n_parameters: int = ends[-1]
        self.groups = self._groups()

    def start(self, n: int, rng: np.random.RandomState) -> torch.Tensor:
        """Draw `n` starting points, shape (n, P)."""
        n_terms, n_inputs = self._log_terms.shape[1], self._inputs.shape[1]
        spread = {"weights": 1.3 / math.sqrt(max(1, n_inputs)), "biases": 1.0, "outputs": 0.3, "terms": 0.5}
        theta = torch.zeros(n, self.n_parameters, dtype=torch.float64)
        for name, deviation in spread.items():
            part = self._slices[name]
            theta[:, part] = torch.from_numpy(deviation * rng.standard_normal((n, part.stop - part.start)))
        theta[:, self._slices["terms"]] -= math.log(n_terms)
        return theta

    def values_and_jacobian(self, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return values (B, N) and their derivatives (B, N, P) at `theta` (B, P)."""
        shifted = self._shifted_terms(theta)
        values = torch.logsumexp(shifted, 2)
        jacobian = torch.empty(*values.shape, self.n_parameters, dtype=torch.float64)
        jacobian[:, :, self._slices["terms"]] = torch.softmax(shifted, 2)
        if self.hidden:
            values += self._add_hidden(theta, jacobian)
        if self._has("linear"):
            values += theta[:, self._slices["linear"]] @ self._inputs.T
            jacobian[:, :, self._slices["linear"]] = self._inputs
        return values, jacobian

    def trend(self, theta: torch.Tensor) -> torch.Tensor:
        """Return the values without the correction, shape (B, N), at `theta` (B, P)."""
        return torch.logsumexp(self._shifted_terms(theta), 2)

    def _shifted_terms(self, theta: torch.Tensor) -> torch.Tensor:
        return self._log_terms + theta[:, None, self._slices["terms"]]

    def _add_hidden(self, theta: torch.Tensor, jacobian: torch.Tensor) -> torch.Tensor:
        n_problems, n_inputs = len(theta), self._inputs.shape[1]
        weights = theta[:, self._slices["weights"]].reshape(n_problems, self.hidden, n_inputs)
        biases = theta[:, None, self._slices["biases"]]
        outputs = theta[:, None, self._slices["outputs"]]
        activation = torch.tanh(self._inputs @ weights.transpose(1, 2) + biases)
        slope = (1 - activation * activation) * outputs
        jacobian[:, :, self._slices["outputs"]] = activation
        jacobian[:, :, self._slices["biases"]] = slope
        jacobian[:, :, self._slices["weights"]] = (slope[..., None] * self._inputs[:, None]).flatten(2)
        return (activation * outputs).sum(2)

    def parts(self, theta: Floats) -> dict[str, Floats]:
        """Return the named parts of one parameter vector (P,) in the shapes of `PosynomialNet`."""
        n_inputs = self._inputs.shape[1]
        linear = theta[self._slices["linear"]]
        return {
            "log_coefficients": theta[self._slices["terms"]],
            "hidden_weights": theta[self._slices["weights"]].reshape(self.hidden, n_inputs),
            "hidden_biases": theta[self._slices["biases"]],
            "output_weights": theta[self._slices["outputs"]],
            "linear": linear if len(linear) else np.zeros(n_inputs),
        }

    def _has(self, name: str) -> bool:
        return bool(self._slices[name].stop > self._slices[name].start)

    def _groups(self) -> torch.Tensor:
        """Penalty group of each parameter, shape (P,): terms, then one group per input and output.

        One group per input is automatic relevance determination: the weights of a useless input shrink
        together, at no cost to the others.
        """
        n_inputs = self._inputs.shape[1]
        numbers = {
            "terms": torch.tensor([FIXED]),
            "biases": torch.tensor([1]),
            "outputs": torch.tensor([2]),
            "linear": torch.tensor([3]),
            "weights": 4 + torch.arange(n_inputs).repeat(self.hidden),
        }
        groups = torch.empty(self.n_parameters, dtype=torch.long)
        for name, part in self._slices.items():
            groups[part] = numbers[name] if part.stop > part.start else FIXED
        return groups


class Weighted(PosynomialModel):
    """A model whose values and derivatives are multiplied by the precision of each row, as targets must be.

    So least squares weigh rows by the squares: an error counts in multiples of what is usual there.
    """

    _precision: torch.Tensor | None = None

    def with_precision(self, precision: Floats) -> Weighted:
        """Return the model with these precisions, shape (N,)."""
        found = copy.copy(self)
        found._precision = torch.from_numpy(precision)
        return found

    def values_and_jacobian(self, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return weighted values (B, N) and their derivatives (B, N, P) at `theta` (B, P)."""
        values, jacobian = super().values_and_jacobian(theta)
        if self._precision is None:
            return values, jacobian
        return values * self._precision, jacobian * self._precision[:, None]
