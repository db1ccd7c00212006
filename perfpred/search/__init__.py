"""Searching: spaces of candidates, what they are worth, and strategies that try few of them."""

from perfpred.search.candidates import Space
from perfpred.search.objective import Measured, Objective, Outcome, Predicted, Recorded
from perfpred.search.run import search
from perfpred.search.strategies import STRATEGIES, ModelSearch, Strategy, strategy
from perfpred.search.surrogate import Posterior, Surrogate
from perfpred.search.trace import Evaluation, Trace

__all__ = [
    "STRATEGIES",
    "Evaluation",
    "Measured",
    "ModelSearch",
    "Objective",
    "Outcome",
    "Posterior",
    "Predicted",
    "Recorded",
    "Space",
    "Strategy",
    "Surrogate",
    "Trace",
    "search",
    "strategy",
]
