"""A fitted Gaussian process as a formula: its training inputs and a weight for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfpred.predict.checks import Floats, length_of, require, set_floats, set_logs, set_weights
from perfpred.predict.design import Input, design_matrix
from perfpred.predict.expressions import Columns, log_sum_of, require_terms
from perfpred.predict.lowered import Lowered, clipped_inputs, lowered_product
from perfpred.program import Builder, MaternSum

_MAX_SCALE = 1e12


@dataclass(frozen=True, eq=False)
class GaussianProcess:
    """A sum of complexities, corrected by the mean of a Gaussian process.

    ``log t = logsumexp_j(log term_j + q_j) + sum_i w_i k(x, c_i)`` with the Matérn 5/2 correlation
    ``k = (1 + r + r**2 / 3) exp(-r)``, where ``r**2 = 5 sum_d ((x_d - c_id) / s_d)**2`` (Rasmussen and
    Williams, "Gaussian Processes for Machine Learning", 2006, equations 2.27 and 4.17).

    Parameters
    ----------
    terms : tuple of str
        J expressions, positive everywhere; seconds are the natural unit of their coefficients.
    log_coefficients : ndarray of shape (J,)
        q, the natural logarithms of the coefficients.
    inputs : tuple of Input
        d inputs x of the correction.
    length_scales : ndarray of shape (d,)
        s, > 0: how far an input has to move to matter.
    centres : ndarray of shape (N, d)
        c, the inputs of the training rows; N is 0 where the sum needs no correction.
    weights : ndarray of shape (N,)
        w, in log seconds.
    """

    terms: tuple[str, ...]
    log_coefficients: Floats
    inputs: tuple[Input, ...]
    length_scales: Floats
    centres: Floats
    weights: Floats

    def __post_init__(self) -> None:
        require_terms(self, self.terms)
        rows, n_inputs = length_of(self, "weights"), len(self.inputs)
        set_logs(self, "log_coefficients", (len(self.terms),))
        set_floats(self, "length_scales", (n_inputs,))
        set_weights(self, "weights", rows)
        set_weights(self, "centres", (*rows, n_inputs))
        require(bool((self.length_scales > 0).all()), self, "length_scales > 0", self.length_scales)
        sensible = (self.length_scales >= 1 / _MAX_SCALE) & (self.length_scales <= _MAX_SCALE)
        require(
            bool(sensible.all()),
            self,
            f"length_scales in {1 / _MAX_SCALE:g}..{_MAX_SCALE:g}",
            self.length_scales,
        )

    @property
    def n_parameters(self) -> int:
        """Number of stored coefficients, length scales, weights and coordinates of training inputs."""
        return len(self.terms) + self.length_scales.size + self.weights.size + self.centres.size

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        return np.asarray(np.exp(self.log_trend(columns) + self.correction(columns)))

    def log_trend(self, columns: Columns) -> Floats:
        """Return the logarithm of the sum of terms, in log seconds, shape (n,)."""
        return log_sum_of(self.terms, self.log_coefficients, columns)

    def correction(self, columns: Columns) -> Floats:
        """Return the mean of the process, in log seconds, shape (n,)."""
        x = design_matrix(self.inputs, columns) * self._per_length
        correction = np.empty(len(x))
        self._sum(*x.T, out=correction)
        return correction

    def lower(self, builder: Builder) -> Lowered:
        """Return the same, with inputs in length scales."""
        raw, clipped = clipped_inputs(self.inputs, builder)
        x = []
        for value, each, per_length in zip(clipped, self.inputs, self._per_length, strict=True):
            centred = builder.apply("-", value, builder.constant(each.mean))
            x.append(builder.apply("*", centred, builder.constant(per_length / each.scale)))
        correction = builder.layer(x, self._sum)
        return lowered_product(self.terms, self.log_coefficients, correction, raw, builder)

    @property
    def _per_length(self) -> Floats:
        """Return what takes inputs to the distances of `MaternSum`, shape (d,)."""
        return np.asarray(np.sqrt(5) / self.length_scales)

    @property
    def _sum(self) -> MaternSum:
        return MaternSum(self.centres * self._per_length, self.weights)
