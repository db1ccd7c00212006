"""Fitted nets as formulas: plain numbers, evaluated by NumPy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfpred.predict.checks import (
    MAX_TIME_S,
    MIN_TIME_S,
    Floats,
    length_of,
    require,
    require_finite,
    require_log,
    set_logs,
    set_weights,
)
from perfpred.predict.design import Input, design_matrix
from perfpred.predict.expressions import Columns, log_sum_of, require_terms
from perfpred.predict.lowered import (
    Lowered,
    lowered_inputs,
    lowered_product,
    lowered_ranges,
    on_lowered,
)
from perfpred.program import Builder

MAX_UNITS = 500
"""Hidden units: a net becomes one sum of them, and longer ones cannot be compiled."""


def require_units(owner: object, count: int) -> None:
    """Raise `InputError` if a net has more hidden units than can be worked through."""
    require(count <= MAX_UNITS, owner, f"at most {MAX_UNITS} hidden units", count)


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
        hidden, n_inputs = length_of(self, "hidden_biases"), len(self.inputs)
        require_units(self, *hidden)
        set_logs(self, "log_coefficients", (len(self.terms),))
        set_weights(self, "hidden_weights", (*hidden, n_inputs))
        set_weights(self, "hidden_biases", hidden)
        set_weights(self, "output_weights", hidden)
        set_weights(self, "linear", (n_inputs,))
        require_log(self, "low", "high")
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
        raw, x = lowered_inputs(self.inputs, builder)
        weights, biases = on_lowered(self.inputs, self.hidden_weights, self.hidden_biases)
        [slopes], [start] = on_lowered(self.inputs, self.linear[None, :], np.zeros(1))
        net = builder.tanh_sum(x, weights, biases, self.output_weights, lowered_ranges(self.inputs))
        correction = builder.apply("+", net, builder.weighted_sum(x, slopes, start))
        clipped = builder.bound(builder.clip(correction, self.low, self.high), self.low, self.high)
        return lowered_product(self.terms, self.log_coefficients, clipped, raw, builder)


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
        hidden = length_of(self, "hidden_biases")
        require_units(self, *hidden)
        set_weights(self, "hidden_weights", (*hidden, len(self.inputs)))
        set_weights(self, "hidden_biases", hidden)
        set_weights(self, "output_weights", hidden)
        require_finite(self, "output_bias", "floor")
        require(MIN_TIME_S <= self.floor <= MAX_TIME_S, self, "floor > 0", self.floor)

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
        raw, x = lowered_inputs(self.inputs, builder)
        weights, biases = on_lowered(self.inputs, self.hidden_weights, self.hidden_biases)
        units = [builder.weighted_sum(x, row, bias) for row, bias in zip(weights, biases, strict=True)]
        zero = builder.constant(0.0)
        hidden = [builder.apply("max", unit, zero) for unit in units]
        output = builder.weighted_sum(hidden, self.output_weights, self.output_bias)
        seconds = builder.apply("max", output, builder.constant(self.floor))
        return Lowered(seconds, finite=(*raw, seconds))
