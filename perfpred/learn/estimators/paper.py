"""The net of arXiv 2003.07497: what every other model is compared with."""

from __future__ import annotations

from dataclasses import replace
from sys import float_info
from typing import Any

import numpy as np

from perfpred.errors import InputError
from perfpred.learn.estimators.base import Masks, TimeRegressor
from perfpred.learn.fitting.adam import ReluWeights, train
from perfpred.learn.fitting.inputs import Expressions, fitted_inputs, positive_complexities
from perfpred.learn.fitting.threads import one_thread
from perfpred.learn.rows.encoded import Rows
from perfpred.predict.design import design_matrix
from perfpred.predict.formula import ReluNet


class PaperNetRegressor(TimeRegressor):
    """One hidden layer of rectifiers from parameters and complexity to raw seconds.

    Inputs are the parameters and the first complexity, standardised on the training rows. The loss is the
    mean squared error of standardised times, which is that of raw seconds up to a constant factor; the
    optimiser is full-batch Adam. A prediction below the shortest training time is raised to it, which
    is generous: the net by itself predicts negative times as well.

    Parameters
    ----------
    complexity : mapping of str to str, optional
        Named expressions over the columns; the first is used. Without any, the net has to find the
        product of its inputs by itself.
    max_parameters : int
        The hidden layer is the widest that stays within this number of weights and biases.
    steps : int
        Optimiser steps.
    learning_rate : float
        Of the optimiser.
    random_state : int, RandomState or None
        Initial weights, and folds.

    References
    ----------
    arXiv 2003.07497.
    """

    def __init__(
        self,
        complexity: Expressions = None,
        max_parameters: int = 75,
        steps: int = 10_000,
        learning_rate: float = 0.01,
        random_state: Any = 0,
    ) -> None:
        self.complexity = complexity
        self.max_parameters = max_parameters
        self.steps = steps
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _formulas(self, rows: Rows, masks: Masks, rng: np.random.RandomState) -> list[ReluNet]:
        first = positive_complexities(self.complexity, rows)[:1]
        # The paper clips nothing, so neither does its net here.
        inputs = tuple(
            replace(each, low=-float_info.max, high=float_info.max)
            for each in fitted_inputs((*rows.columns, *first), rows)
        )
        start = ReluWeights.glorot(len(masks), len(inputs), self._n_hidden(len(inputs)), rng)
        mean, scale = rows.time_s.mean(), rows.time_s.std() or 1.0
        with one_thread():
            trained = train(
                design_matrix(inputs, rows.columns),
                (rows.time_s - mean) / scale,
                masks.astype(np.float64),
                start,
                steps=self.steps,
                learning_rate=self.learning_rate,
            )
        hidden, output = trained.hidden.numpy(), trained.output.numpy()[..., 0] * scale
        bias = trained.bias.numpy()[:, 0, 0] * scale + mean
        return [
            ReluNet(inputs, hidden[net, :-1].T, hidden[net, -1], output[net], float(bias[net]), low)
            for net, low in enumerate(rows.time_s[mask].min() for mask in masks)
        ]

    def _n_hidden(self, n_inputs: int) -> int:
        n_hidden = (self.max_parameters - 1) // (n_inputs + 2)
        if n_hidden < 1:
            raise InputError(
                f"max_parameters >= {n_inputs + 3} must hold for {n_inputs} inputs, "
                f"but got max_parameters={self.max_parameters}"
            )
        return n_hidden
