"""From what is asked to JSON: the documents that the command line prints."""

from __future__ import annotations

from typing import Any

import orjson

from perfpred.errors import UnknownNameError
from perfpred.predict.bulk import PredictedRows, SelectedRows
from perfpred.predict.quantity import TIME
from perfpred.schemas.document import to_json
from perfpred.schemas.prediction import MachineSelectionDocument, PredictionDocument
from perfpred.serve.columns import columns_of
from perfpred.serve.models import Loaded
from perfpred.serve.problems import ProblemError
from perfpred.serve.queries import Asked

FEW_ROWS = 64
"""Batches of so many rows are answered at once; larger ones beside other requests, in a thread."""


def find(loaded: Loaded, asked: Asked) -> bool | None:
    """Return whether the models that are asked are of this machine.

    Parameters
    ----------
    loaded : Loaded
    asked : Asked

    Raises
    ------
    ProblemError
        If there is no such kernel, variant or hardware.
    """
    try:
        return loaded.find(asked.kernel, asked.variant, asked.hardware)
    except UnknownNameError as error:
        raise ProblemError(404, str(error)) from None


def predict(loaded: Loaded, asked: Asked) -> bytes:
    """Return the JSON of a prediction, or of those of a batch.

    Parameters
    ----------
    loaded : Loaded
    asked : Asked

    Raises
    ------
    ProblemError
        If there is no such kernel, variant or hardware.
    InputError
        If there is no answer.
    """
    here = find(loaded, asked)
    variant, hardware = asked.variant, asked.hardware
    if asked.queries is None:
        found = loaded.bank.predict(asked.kernel, asked.parameters, variant=variant, hardware=hardware)
        return orjson.dumps(to_json(PredictionDocument.of(found, here)))
    reader = loaded.bank.reader(asked.kernel, variant, hardware)
    table = columns_of(asked.kernel, [reader], asked.parameters or {}, asked.queries)
    rows = loaded.bank.predict_rows(asked.kernel, table, variant=variant, hardware=hardware)
    return orjson.dumps(_predictions(rows, here))


def select(loaded: Loaded, asked: Asked) -> bytes:
    """Return the JSON of a selection, or of the choices for a batch; raises as `predict` does.

    Parameters
    ----------
    loaded : Loaded
    asked : Asked
    """
    here = find(loaded, asked)
    if asked.queries is None:
        found = loaded.bank.select(
            asked.kernel,
            asked.parameters,
            hardware=asked.hardware,
            default=asked.default,
            top=asked.top,
        )
        return orjson.dumps(to_json(MachineSelectionDocument.of(found, this_machine=here)))
    readers = loaded.bank.readers(asked.kernel, asked.hardware)
    table = columns_of(asked.kernel, readers, asked.parameters or {}, asked.queries)
    rows = loaded.bank.select_rows(asked.kernel, table, hardware=asked.hardware, default=asked.default)
    return orjson.dumps(_selections(asked.kernel, rows, here))


def _predictions(rows: PredictedRows, here: bool | None) -> list[dict[str, Any]]:
    """Return what `to_json` makes of the prediction of each row: made at once, as there are many."""
    value, low, high = rows.predicts.columns if rows.predicts == TIME else ("value", "low", "high")
    named = {} if rows.predicts == TIME else {"quantity": rows.predicts.name, "unit": rows.predicts.unit}
    return [
        {**named, value: v, low: a, high: b, "in_range": inside, "reason": reason, "this_machine": here}
        for v, a, b, inside, reason in zip(*_lists(rows), rows.reasons, strict=True)
    ]


def _selections(kernel: str, rows: SelectedRows, here: bool | None) -> list[dict[str, Any]]:
    """Return what `to_json` makes of the `RowSelectionDocument` of each row."""
    value, low, high = rows.predicts.columns if rows.predicts == TIME else ("value", "low", "high")
    named = {} if rows.predicts == TIME else {"quantity": rows.predicts.name, "unit": rows.predicts.unit}
    found = zip(rows.variants, rows.hardware, *_lists(rows), rows.ties, rows.reasons, strict=True)
    return [
        {
            "best": {
                "kernel": kernel,
                "variant": variant,
                "hardware": hardware,
                **named,
                value: v,
                low: a,
                high: b,
                "in_range": inside,
            },
            "ties": [{"variant": each, "hardware": where} for each, where in ties],
            "reason": reason,
            "this_machine": here,
        }
        for variant, hardware, v, a, b, inside, ties, reason in found
    ]


def _lists(rows: PredictedRows | SelectedRows) -> list[list[Any]]:
    return [column.tolist() for column in (rows.value, rows.low, rows.high, rows.in_range)]
