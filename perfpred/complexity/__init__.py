"""Complexity expressions: a kernel's work as arithmetic over its parameters, such as ``m*n*k``.

The language is small on purpose. Every feature of a model is such an expression, and the same tree is
evaluated in training, evaluated in serving and printed as C, so it holds nothing that one of the three
could not do: numbers, column names, ``+ - * / // % **``, comparisons, and a few functions.
`Condition` also has ``and``, ``or``, ``not`` and ``in``, read into the same trees.
Values are double precision throughout; ``//`` and ``%`` round towards minus infinity, as in Python.
"""

from perfpred.complexity.condition import Condition
from perfpred.complexity.expression import Columns, Complexity, complexities
from perfpred.complexity.parser import MAX_DEPTH, MAX_LENGTH
from perfpred.complexity.tree import Binary, Call, Compare, Name, Node, Number, Unary

__all__ = [
    "MAX_DEPTH",
    "MAX_LENGTH",
    "Binary",
    "Call",
    "Columns",
    "Compare",
    "Complexity",
    "Condition",
    "Name",
    "Node",
    "Number",
    "Unary",
    "complexities",
]
