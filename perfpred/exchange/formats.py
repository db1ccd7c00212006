"""The formats that can be read, told apart by what a file holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from perfpred.errors import InputError
from perfpred.exchange import (
    google_benchmark,
    hyperfine,
    kernel_tuner,
    pytest_benchmark,
    space_json,
    t1,
    t4,
)
from perfpred.exchange.document import Document
from perfpred.exchange.results import Results
from perfpred.exchange.t1 import StatedSpace
from perfpred.registry import Registry


@dataclass(frozen=True)
class Format:
    """A format of files that hold results or a tuning space.

    Attributes
    ----------
    name : str
    refusal : callable
        Content to why it is not of this format, or None.
    read : callable
        A document of this format to what it holds.
    default_unit : str
        Of times, where a file states none; empty for a format without times.
    one_unit : bool
        Whether files of the format never have times in another unit.
    """

    name: str
    refusal: Callable[[Any], str | None]
    read: Callable[[Document], Results | StatedSpace]
    default_unit: str
    one_unit: bool = False


FORMATS: Registry[Format] = Registry(
    "format",
    (
        Format(t4.NAME, t4.refusal, t4.read, t4.DEFAULT_UNIT),
        Format(kernel_tuner.NAME, kernel_tuner.refusal, kernel_tuner.read, kernel_tuner.DEFAULT_UNIT),
        Format(hyperfine.NAME, hyperfine.refusal, hyperfine.read, "s", one_unit=True),
        Format(google_benchmark.NAME, google_benchmark.refusal, google_benchmark.read, "ns"),
        Format(pytest_benchmark.NAME, pytest_benchmark.refusal, pytest_benchmark.read, "s", one_unit=True),
        Format(t1.NAME, t1.refusal, t1.read, ""),
        Format(space_json.NAME, space_json.refusal, space_json.read, ""),
    ),
    group="perfpred.formats",
)


def recognise(document: Document) -> Format:
    """Return the format of a document.

    Raises
    ------
    InputError
        If it is of none; the message says why each refuses it.
    """
    reasons = []
    for each in FORMATS.values():
        reason = each.refusal(document.content)
        if reason is None:
            return each
        reasons.append(f"  not {each.name}: {reason}")
    known = ", ".join(FORMATS)
    raise InputError(
        "\n".join([f"{document.path}: this is a file of no known format; known: {known}", *reasons])
    )
