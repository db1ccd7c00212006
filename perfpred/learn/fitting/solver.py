"""Robust, regularised nonlinear least squares: many small problems solved in one batch.

Levenberg-Marquardt steps (Marquardt 1963) alternate with two re-estimations: row weights of a Student-t
likelihood (Lange et al. 1989), so that a few disturbed measurements do not bend the fit, and the strengths
of noise and weight decay that maximise the evidence (MacKay 1992, "A practical Bayesian framework for
backpropagation networks"), so that nothing is left to a validation set.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

FIXED_DECAY = 0.25
"""Of group 0: a standard deviation of 2 around what was expected, not re-estimated."""
FIRST_DECAY = 0.1
FIRST_NOISE = 0.3
LONGEST_STEP = 3.0
WARM_UP = 10
"""Steps before strengths are re-estimated: residuals of a random start say nothing about the noise."""
PERIOD = 3
"""Steps between re-estimations."""
CHUNK = 4_000_000
"""Numbers in the Jacobians of one chunk of problems: 32 MB."""


class Model(Protocol):
    """What can be fitted: a function of P parameters at N rows."""

    groups: torch.Tensor
    """Penalty group of each parameter, shape (P,); the decay of group 0 is not re-estimated."""

    def values_and_jacobian(self, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return values (B, N) and derivatives (B, N, P) at `theta` (B, P)."""
        ...


@dataclass(frozen=True)
class Solution:
    """The answers to B problems.

    Parameters
    ----------
    theta : Tensor of shape (B, P)
        Fitted parameters.
    log_evidence : Tensor of shape (B,)
        How well each fit explains its rows, its complexity counted against it; larger is better.
        Comparable between problems with the same rows.
    """

    theta: torch.Tensor
    log_evidence: torch.Tensor


def solve(
    model: Model,
    targets: torch.Tensor,
    masks: torch.Tensor,
    start: torch.Tensor,
    *,
    iterations: int = 120,
    nu: float = 4.0,
) -> Solution:
    """Fit `model` to `targets` from each starting point.

    Parameters
    ----------
    model : Model
    targets : Tensor of shape (N,)
        Centred, of order 1 (log times are).
    masks : Tensor of shape (B, N)
        1 for the rows a problem trains on, 0 for those it must not see.
    start : Tensor of shape (B, P)
    iterations : int
        Levenberg-Marquardt steps.
    nu : float
        Degrees of freedom of the Student-t noise.

    Returns
    -------
    Solution
    """
    per_chunk = max(1, CHUNK // max(1, targets.numel() * start.shape[1]))
    solutions = [
        _Batch(model, targets, chunk_masks, chunk_start, nu).run(iterations)
        for chunk_masks, chunk_start in zip(
            torch.split(masks, per_chunk), torch.split(start, per_chunk), strict=True
        )
    ]
    return Solution(
        torch.cat([solution.theta for solution in solutions]),
        torch.cat([solution.log_evidence for solution in solutions]),
    )


class _Batch:
    """The state of B problems: parameters, damping, row weights, decay (alpha), noise precision (beta)."""

    def __init__(
        self, model: Model, targets: torch.Tensor, masks: torch.Tensor, start: torch.Tensor, nu: float
    ) -> None:
        self.model, self.targets, self.masks, self.nu = model, targets, masks, nu
        n_problems = len(start)
        self.membership = torch.nn.functional.one_hot(model.groups).to(torch.float64)  # (P, G)
        self.group_sizes = self.membership.sum(0)
        self.alpha = torch.full((n_problems, len(self.group_sizes)), FIRST_DECAY, dtype=torch.float64)
        self.alpha[:, 0] = FIXED_DECAY
        self.beta = torch.full((n_problems,), FIRST_NOISE**-2, dtype=torch.float64)
        self.damping = torch.ones(n_problems, dtype=torch.float64)
        self.row_weights = masks.clone()
        self.theta = start.clone()
        self.values, self.jacobian = model.values_and_jacobian(self.theta)

    def run(self, iterations: int) -> Solution:
        for iteration in range(iterations):
            self._step()
            if iteration >= WARM_UP and iteration % PERIOD == 0:
                self._reestimate()
        return Solution(self.theta, self._log_evidence())

    @property
    def decay(self) -> torch.Tensor:
        """Weight decay of each parameter, shape (B, P)."""
        return self.alpha @ self.membership.T

    def _objective(self, values: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        misfit = (self.row_weights * (self.targets - values) ** 2).sum(1)
        return self.beta * misfit + (self.decay * theta * theta).sum(1)

    def _hessian(self) -> torch.Tensor:
        weights = (self.beta[:, None] * self.row_weights)[..., None]
        return self.jacobian.mT @ (self.jacobian * weights) + torch.diag_embed(self.decay + 1e-9)

    def _step(self) -> None:
        """Move each problem that a damped Gauss-Newton step improves; damp the others more."""
        weighted = self.beta[:, None] * self.row_weights * (self.targets - self.values)
        downhill = (self.jacobian.mT @ weighted[..., None])[..., 0] - self.decay * self.theta
        theta = self.theta + self._damped_step(downhill)
        values, jacobian = self.model.values_and_jacobian(theta)
        better = self._objective(values, theta) < self._objective(self.values, self.theta)
        self.theta = torch.where(better[:, None], theta, self.theta)
        self.values = torch.where(better[:, None], values, self.values)
        self.jacobian = torch.where(better[:, None, None], jacobian, self.jacobian)
        self.damping = torch.where(better, self.damping * 0.3, self.damping * 4.0).clamp(1e-8, 1e8)

    def _damped_step(self, downhill: torch.Tensor) -> torch.Tensor:
        hessian = self._hessian()
        diagonal = hessian.diagonal(dim1=1, dim2=2)
        scale = 0.1 * diagonal + 1e-3 * diagonal.mean(1, keepdim=True)
        factor, failed = torch.linalg.cholesky_ex(hessian + torch.diag_embed(self.damping[:, None] * scale))
        step = torch.cholesky_solve(downhill[..., None], factor)[..., 0]
        usable = (failed == 0)[:, None] & torch.isfinite(step)
        return torch.where(usable, step, 0.0).clamp(-LONGEST_STEP, LONGEST_STEP)

    def _reestimate(self) -> None:
        """Move noise and decay half-way (in logs) to their evidence optimum, then weigh rows anew."""
        factor, _ = torch.linalg.cholesky_ex(self._hessian())
        variance = torch.cholesky_inverse(factor).diagonal(dim1=1, dim2=2)
        determined = (1 - self.decay * variance).nan_to_num(1.0).clamp(0, 1)
        squares = (self.theta * self.theta) @ self.membership
        alpha = ((determined @ self.membership + 0.01) / (squares + 0.01)).clamp(1e-4, 1e4)
        self.alpha = torch.sqrt(self.alpha * alpha)
        self.alpha[:, 0] = FIXED_DECAY
        residuals = self.targets - self.values
        misfit = (self.row_weights * residuals**2).sum(1).clamp(min=1e-12)
        beta = (self.masks.sum(1) - determined.sum(1)).clamp(min=5.0) / misfit
        self.beta = torch.sqrt(self.beta * beta.clamp(1e-2, 1e6))
        self.row_weights = self.masks * (self.nu + 1) / (self.nu + self.beta[:, None] * residuals**2)

    def _log_evidence(self) -> torch.Tensor:
        """Laplace's approximation, up to a constant; -inf for a fit that is not a number."""
        squares = self.beta[:, None] * (self.targets - self.values) ** 2
        likelihood = -(self.nu + 1) * (self.masks * torch.log1p(squares / self.nu)).sum(1)
        likelihood += self.masks.sum(1) * self.beta.log()
        prior = (self.alpha.log() * self.group_sizes)[:, 1:].sum(1) - (self.decay * self.theta**2).sum(1)
        factor, _ = torch.linalg.cholesky_ex(self._hessian())
        log_determinant = 2 * factor.diagonal(dim1=1, dim2=2).log().sum(1)
        evidence: torch.Tensor = 0.5 * (likelihood + prior - log_determinant)
        return evidence.nan_to_num(-torch.inf, -torch.inf, -torch.inf)
