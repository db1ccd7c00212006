"""What the page shows for what a form asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfpred.errors import InputError
from perfpred.predict.bank import Bank
from perfpred.predict.predictor import Predictor
from perfpred.predict.selection import Choice, Selection
from perfpred.profile.time_units import amount_text

ANY = ""
"""The choice of no hardware: all are ranked."""
_BAR = 100.0
"""Width of the bars of intervals, in units of their drawing."""


@dataclass(frozen=True)
class Field:
    """An input of the form: a number with the range of training, or a choice among `levels`.

    Attributes
    ----------
    name, value : str
    low, high : float
        What training saw.
    levels : tuple of str
        The values of a category; empty for a number.
    """

    name: str
    value: str
    low: float = 0.0
    high: float = 0.0
    levels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A row of the ranking, as text, and its interval as a bar from `start` of `width` with a mark at `at`.

    Attributes
    ----------
    variant, hardware, value, interval, note : str
    start, width, at : float
    """

    variant: str
    hardware: str
    value: str
    interval: str
    note: str
    start: float
    width: float
    at: float


@dataclass(frozen=True)
class View:
    """The page.

    Attributes
    ----------
    kernels, hardware : tuple of str
        What there is to choose from; `hardware` is of the chosen kernel.
    kernel, chosen : str
        The kernel and the hardware that are asked about.
    fields : tuple of Field
    entries : tuple of Entry
        Best first.
    reason, problem : str
        Why the first is best, or why there is no answer; each empty where there is none.
    has_map : bool
        Whether there are variants to choose from on the chosen hardware.
    noun : str
        What is predicted.
    """

    kernels: tuple[str, ...]
    kernel: str
    hardware: tuple[str, ...]
    chosen: str
    fields: tuple[Field, ...]
    entries: tuple[Entry, ...] = ()
    reason: str = ""
    problem: str = ""
    has_map: bool = False
    noun: str = "time"


def view(bank: Bank, asked: Mapping[str, str]) -> View:
    """Return the page for the values of a form.

    Parameters
    ----------
    bank : Bank
    asked : mapping of str to str
        ``kernel``, ``hardware``, and a ``p.NAME`` per parameter.

    Raises
    ------
    UnknownNameError
        If there is no such kernel or hardware.
    """
    kernels = tuple(dict.fromkeys(each.kernel for each in bank.combinations))
    kernel = asked.get("kernel") or kernels[0]
    places = tuple(dict.fromkeys(each.combination.hardware for each in bank.find(kernel)))
    chosen = asked.get("hardware", places[0])
    models = bank.find(kernel, hardware=chosen or None)
    fields = _fields(models, asked)
    values = {each.name: each.value for each in fields if each.value != ""}
    found = View(kernels, kernel, places, chosen, fields, has_map=chosen != ANY and len(models) > 1)
    try:
        selection = bank.select(kernel, values, hardware=chosen or None)
    except InputError as error:
        return View(**{**vars(found), "problem": str(error)})
    answered = {"entries": _entries(selection), "reason": selection.reason}
    return View(**{**vars(found), **answered, "noun": selection.best.predicts.noun})


def _fields(models: tuple[Predictor, ...], asked: Mapping[str, str]) -> tuple[Field, ...]:
    """Return the parameters of all models, each with the value asked for, or one from its middle."""
    found: dict[str, Field] = {}
    for model in models:
        for name in model.parameters:
            levels = model.encoding.categories.get(name, ())
            span = model.ranges.get(name)
            low, high = (0.0, 0.0) if span is None else (span.low, span.high)
            usual = levels[0] if levels else _number(_middle(low, high))
            value = asked.get(f"p.{name}", usual).strip()
            before = found.get(name)
            if before is not None:
                low, high = min(low, before.low), max(high, before.high)
                levels = tuple(dict.fromkeys((*before.levels, *levels)))
                value = before.value
            found[name] = Field(name, value, low, high, tuple(levels))
    return tuple(found.values())


def _middle(low: float, high: float) -> float:
    middle = (low + high) / 2  # rows are drawn evenly: there training saw the most
    return round(middle) if float(low).is_integer() and float(high).is_integer() else middle


def _number(value: float) -> str:
    return f"{value:.6g}"


def _entries(selection: Selection) -> tuple[Entry, ...]:
    top = max(each.high for each in selection.ranking)
    tied = {*selection.ties, selection.best} if selection.ties else set()
    return tuple(_entry(each, top, each in tied) for each in selection.ranking)


def _entry(choice: Choice, top: float, is_tied: bool) -> Entry:
    low, at, high = (max(0.0, _BAR * each / top) for each in (choice.low, choice.value, choice.high))
    notes = [*(["tie"] if is_tied else []), *([] if choice.in_range else ["out of range: a guess"])]
    low_text, high_text = (amount_text(each, choice.unit) for each in (choice.low, choice.high))
    return Entry(
        choice.variant,
        choice.hardware,
        amount_text(choice.value, choice.unit),
        f"{low_text} to {high_text}",
        ", ".join(notes),
        low,
        max(high - low, 0.5),
        at,
    )
