"""Contracts of kernels, variants, strategies, spaces, models and formats, for those who bring their own.

Each ``check_...`` takes one thing and raises `ContractError` naming the rules that it breaks; nothing of a
test framework is needed. The ``..._RULES`` are the same rules one by one, for one test each.
"""

from __future__ import annotations

from perfpred.testing.contract import ContractError, Rule
from perfpred.testing.documents import check_document

__all__ = ["ContractError", "Rule", "check_document"]
