"""Contracts of kernels, variants, strategies, spaces, models and formats, for those who bring their own.

Each ``check_...`` takes one thing and raises `ContractError` naming the rules that it breaks; nothing of a
test framework is needed. The ``..._RULES`` in the files of this folder are the same rules one by one, for a
test each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfpred.lazy_names import lazy_names

if TYPE_CHECKING:
    from perfpred.testing.contract import ContractError, Rule
    from perfpred.testing.documents import check_document
    from perfpred.testing.formats import check_format
    from perfpred.testing.models import check_model
    from perfpred.testing.spaces import check_space
    from perfpred.testing.strategies import check_strategy
    from perfpred.testing.variants import check_kernel, check_variant

__getattr__ = lazy_names(
    __name__,
    {
        "ContractError": "perfpred.testing.contract",
        "Rule": "perfpred.testing.contract",
        "check_document": "perfpred.testing.documents",
        "check_format": "perfpred.testing.formats",
        "check_kernel": "perfpred.testing.variants",
        "check_model": "perfpred.testing.models",
        "check_space": "perfpred.testing.spaces",
        "check_strategy": "perfpred.testing.strategies",
        "check_variant": "perfpred.testing.variants",
    },
)

__all__ = [
    "ContractError",
    "Rule",
    "check_document",
    "check_format",
    "check_kernel",
    "check_model",
    "check_space",
    "check_strategy",
    "check_variant",
]
