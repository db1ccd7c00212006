"""The paths of the service."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from perfpred.errors import UnknownNameError
from perfpred.schemas.document import to_json
from perfpred.schemas.prediction import (
    MachineSelectionDocument,
    PredictionDocument,
    ValueDocument,
)
from perfpred.schemas.serving import (
    AliveDocument,
    HardwareDocument,
    ModelDocument,
    ReadyDocument,
    RowSelectionDocument,
)
from perfpred.serve import examples, openapi
from perfpred.serve.catalogue import hardware_of, models_of
from perfpred.serve.metrics import Metrics
from perfpred.serve.models import ModelStore
from perfpred.serve.operations import JSON, PREDICTION, SELECTION, Operation, answer, names_in
from perfpred.serve.problems import ProblemError
from perfpred.serve.settings import Limits

_Predicted = PredictionDocument | ValueDocument | list[PredictionDocument | ValueDocument]
_Selected = MachineSelectionDocument | list[RowSelectionDocument]
_REFUSALS = (400, 401, 404, 408, 413, 415, 422, 503)
_FILTERS = ("kernel", "hardware")
_ALIVE = orjson.dumps(to_json(AliveDocument("ok")))


def add_operations(app: FastAPI, store: ModelStore, metrics: Metrics, limits: Limits) -> None:
    """Let an application predict and select.

    Parameters
    ----------
    app : FastAPI
    store : ModelStore
    metrics : Metrics
    limits : Limits
    """
    for path, operation, kind, example in (
        ("/v1/predict", PREDICTION, _Predicted, examples.PREDICTION),
        ("/v1/select", SELECTION, _Selected, examples.SELECTION),
    ):
        app.post(
            path,
            response_model=None,
            summary=f"{path[4:].capitalize()}: one query, a batch, or a table",
            operation_id=path[4:],
            responses=openapi.answers(kind, example, *_REFUSALS, tables=True),
            openapi_extra={
                **openapi.body(operation.members, limits.rows),
                "parameters": openapi.names(operation.names),
            },
        )(_endpoint(path, operation, store, metrics, limits))


def _endpoint(path: str, operation: Operation, store: ModelStore, metrics: Metrics, limits: Limits) -> Any:
    rows_answered = metrics.rows.labels(path)

    async def endpoint(request: Request) -> Response:
        response, rows = await answer(operation, request, store.loaded, limits)
        rows_answered.inc(rows)
        return response

    return endpoint


def add_catalogue(app: FastAPI, store: ModelStore) -> None:
    """Let an application say what there is to ask.

    Parameters
    ----------
    app : FastAPI
    store : ModelStore
    """
    names = openapi.names(_FILTERS)

    @app.get(
        "/v1/models",
        summary="Models, what they were trained on, and their ranges",
        operation_id="models",
        responses=openapi.answers(list[ModelDocument], examples.MODELS, 401, 404, 422),
        openapi_extra={"parameters": names},
        response_model=None,
    )
    async def models(request: Request) -> Response:
        asked = names_in(request, _FILTERS)
        try:
            found = models_of(store.loaded.bank, asked.get("kernel"), asked.get("hardware"))
        except UnknownNameError as error:
            raise ProblemError(404, str(error)) from None
        return _json(found)

    @app.get(
        "/v1/hardware",
        summary="Hardware that models are of",
        operation_id="hardware",
        responses=openapi.answers(list[HardwareDocument], examples.HARDWARE, 401),
        response_model=None,
    )
    async def hardware() -> Response:
        return _json(hardware_of(store.loaded.bank))


def add_probes(app: FastAPI, store: ModelStore, metrics: Metrics) -> None:
    """Let an application say how it is.

    Parameters
    ----------
    app : FastAPI
    store : ModelStore
    metrics : Metrics
    """

    @app.get(
        "/healthz",
        summary="Whether the service runs",
        operation_id="healthz",
        responses=openapi.answers(AliveDocument, examples.ALIVE),
        response_model=None,
    )
    async def healthz() -> Response:
        return Response(_ALIVE, media_type=JSON)

    @app.get(
        "/readyz",
        summary="Whether the service answers queries, and why changed models are not used",
        operation_id="readyz",
        responses=openapi.answers(ReadyDocument, examples.READY),
        response_model=None,
    )
    async def readyz() -> Response:
        loaded = store.loaded
        problem = None if store.problem is None else store.problem.replace(f"{store.path}/", "")
        return _json(ReadyDocument("ready", len(loaded.bank), loaded.at, problem))

    @app.get(
        "/metrics",
        summary="Counters for Prometheus",
        operation_id="metrics",
        responses={
            200: {
                "description": "Counters",
                "content": {"text/plain": {"schema": {"type": "string"}, "example": examples.METRICS}},
            },
            401: openapi.problem(401),
        },
        response_model=None,
        response_class=Response,
    )
    async def counters() -> Response:
        metrics.models.set(len(store.loaded.bank))
        return Response(metrics.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _json(document: Any) -> Response:
    return Response(orjson.dumps(to_json(document)), media_type=JSON)
