"""Full-batch Adam for one-hidden-layer rectifier nets, several nets at once, gradients written by hand.

Autograd would spend most of a step on bookkeeping: these nets have about 75 parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from perfpred.predict.checks import Floats

FIRST_MOMENT, SECOND_MOMENT, EPSILON = 0.9, 0.999, 1e-7


@dataclass(frozen=True)
class ReluWeights:
    """Weights of B nets with H units on d inputs, views of one flat vector.

    Parameters
    ----------
    flat : Tensor of shape (B * P,)
    hidden : Tensor of shape (B, d + 1, H)
        The last input is the constant 1, so its weights are the biases.
    output : Tensor of shape (B, H, 1)
    bias : Tensor of shape (B, 1, 1)
    """

    flat: torch.Tensor
    hidden: torch.Tensor
    output: torch.Tensor
    bias: torch.Tensor

    @classmethod
    def zeros(cls, n_nets: int, n_inputs: int, n_hidden: int) -> ReluWeights:
        """Return weights of 0."""
        sizes = [n_nets * (n_inputs + 1) * n_hidden, n_nets * n_hidden, n_nets]
        flat = torch.zeros(sum(sizes), dtype=torch.float64)
        hidden, output, bias = torch.split(flat, sizes)
        hidden = hidden.view(n_nets, n_inputs + 1, n_hidden)
        return cls(flat, hidden, output.view(n_nets, n_hidden, 1), bias.view(n_nets, 1, 1))

    @classmethod
    def glorot(cls, n_nets: int, n_inputs: int, n_hidden: int, rng: np.random.RandomState) -> ReluWeights:
        """Draw weights uniformly as Glorot and Bengio (2010) do, the same for each net; biases are 0.

        Parameters
        ----------
        n_nets, n_inputs, n_hidden : int
        rng : np.random.RandomState
        """
        weights = cls.zeros(n_nets, n_inputs, n_hidden)
        for part, fans in ((weights.hidden[:, :-1], n_inputs + n_hidden), (weights.output, n_hidden + 1)):
            limit = np.sqrt(6 / fans)
            part.copy_(torch.from_numpy(rng.uniform(-limit, limit, part.shape[1:])))
        return weights


def train(
    inputs: Floats, targets: Floats, masks: Floats, start: ReluWeights, *, steps: int, learning_rate: float
) -> ReluWeights:
    """Minimise the mean squared error of each net on its rows, in place of `start`.

    Parameters
    ----------
    inputs : ndarray of shape (N, d)
    targets : ndarray of shape (N,)
    masks : ndarray of shape (B, N)
        1 for the rows that a net trains on, else 0.
    start : ReluWeights
        Overwritten.
    steps : int
    learning_rate : float

    Returns
    -------
    ReluWeights
        `start`, trained.
    """
    x = torch.from_numpy(np.column_stack([inputs, np.ones(len(inputs))])).repeat(len(masks), 1, 1)
    y = torch.from_numpy(targets)[:, None]
    mask = torch.from_numpy(masks)
    share = (2 * mask / mask.sum(1, keepdim=True))[..., None]
    n_nets, _, n_hidden = start.hidden.shape
    gradient = ReluWeights.zeros(n_nets, inputs.shape[1], n_hidden)
    first, second = torch.zeros_like(start.flat), torch.zeros_like(start.flat)
    for step in range(1, steps + 1):
        _gradient(x, y, share, start, gradient)
        first.lerp_(gradient.flat, 1 - FIRST_MOMENT)
        second.mul_(SECOND_MOMENT).addcmul_(gradient.flat, gradient.flat, value=1 - SECOND_MOMENT)
        rate = learning_rate * np.sqrt(1 - SECOND_MOMENT**step) / (1 - FIRST_MOMENT**step)
        start.flat.addcdiv_(first, second.sqrt().add_(EPSILON), value=-rate)
    return start


def _gradient(
    x: torch.Tensor, y: torch.Tensor, share: torch.Tensor, weights: ReluWeights, gradient: ReluWeights
) -> None:
    """Write into `gradient` the derivatives of ``sum_i share_i / 2 * (net(x_i) - y_i) ** 2``."""
    activation = torch.bmm(x, weights.hidden).clamp_(min=0)
    slope = torch.baddbmm(weights.bias, activation, weights.output).sub_(y).mul_(share)
    torch.sum(slope, 1, keepdim=True, out=gradient.bias)
    torch.bmm(activation.mT, slope, out=gradient.output)
    back = torch.where(activation > 0, torch.bmm(slope, weights.output.mT), 0.0)
    torch.bmm(x.mT, back, out=gradient.hidden)
