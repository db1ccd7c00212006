"""Tuning data in the formats of other tools, to and from profiles and spaces."""

from perfpred.exchange.imported import Imported, ImportOptions, Names
from perfpred.exchange.importing import import_file, read_space
from perfpred.exchange.space import TuningSpace
from perfpred.exchange.space_json import write_space
from perfpred.exchange.t1 import StatedSpace
from perfpred.exchange.to_t4 import write_t4
from perfpred.lazy_names import lazy_names

__all__ = [
    "ImportOptions",
    "Imported",
    "Names",
    "StatedSpace",
    "TuningSpace",
    "import_file",
    "read_space",
    "write_space",
    "write_t4",
]

__getattr__ = lazy_names(__name__, {}, {"Wishes": "ImportOptions"})
