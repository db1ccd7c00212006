"""Searching: spaces of candidates, what they are worth, and strategies that try few of them."""

from perfpred.search.anchored import AnchoredObjective
from perfpred.search.candidates import Box, Crossover, Space
from perfpred.search.objective import Measured, Objective, Predicted, Recorded
from perfpred.search.outcome import Outcome
from perfpred.search.run import Search, SearchLog, search
from perfpred.search.strategies import STRATEGIES, ModelSearch, Strategy, strategy
from perfpred.search.surrogate import Posterior, Surrogate
from perfpred.search.trace import Evaluation, Trace
from perfpred.search.trace_lines import EntryLog, LineLog, line_of, lines_of, logged_trace, trace_of

__all__ = [
    "STRATEGIES",
    "AnchoredObjective",
    "Box",
    "Crossover",
    "EntryLog",
    "Evaluation",
    "LineLog",
    "Measured",
    "ModelSearch",
    "Objective",
    "Outcome",
    "Posterior",
    "Predicted",
    "Recorded",
    "Search",
    "SearchLog",
    "Space",
    "Strategy",
    "Surrogate",
    "Trace",
    "line_of",
    "lines_of",
    "logged_trace",
    "search",
    "strategy",
    "trace_of",
]
