"""Fitted nets as formulas: plain numbers, evaluated by NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from perfpred.predict.checks import Floats, require, require_finite, set_floats
from perfpred.predict.design import Columns, Input, design_matrix, log_sum_of, parsed, require_terms
from perfpred.predict.lowered import Lowered
from perfpred.program import Builder, NotLowerableError

_MOST_LOG = 600.0
"""Beyond ``exp`` of this either way, a coefficient or its products might leave the normal doubles."""
_MOST_CANCELLED = 100.0
"""Up to this ratio of mean to scale, standardising by the weights costs two of sixteen digits."""
_LEAST_SUM = 1e-290
"""A sum of terms below this may have lost digits of its terms."""


@dataclass(frozen=True, eq=False)
class PosynomialNet:
    """A sum of complexities, corrected by a small net.

    ``log t = logsumexp_j(log term_j + q_j) + clip(sum_h v_h tanh(u_h . x + d_h) + l . x, low, high)``

    Parameters
    ----------
    terms : tuple of str
        J expressions, positive everywhere; seconds are the natural unit of their coefficients.
    log_coefficients : ndarray of shape (J,)
        q, the natural logarithms of the coefficients.
    inputs : tuple of Input
        d inputs x of the correction.
    hidden_weights : ndarray of shape (H, d)
    hidden_biases, output_weights : ndarray of shape (H,)
    linear : ndarray of shape (d,)
        l, zero for a correction that is bounded by nature.
    low, high : float
        Range of the correction: what it reached in training, and little more.
    """

    terms: tuple[str, ...]
    log_coefficients: Floats
    inputs: tuple[Input, ...]
    hidden_weights: Floats
    hidden_biases: Floats
    output_weights: Floats
    linear: Floats
    low: float
    high: float

    def __post_init__(self) -> None:
        require_terms(self, self.terms)
        hidden, n_inputs = np.shape(self.hidden_biases)[:1], len(self.inputs)
        set_floats(self, "log_coefficients", (len(self.terms),))
        set_floats(self, "hidden_weights", (*hidden, n_inputs))
        set_floats(self, "hidden_biases", hidden)
        set_floats(self, "output_weights", hidden)
        set_floats(self, "linear", (n_inputs,))
        require_finite(self, "low", "high")
        require(self.low <= self.high, self, "low <= high", f"(low={self.low}, high={self.high})")

    @property
    def n_parameters(self) -> int:
        """Number of fitted weights and biases; a linear part of zeros counts for nothing."""
        net = self.hidden_weights.size + self.hidden_biases.size + self.output_weights.size
        return len(self.terms) + net + (self.linear.size if self.linear.any() else 0)

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        log_sum = log_sum_of(self.terms, self.log_coefficients, columns)
        return np.asarray(np.exp(log_sum + np.clip(self.correction(columns), self.low, self.high)))

    def correction(self, columns: Columns) -> Floats:
        """Return the correction before it is clipped, in log seconds, shape (n,)."""
        x = design_matrix(self.inputs, columns)
        hidden = np.tanh(x @ self.hidden_weights.T + self.hidden_biases)
        return np.asarray(hidden @ self.output_weights + x @ self.linear)

    def lower(self, builder: Builder) -> Lowered:
        """Return ``sum_j exp(q_j) term_j * exp(correction)``: what `seconds` says, without logarithms."""
        if np.abs(self.log_coefficients).max() > _MOST_LOG:
            raise NotLowerableError(f"a log coefficient is beyond {_MOST_LOG:g}")
        terms = [builder.expression(parsed(term).tree) for term in self.terms]
        total = builder.weighted_sum(terms, np.exp(self.log_coefficients))
        raw, x = _lowered_inputs(self.inputs, builder)
        weights, biases = _on_lowered(self.inputs, self.hidden_weights, self.hidden_biases)
        [slopes], [start] = _on_lowered(self.inputs, self.linear[None, :], np.zeros(1))
        net = builder.tanh_sum(x, weights, biases, self.output_weights, _ranges(self.inputs))
        correction = builder.apply("+", net, builder.weighted_sum(x, slopes, start))
        clipped = builder.bound(builder.clip(correction, self.low, self.high), self.low, self.high)
        factor = builder.apply("exp", clipped)
        seconds = builder.apply("*", total, factor)
        enough = builder.apply("-", total, builder.constant(_LEAST_SUM))
        return Lowered(seconds, positive=(*terms, enough), finite=(*raw, seconds))


@dataclass(frozen=True, eq=False)
class ReluNet:
    """One hidden layer of rectifiers, linear in its output.

    ``t = max(v . relu(U x + d) + c, floor)``

    Parameters
    ----------
    inputs : tuple of Input
        d inputs x.
    hidden_weights : ndarray of shape (H, d)
    hidden_biases, output_weights : ndarray of shape (H,)
        The output weights are in seconds.
    output_bias : float
        In seconds.
    floor : float
        The least time predicted, > 0 seconds: a linear output knows of no sign.
    """

    inputs: tuple[Input, ...]
    hidden_weights: Floats
    hidden_biases: Floats
    output_weights: Floats
    output_bias: float
    floor: float

    def __post_init__(self) -> None:
        hidden = np.shape(self.hidden_biases)[:1]
        set_floats(self, "hidden_weights", (*hidden, len(self.inputs)))
        set_floats(self, "hidden_biases", hidden)
        set_floats(self, "output_weights", hidden)
        require_finite(self, "output_bias", "floor")
        require(self.floor > 0, self, "floor > 0", self.floor)

    @property
    def n_parameters(self) -> int:
        """Number of weights and biases."""
        return self.hidden_weights.size + self.hidden_biases.size + self.output_weights.size + 1

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        x = design_matrix(self.inputs, columns)
        hidden = np.maximum(x @ self.hidden_weights.T + self.hidden_biases, 0.0)
        return np.asarray(np.maximum(hidden @ self.output_weights + self.output_bias, self.floor))

    def lower(self, builder: Builder) -> Lowered:
        """Return the same as scalar operations."""
        raw, x = _lowered_inputs(self.inputs, builder)
        weights, biases = _on_lowered(self.inputs, self.hidden_weights, self.hidden_biases)
        units = [builder.weighted_sum(x, row, bias) for row, bias in zip(weights, biases, strict=True)]
        zero = builder.constant(0.0)
        hidden = [builder.apply("max", unit, zero) for unit in units]
        output = builder.weighted_sum(hidden, self.output_weights, self.output_bias)
        seconds = builder.apply("max", output, builder.constant(self.floor))
        return Lowered(seconds, finite=(*raw, seconds))


def _lowered_inputs(inputs: Sequence[Input], builder: Builder) -> tuple[list[int], list[int]]:
    """Return the raw values of d inputs, and what `_on_lowered` weights: clipped, some of them centred."""
    raw = [builder.expression(parsed(each.expression).tree) for each in inputs]
    x = [builder.clip(value, each.low, each.high) for value, each in zip(raw, inputs, strict=True)]
    means = map(builder.constant, _subtracted(inputs))
    return raw, [builder.apply("-", value, mean) for value, mean in zip(x, means, strict=True)]


def _on_lowered(inputs: Sequence[Input], weights: Floats, biases: Floats) -> tuple[Floats, Floats]:
    """Return weights (H, d) and biases (H,) of standardised inputs as those of `_lowered_inputs`."""
    scaled = weights / np.array([each.scale for each in inputs])
    left = np.array([each.mean for each in inputs]) - _subtracted(inputs)
    return scaled, biases - scaled @ left


def _ranges(inputs: Sequence[Input]) -> Floats:
    """Return between what the second of `_lowered_inputs` are, shape (d, 2)."""
    ends = np.array([[each.low, each.high] for each in inputs]).reshape(-1, 2)
    return ends - _subtracted(inputs)[:, None]


def _subtracted(inputs: Sequence[Input]) -> Floats:
    """Return what is subtracted from each input before it is weighted, shape (d,).

    It is the mean where that is so large beside the scale that its product with weights would cancel digits
    of the bias, else 0.
    """
    means, scales = np.array([[each.mean, each.scale] for each in inputs]).reshape(-1, 2).T
    return np.where(np.abs(means) > _MOST_CANCELLED * scales, means, 0.0)
