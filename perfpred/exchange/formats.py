"""The formats that can be read, told apart by what a file holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from perfpred.errors import InputError
from perfpred.exchange import kernel_tuner, t4
from perfpred.exchange.document import Document
from perfpred.exchange.results import Results


@dataclass(frozen=True)
class Format:
    """A format of results files.

    Attributes
    ----------
    name : str
    refusal : callable
        Content to why it is not of this format, or None.
    read : callable
        A document of this format to `Results`.
    default_unit : str
        Of times, where a file states none.
    """

    name: str
    refusal: Callable[[Any], str | None]
    read: Callable[[Document], Results]
    default_unit: str


FORMATS: Mapping[str, Format] = {
    module.NAME: Format(module.NAME, module.refusal, module.read, module.DEFAULT_UNIT)
    for module in (t4, kernel_tuner)
}


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
        reasons.append(f"  not a {each.name}: {reason}")
    raise InputError("\n".join([f"{document.path}: this is a file of no known format", *reasons]))
