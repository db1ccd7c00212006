"""Tuning data in the formats of other tools, to and from profiles."""

from perfpred.exchange.importing import Imported, Names, import_results

__all__ = ["Imported", "Names", "import_results"]
