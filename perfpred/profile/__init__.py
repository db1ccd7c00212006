"""Measurements: a validated table, a row a measurement, with its file format and its splits."""

from perfpred.combination import Combination
from perfpred.profile.merge import concat
from perfpred.profile.reader import read_profile
from perfpred.profile.rules import KEYS, STATUSES
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
