"""What a file is imported for and how, and what becomes of it: `Names`, `ImportOptions`, `Imported`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfpred.exchange.estimates import DEFAULT
from perfpred.exchange.results import Rejection
from perfpred.exchange.units import TimeUnit
from perfpred.profile import Profile
from perfpred.profile.cells import Value


@dataclass(frozen=True)
class Names:
    """What an imported profile is for; None where the file shall say it."""

    kernel: str | None = None
    variant: str | None = None
    hardware: str | None = None


@dataclass(frozen=True)
class ImportOptions:
    """How a results file is to be read.

    Attributes
    ----------
    estimate : str
        What the time of a row is made of where the file has its repeats: ``median``, ``min``, ``mean``, or
        ``recorded`` for the time as it is.
    constants : mapping of str to number or text
        Parameters that all rows share and the file does not state, such as the problem size.
    """

    estimate: str = DEFAULT
    constants: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Imported:
    """A profile made of a results file.

    Attributes
    ----------
    profile : Profile
    format : str
    unit : TimeUnit
        Of the times in the file.
    rejected : list of Rejection
        Entries that became no row; in the metadata under ``rejected`` too.
    outside : list of Rejection
        Rows that are no legal configuration of the space, kept nevertheless; under ``outside_space``.
    remarks : list of str
        What is odd about the file as a whole.
    """

    profile: Profile
    format: str
    unit: TimeUnit
    rejected: list[Rejection]
    outside: list[Rejection]
    remarks: list[str]
