"""What one predictor answers to rows of text: values where it can, and for each other row the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError, UnknownNameError, shortened
from perfpred.predict.checks import Floats
from perfpred.predict.prediction import Answers
from perfpred.predict.quantity import TIME, InUnit, Quantity
from perfpred.predict.range_check import FAMILIAR, KnownDistances
from perfpred.predict.reading import Reader, explained

Texts: TypeAlias = Mapping[str, NDArray[Any]]
"""Cells per column, of shape (n,): texts without the spaces around them, where a blank one is a value not
given, or numbers, where NaN is."""

MAX_PROBLEMS = 100
"""Rows that a model refuses are looked for one by one, until there are so many."""
_MAX_COMPARED = 200
"""Unknown values of a category for which the nearest known one is looked for."""


@dataclass(eq=False)
class RowAnswers(InUnit[Floats]):
    """Answers to n rows, NaN where there is none.

    `unanswered` says why this predictor has no answer though another may have one, and `refused` what is
    wrong with a row, by its position.

    Attributes
    ----------
    value : ndarray of float64
        Shape (n,); NaN where there is no answer.
    low : ndarray of float64
        Lower ends of the 90% intervals, shape (n,).
    high : ndarray of float64
        Upper ends of the 90% intervals, shape (n,).
    in_range : ndarray of bool
        Whether rows lie within what training saw, shape (n,).
    predicts : Quantity
        What is predicted, and its unit.
    unanswered : dict of int to str
        Why this predictor has no answer though another may have one, by row.
    refused : dict of int to str
        What is wrong with a row, by its position.
    """

    value: Floats
    low: Floats
    high: Floats
    in_range: NDArray[np.bool_]
    predicts: Quantity = TIME
    unanswered: dict[int, str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)

    @classmethod
    def empty(cls, rows: int, predicts: Quantity = TIME) -> RowAnswers:
        """Return answers to no row yet."""
        value, low, high = np.full((3, rows), np.nan)
        return cls(value, low, high, np.zeros(rows, dtype=bool), predicts)

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Which rows have an answer, shape (n,)."""
        return ~np.isnan(self.value)


def answer_rows(reader: Reader, texts: Texts, known: KnownDistances | None = None) -> RowAnswers:
    """Return the answers of a predictor to rows of cells; columns that are no parameters are ignored.

    Parameters
    ----------
    reader : Reader
    texts : Texts
    known : KnownDistances, optional
        Of other predictors that are asked about the same rows.
    """
    rows = len(next(iter(texts.values())))
    found = RowAnswers.empty(rows, reader.predictor.predicts)
    columns = _columns(reader, texts, found, rows)
    if columns is None:
        return found
    good = np.ones(rows, dtype=bool)
    good[[*found.unanswered, *found.refused]] = False
    for rule in reader.rules:
        for row in np.flatnonzero(good & ~rule.holds(columns)):
            found.refused[int(row)] = rule.message({n: v[row] for n, v in columns.items()})
            good[row] = False
    _answer(partial(_answers, reader, columns, known), np.flatnonzero(good), found)
    return found


def reasons(reader: Reader, texts: Texts, answers: RowAnswers) -> list[str]:
    """Return what `predict` says of each row of text: most are familiar, and only others are asked again."""
    predictor = reader.predictor
    told = ~answers.in_range
    parameters = {column: label for column, label in predictor.encoding.labels.items() if label in texts}
    given = {name: _given(texts[name]) for name in predictor.parameters if name in texts}
    for column, levels in predictor.familiar.levels.items():
        if column in parameters:
            told |= ~np.isin(_floats(texts[parameters[column]])[0], levels)
    said = [FAMILIAR] * len(told)
    for row in np.flatnonzero(told & answers.answered):
        query = {n: str(texts[n][row]) for n, is_given in given.items() if is_given[row]}
        said[row] = reader.predict(query).reason
    return said


def _columns(reader: Reader, texts: Texts, found: RowAnswers, rows: int) -> dict[str, Any] | None:
    """Return the columns that a predictor reads; what is wrong in them is noted in `found`."""
    predictor = reader.predictor
    missing = [n for n in predictor.parameters if n not in texts and n not in reader.constants]
    if missing:
        why = f"a value of {', '.join(missing)} is missing"
        found.unanswered.update(dict.fromkeys(range(rows), why))
        return None
    columns: dict[str, Any] = {}
    for name in predictor.parameters:
        cells = texts.get(name)
        given = np.zeros(rows, dtype=bool) if cells is None else _given(cells)
        if name not in reader.constants:
            for row in np.flatnonzero(~given):
                found.unanswered.setdefault(int(row), f"a value of {name} is missing")
        if name in predictor.encoding.categories:
            columns[name] = _levels(reader, name, cells, given, found)
        else:
            columns[name] = _sizes(reader, name, cells, given, found)
    return columns


def _sizes(
    reader: Reader, name: str, cells: Any, given: NDArray[np.bool_], found: RowAnswers
) -> NDArray[np.float64]:
    """Return numbers, 1 where there is none, or a constant."""
    seen = reader.predictor.ranges[name]
    values = np.full(len(given), float(reader.constants.get(name, 1.0)))
    if cells is None:
        return values
    values[given], bad = _floats(cells[given])
    places = np.flatnonzero(given)
    for row in places[bad]:
        found.refused.setdefault(int(row), f"{name} must be a number, but got '{_cell(cells, row)}'")
    values[places[bad]] = 1.0
    finite = np.isfinite(values)
    for row in np.flatnonzero(~finite):
        found.refused.setdefault(int(row), f"{name} must be finite, but got '{_cell(cells, row)}'")
    values[~finite] = 1.0
    if seen.low >= 0:
        for row in np.flatnonzero(values < 0):
            found.refused.setdefault(int(row), f"{name} must be >= 0, but got {_cell(cells, row)}")
    return values


def _levels(
    reader: Reader, name: str, cells: Any, given: NDArray[np.bool_], found: RowAnswers
) -> NDArray[Any]:
    """Return texts that training saw, the first of them where it did not see the cell's, or a constant."""
    known = reader.predictor.encoding.categories[name]
    values = np.full(len(given), reader.constants.get(name, known[0]), dtype=object)
    if cells is None:
        return values
    values[given] = cells[given]
    unseen = np.flatnonzero(
        given & ~np.isin(np.asarray(cells), np.asarray(known, dtype=np.dtypes.StringDType()))
    )
    whys: dict[str, str] = {}
    for row in unseen:
        text = str(values[row])
        if text not in whys:
            near = known if len(whys) < _MAX_COMPARED else ()
            whys[text] = str(UnknownNameError(f"value of {name}", text, near or known[:1]))
        found.unanswered.setdefault(int(row), whys[text])
    values[unseen] = known[0]
    return values


def _answers(
    reader: Reader, columns: Mapping[str, Any], known: KnownDistances | None, rows: NDArray[np.intp]
) -> Answers:
    part = {name: values[rows] for name, values in columns.items()}
    found: Answers = explained(reader.predictor, lambda: reader.predictor.answers(part, known))
    return found


def _answer(ask: Callable[[NDArray[np.intp]], Answers], rows: NDArray[np.intp], found: RowAnswers) -> None:
    """Answer rows together; where one of them is refused, look for it by halves."""
    if not len(rows) or len(found.refused) >= MAX_PROBLEMS:
        return
    try:
        answers = ask(rows)
    except InputError as error:
        if len(rows) == 1:
            found.refused[int(rows[0])] = str(error)
            return
        middle = len(rows) // 2
        _answer(ask, rows[:middle], found)
        _answer(ask, rows[middle:], found)
        return
    found.value[rows], found.in_range[rows] = answers.value, answers.in_range
    found.low[rows], found.high[rows] = answers.low, answers.high


def _floats(cells: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return cells as numbers, NaN where they are none, and the places of these."""
    try:
        return cells.astype(np.float64), np.zeros(0, dtype=np.intp)
    except ValueError:
        pass
    values, bad = np.full(len(cells), np.nan), []
    for place, cell in enumerate(cells.tolist()):
        try:
            values[place] = float(cell)
        except ValueError:
            bad.append(place)
    return values, np.array(bad, dtype=np.intp)


def _given(cells: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which cells hold a value, shape (n,)."""
    return ~np.isnan(cells) if cells.dtype.kind in "iuf" else np.asarray(cells != "")


def _cell(cells: NDArray[Any], row: Any) -> str:
    return shortened(str(cells[row]))
