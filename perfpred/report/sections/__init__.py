"""The sections of a report page: a file each, registered in `SECTIONS` in the order in which they stand."""

from perfpred.report.sections import accuracy, choices, curves, running, schedules, spaces
from perfpred.report.sections.base import Section, Sources

SECTIONS = (
    running.section,
    accuracy.section,
    choices.section,
    curves.section,
    spaces.section,
    schedules.section,
)
"""Each takes the `Sources` and returns a `Section`, or None where it has nothing to show."""

__all__ = ["SECTIONS", "Section", "Sources"]
