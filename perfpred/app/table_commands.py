"""``perfpred predict --table`` and ``perfpred select --table``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from perfpred.app.console import notice, print_json
from perfpred.app.machine import check_machine
from perfpred.app.query_table import (
    QueryTable,
    number_cells,
    quoted,
    read_table,
    require_columns,
    truth_cells,
    write_table,
)
from perfpred.errors import InputError
from perfpred.predict.bank import Bank
from perfpred.predict.prediction import Prediction
from perfpred.predict.selection import common_quantity
from perfpred.predict.table_rows import RowAnswers, answer_rows, reasons
from perfpred.predict.table_select import select_rows
from perfpred.schemas.prediction import MachineSelectionDocument, PredictionDocument, ValueDocument

MORE = ("in_range", "reason")
"""Columns of answers behind the value and its interval."""


@dataclass(frozen=True)
class TableRequest:
    """What is asked of a table: see the options of the commands.

    Attributes
    ----------
    kernel : str
    path : Path
        The table.
    given : mapping of str to str
        Values that hold for all rows.
    variant, hardware : str, optional
    default : str, optional
        A variant to stay with.
    top : int, optional
        The length of a ranking.
    """

    kernel: str
    path: Path
    given: Mapping[str, str]
    variant: str | None = None
    hardware: str | None = None
    default: str | None = None
    top: int | None = None


def predict_table(bank: Bank, asked: TableRequest, out: Path | None, as_json: bool) -> None:
    """Predict every row of a table; columns ``variant`` and ``hardware`` may choose the model of a row.

    Parameters
    ----------
    bank : Bank
    asked : TableRequest
    out : Path, optional
        Where the answers go; standard output if None.
    as_json : bool
    """
    found = bank.find(asked.kernel, asked.variant, asked.hardware)
    predicts = common_quantity(found)
    table = read_table(asked.path, asked.kernel, asked.given, (*predicts.columns, *MORE))
    require_columns(table, asked.given, {name for each in found for name in each.parameters}, asked.kernel)
    answers, said = RowAnswers.empty(len(table), predicts), [""] * len(table)
    refused: dict[int, str] = {}
    groups = _groups(table, asked, refused)
    used = set()
    for (variant, hardware), rows in groups.items():
        try:
            reader = bank.reader(asked.kernel, variant or None, hardware or None)
        except InputError as error:
            if len(groups) == 1 and not refused and len(rows) == len(table):
                raise
            refused.update(dict.fromkeys(rows.tolist(), str(error)))
            continue
        used.add(reader.predictor.combination.hardware)
        for part in np.array_split(rows, max(1, len(rows) // 100_000)):
            texts = {name: cells[part] for name, cells in table.texts.items()}
            each = answer_rows(reader, texts)
            refused.update({int(part[row]): text for row, text in (each.unanswered | each.refused).items()})
            if refused:
                continue  # all rows are looked at, but none will be written
            for row, text in zip(part.tolist(), reasons(reader, texts, each), strict=True):
                said[row] = text
            _put(answers, part, each)
    table.refuse(refused)
    here = check_machine(
        asked.kernel, sorted(used), chosen=asked.hardware is not None or "hardware" in table.texts
    )
    if as_json:
        print_json(_predictions(answers, said, here))
    if out is not None or not as_json:
        write_table(table, {**_cells(answers), "reason": map(quoted, said)}, out)
    _tell(table, answers, out)


def select_table(bank: Bank, asked: TableRequest, out: Path | None, as_json: bool) -> None:
    """Choose for every row of a table; a column ``hardware`` may narrow the choice of a row.

    Parameters
    ----------
    bank : Bank
    asked : TableRequest
    out : Path, optional
        Where the answers go; standard output if None.
    as_json : bool

    Raises
    ------
    InputError
        If a ranking is asked for without JSON, and as `predict_table`.
    """
    if asked.top is not None and not as_json:
        raise InputError("--top with --table needs --json: a row of the file holds one choice")
    found = bank.find(asked.kernel, hardware=asked.hardware)
    predicts = common_quantity(found)
    table = read_table(asked.path, asked.kernel, asked.given, ("variant", *predicts.columns, *MORE))
    per_row = "hardware" in table.texts
    require_columns(table, asked.given, {name for each in found for name in each.parameters}, asked.kernel)
    refused: dict[int, str] = {}
    answers, labels = RowAnswers.empty(len(table), predicts), np.empty((len(table), 3), dtype=object)
    used = set()
    for (_, hardware), rows in _groups(table, asked, refused).items():
        try:
            readers = bank.readers(asked.kernel, hardware or None)
        except InputError as error:
            refused.update(dict.fromkeys(rows.tolist(), str(error)))
            continue
        used |= {reader.predictor.combination.hardware for reader in readers}
        keys = [reader.predictor.combination for reader in readers]
        for part in np.array_split(rows, max(1, len(rows) // 100_000)):
            each = select_rows(readers, {n: c[part] for n, c in table.texts.items()}, asked.default)
            refused.update({int(part[row]): text for row, text in each.refused.items()})
            _put(answers, part, each.answers)
            labels[part, 0] = np.array([key.variant for key in keys], dtype=object)[each.chosen]
            labels[part, 1] = np.array([key.hardware for key in keys], dtype=object)[each.chosen]
            labels[part, 2] = each.reasons
    table.refuse(refused)
    here = check_machine(asked.kernel, sorted(used), chosen=asked.hardware is not None or per_row)
    if as_json:
        print_json(_selections(bank, table, asked, here))
    if out is not None or not as_json:
        names = {"variant": labels[:, 0], **({} if per_row else {"hardware": labels[:, 1]})}
        cells = {name: map(quoted, texts.tolist()) for name, texts in names.items()}
        write_table(table, {**cells, **_cells(answers), "reason": map(quoted, labels[:, 2].tolist())}, out)
    _tell(table, answers, out)


def _selections(
    bank: Bank, table: QueryTable, asked: TableRequest, here: bool | None
) -> list[MachineSelectionDocument]:
    names = sorted({n for each in bank.find(asked.kernel, hardware=asked.hardware) for n in each.parameters})
    cells = table.texts.get("hardware")
    found = []
    for row in range(len(table)):
        hardware = asked.hardware if cells is None else str(cells[row])
        selection = bank.select(
            asked.kernel, table.query(row, names), hardware=hardware, default=asked.default, top=asked.top
        )
        found.append(MachineSelectionDocument.of(selection, this_machine=here))
    return found


def _groups(
    table: QueryTable, asked: TableRequest, refused: dict[int, str]
) -> dict[tuple[str, str], NDArray[np.intp]]:
    """Return the rows of each variant and hardware, empty text where neither a column nor an option says."""
    wanted = []
    for name, option in (("variant", asked.variant), ("hardware", asked.hardware)):
        cells = table.texts.get(name)
        if cells is None:
            wanted.append([option or ""] * len(table))
            continue
        texts = cells.tolist()
        for row, text in enumerate(texts):
            if not text and option is None:
                refused.setdefault(row, f"{name} is blank")
            elif text and option is not None and text != option:
                refused.setdefault(row, f"{name} is '{text}', but --{name} says '{option}'")
        wanted.append([text or option or "" for text in texts])
    groups: dict[tuple[str, str], list[int]] = {}
    for row, pair in enumerate(zip(*wanted, strict=True)):
        if row not in refused:
            groups.setdefault(pair, []).append(row)
    return {pair: np.array(rows, dtype=np.intp) for pair, rows in groups.items()}


def _put(answers: RowAnswers, rows: NDArray[np.intp], part: RowAnswers) -> None:
    for name in ("value", "low", "high", "in_range"):
        getattr(answers, name)[rows] = getattr(part, name)


def _cells(answers: RowAnswers) -> dict[str, Sequence[str]]:
    values = (answers.value, answers.low, answers.high)
    numbers = dict(zip(answers.predicts.columns, map(number_cells, values), strict=True))
    return {**numbers, "in_range": truth_cells(answers.in_range)}


def _predictions(
    answers: RowAnswers, said: Sequence[str], here: bool | None
) -> list[PredictionDocument | ValueDocument]:
    columns = (answers.value, answers.low, answers.high, answers.in_range)
    rows = zip(*(column.tolist() for column in columns), said, strict=True)
    return [
        PredictionDocument.of(Prediction(value, low, high, in_range, reason, answers.predicts), here)
        for value, low, high, in_range, reason in rows
    ]


def _tell(table: QueryTable, answers: RowAnswers, out: Path | None) -> None:
    outside = int((~answers.in_range).sum())
    if outside:
        guesses = f"{answers.predicts.plural} are guesses"
        notice(f"outside the trained range, so that {guesses}: {outside} of {len(table)} rows")
    if out is not None:
        notice(f"{len(table)} rows written to {out}")
