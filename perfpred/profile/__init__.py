"""Measurements: a validated table, one row per measurement, with its file format and its splits.

Names are loaded on first use: the text of a CSV file is read without pandas.
"""

from typing import TYPE_CHECKING

from perfpred.lazy_names import lazy_names

if TYPE_CHECKING:
    from perfpred.combination import KEYS, Combination
    from perfpred.profile.merge import concat
    from perfpred.profile.reader import read_profile
    from perfpred.profile.rules import STATUSES
    from perfpred.profile.splits import hardware_split, random_split, range_split
    from perfpred.profile.table import Profile
    from perfpred.profile.writer import write_profile

__all__ = [
    "KEYS",
    "STATUSES",
    "Combination",
    "Profile",
    "concat",
    "hardware_split",
    "random_split",
    "range_split",
    "read_profile",
    "write_profile",
]

__getattr__ = lazy_names(
    "perfpred.profile",
    {
        "KEYS": "perfpred.profile.rules",
        "STATUSES": "perfpred.profile.rules",
        "Combination": "perfpred.combination",
        "Profile": "perfpred.profile.table",
        "concat": "perfpred.profile.merge",
        "hardware_split": "perfpred.profile.splits",
        "random_split": "perfpred.profile.splits",
        "range_split": "perfpred.profile.splits",
        "read_profile": "perfpred.profile.reader",
        "write_profile": "perfpred.profile.writer",
    },
)
