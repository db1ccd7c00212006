"""The contract of a file format: it knows its own files, refuses others in a sentence, and reads rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfpred.exchange.document import Document, read_document
from perfpred.exchange.formats import FORMATS, Format
from perfpred.exchange.results import Results
from perfpred.exchange.t1 import StatedSpace
from perfpred.exchange.units import unit_named
from perfpred.testing.contract import Rule, check_all, require

STRANGERS: tuple[Any, ...] = ({}, [], "text", 3, None, True, [1, 2], {"results": 1}, {"a": {"b": []}})
"""JSON that is of no format."""


@dataclass(frozen=True)
class FormatOf:
    """A format with a file of it."""

    format: Format
    document: Document


def check_format(format: Format, file: str | Path) -> None:
    """Check that a format reads an example and leaves the files of others alone.

    Parameters
    ----------
    format : Format
    file : path
        An example: a file of the format with at least one result, or a space.

    Raises
    ------
    ContractError
        Naming the rules that it breaks.
    InputError
        If the example cannot be read, or is not JSON.
    """
    subject = FormatOf(format, read_document(Path(file)))
    check_all(f"the format '{format.name}'", FORMAT_RULES, subject)


def _knows_its_own(subject: FormatOf) -> None:
    refusal = subject.format.refusal(subject.document.content)
    require(refusal is None, f"it refuses its example: {refusal}")


def _refuses_strangers(subject: FormatOf) -> None:
    for content in STRANGERS:
        refusal = subject.format.refusal(content)
        require(isinstance(refusal, str) and bool(refusal), f"{content!r} is not refused with a sentence")


def _is_told_apart(subject: FormatOf) -> None:
    for other in FORMATS.values():
        if other.name == subject.format.name:
            continue
        refusal = other.refusal(subject.document.content)
        require(refusal is not None, f"its example is also taken for one of {other.name}")


def _reads_its_own(subject: FormatOf) -> None:
    found = subject.format.read(subject.document)
    if isinstance(found, StatedSpace):
        require(bool(found.space.parameters), "the space that was read has no parameter")
        return
    require(isinstance(found, Results), f"read must return Results or StatedSpace, but got {type(found)}")
    require(found.format == subject.format.name, f"the results say that they are of '{found.format}'")
    require(bool(found.results), "no result was read of the example")
    places = [each.place for each in found.results]
    require(all(places), "a result does not say where it stands")
    require(len(set(places)) == len(places), "two results say that they stand in one place")


def _names_a_unit(subject: FormatOf) -> None:
    if subject.format.default_unit:
        unit_named(subject.format.default_unit)


FORMAT_RULES = (
    Rule("it knows its own files", _knows_its_own),
    Rule("it refuses what is not of it, in a sentence", _refuses_strangers),
    Rule("no other format takes its files", _is_told_apart),
    Rule("it reads its own files", _reads_its_own),
    Rule("its default unit is one of time", _names_a_unit),
)
