"""The batched solver: right derivatives, right answers, problems that do not disturb each other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from perfpred.learn.fitting import solver
from perfpred.learn.fitting.adam import ReluWeights, _gradient, train
from perfpred.learn.fitting.posynomial import PosynomialModel
from perfpred.learn.fitting.solver import solve


def problem(n=80, hidden=2, linear=True, seed=0):
    rng = np.random.RandomState(seed)
    log_terms, inputs = rng.standard_normal((n, 3)), rng.standard_normal((n, 4))
    return PosynomialModel(log_terms, inputs, hidden, linear), log_terms, inputs, rng


@pytest.mark.parametrize(("hidden", "linear"), [(0, False), (0, True), (3, False), (3, True)])
def test_jacobian_equals_finite_differences(hidden, linear):
    model, *_, rng = problem(7, hidden, linear)
    theta = model.start(2, rng) + 0.1
    _, jacobian = model.values_and_jacobian(theta)
    step = 1e-6
    for parameter in range(model.n_parameters):
        shift = torch.zeros_like(theta)
        shift[:, parameter] = step
        above, below = (model.values_and_jacobian(theta + sign * shift)[0] for sign in (1, -1))
        torch.testing.assert_close(
            jacobian[..., parameter], (above - below) / (2 * step), atol=1e-8, rtol=1e-6
        )


def test_groups_are_one_an_input_and_the_rest():
    model, *_ = problem(hidden=2, linear=False)
    terms, weights, rest = [0] * 3, [4, 5, 6, 7] * 2, [1, 1, 2, 2]
    assert model.groups.tolist() == terms + weights + rest


def test_recovers_a_known_posynomial():
    model, log_terms, _, rng = problem(200, hidden=2, linear=False)
    coefficients = np.array([0.5, -1.0, 0.2])
    targets = np.logaddexp.reduce(log_terms + coefficients, axis=1)
    noisy = torch.from_numpy(targets + 0.01 * rng.standard_normal(200))
    solution = solve(model, noisy, torch.ones(4, 200, dtype=torch.float64), model.start(4, rng))
    best = solution.theta[solution.log_evidence.argmax()].numpy()
    np.testing.assert_allclose(model.parts(best)["log_coefficients"], coefficients, atol=0.05)
    error = model.values_and_jacobian(torch.from_numpy(best)[None])[0][0].numpy() - targets
    assert np.abs(error).max() < 0.02


def test_disturbed_rows_do_not_bend_the_fit():
    model, log_terms, _, rng = problem(100, hidden=0, linear=False)
    targets = np.logaddexp.reduce(log_terms, axis=1) + 0.01 * rng.standard_normal(100)
    targets[:8] += 2.0
    masks = torch.ones(1, 100, dtype=torch.float64)
    robust = solve(model, torch.from_numpy(targets), masks, model.start(1, rng))
    plain = solve(model, torch.from_numpy(targets), masks, model.start(1, rng), nu=1e9)
    assert robust.theta.abs().max() < 0.02 < 0.05 < plain.theta.abs().max()


def test_a_row_that_is_masked_has_no_influence():
    model, _, inputs, rng = problem(60, hidden=2)
    targets = torch.from_numpy(inputs[:, 0] + 0.1 * rng.standard_normal(60))
    masks = torch.ones(1, 60, dtype=torch.float64)
    masks[0, 5] = 0
    start = model.start(1, rng)
    moved = targets.clone()
    moved[5] += 10
    first, second = (solve(model, each, masks, start).theta for each in (targets, moved))
    torch.testing.assert_close(first, second, atol=0, rtol=0)


def test_useless_inputs_are_decayed_away():
    rng = np.random.RandomState(0)
    inputs = rng.standard_normal((300, 4))
    model = PosynomialModel(np.zeros((300, 1)), inputs, hidden=1, linear=False)
    targets = torch.from_numpy(np.tanh(inputs[:, 0]) + 0.05 * rng.standard_normal(300))
    solution = solve(model, targets, torch.ones(4, 300, dtype=torch.float64), model.start(4, rng))
    best = solution.theta[solution.log_evidence.argmax()].numpy()
    weights = np.abs(model.parts(best)["hidden_weights"][0])
    assert weights[1:].max() < 0.05 * weights[0]


def test_problems_are_solved_alike_alone_and_together(monkeypatch):
    model, _, inputs, rng = problem(40, hidden=1)
    targets = torch.from_numpy(np.tanh(inputs[:, 0]))
    start, masks = model.start(3, rng), torch.ones(3, 40, dtype=torch.float64)
    together = solve(model, targets, masks, start, iterations=20)
    monkeypatch.setattr(solver, "CHUNK", 1)
    alone = solve(model, targets, masks, start, iterations=20)
    torch.testing.assert_close(alone.theta, together.theta, atol=1e-6, rtol=1e-6)


def test_a_start_that_is_not_a_number_loses():
    model, *_, rng = problem(40, hidden=1)
    start = model.start(2, rng)
    start[0] = torch.nan
    targets = torch.from_numpy(rng.standard_normal(40))
    solution = solve(model, targets, torch.ones(2, 40, dtype=torch.float64), start, iterations=20)
    assert solution.log_evidence.argmax() == 1


def test_rectifier_gradient_equals_finite_differences():
    rng = np.random.RandomState(0)
    x = torch.from_numpy(np.column_stack([rng.standard_normal((9, 2)), np.ones(9)])).repeat(2, 1, 1)
    y = torch.from_numpy(rng.standard_normal((9, 1)))
    share = torch.from_numpy(rng.uniform(0, 1, (2, 9, 1)))
    weights = ReluWeights.glorot(2, 2, 3, rng)
    gradient = ReluWeights.zeros(2, 2, 3)
    _gradient(x, y, share, weights, gradient)

    def loss(flat):
        moved = ReluWeights.zeros(2, 2, 3)
        moved.flat.copy_(flat)
        net = torch.relu(x @ moved.hidden) @ moved.output + moved.bias
        return (share / 2 * (net - y) ** 2).sum()

    step = 1e-6
    for index in range(len(weights.flat)):
        shift = torch.zeros_like(weights.flat)
        shift[index] = step
        numeric = (loss(weights.flat + shift) - loss(weights.flat - shift)) / (2 * step)
        assert gradient.flat[index] == pytest.approx(float(numeric), abs=1e-7)


def test_adam_equals_torch():
    rng = np.random.RandomState(0)
    inputs, targets = rng.standard_normal((20, 2)), rng.standard_normal(20)
    ours = ReluWeights.glorot(1, 2, 3, rng)
    flat = [part.clone().requires_grad_() for part in (ours.hidden, ours.output, ours.bias)]
    adam = torch.optim.Adam(flat, lr=0.01, eps=1e-30)
    x = torch.from_numpy(np.column_stack([inputs, np.ones(20)]))
    for _ in range(50):
        adam.zero_grad()
        net = torch.relu(x @ flat[0]) @ flat[1] + flat[2]
        ((net[..., 0] - torch.from_numpy(targets)) ** 2).mean().backward()
        adam.step()
    train(inputs, targets, np.ones((1, 20)), ours, steps=50, learning_rate=0.01)
    torch.testing.assert_close(ours.hidden, flat[0].detach(), atol=1e-5, rtol=1e-4)
