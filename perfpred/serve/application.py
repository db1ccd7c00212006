"""The service as an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp

from perfpred.errors import InputError, PerfpredError
from perfpred.serve import openapi
from perfpred.serve.guard import Guard
from perfpred.serve.metrics import Metrics
from perfpred.serve.models import ModelStore
from perfpred.serve.page import add_page
from perfpred.serve.problems import ProblemError, problem_response
from perfpred.serve.routes import add_catalogue, add_operations, add_probes
from perfpred.serve.settings import Settings

API_VERSION = "1"
_log = logging.getLogger("perfpred.serve")


def application(settings: Settings) -> ASGIApp:
    """Return the service.

    Parameters
    ----------
    settings : Settings

    Raises
    ------
    InputError
        If there are no models, or one of them cannot be trusted.
    """
    store, metrics = ModelStore(settings.models), Metrics(settings.metrics)
    metrics.models.set(len(store.loaded.bank))

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(_watch(store, metrics, settings.reload_s))
        yield
        watching.cancel()

    app = _Described(
        title="perfpred",
        summary="How long a kernel takes, and which variant is fastest: predicted, not run.",
        version=API_VERSION,
        openapi_url="/openapi.json",
        docs_url=None,  # a page of these would load its scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    _add_errors(app)
    add_operations(app, store, metrics, settings.limits)
    add_catalogue(app, store)
    add_probes(app, store, metrics)
    add_page(app, store)
    paths = frozenset(str(getattr(route, "path", "")) for route in app.routes)
    return Guard(app, settings, metrics, paths)


class _Described(FastAPI):
    """An application whose document has the schema of problem details, and knows of the token."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            found = super().openapi()
            parts = found.setdefault("components", {})
            parts.setdefault("schemas", {})["ProblemDocument"] = openapi.problem_schema()
            parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
            for path, operations in found["paths"].items():
                for operation in operations.values():
                    if path.startswith(("/v1", "/metrics")):  # without --token-file none is needed
                        operation["security"] = [{}, {"token": []}]
        return self.openapi_schema or {}


async def _watch(store: ModelStore, metrics: Metrics, every_s: float) -> None:
    """Load models again when their files change, until the service ends."""
    while True:
        await asyncio.sleep(every_s)
        try:
            before = store.problem
            if await asyncio.to_thread(store.reload):
                metrics.reloads.labels("ok").inc()
                metrics.models.set(len(store.loaded.bank))
            elif store.problem != before:
                metrics.reloads.labels("refused").inc()
        except Exception:
            _log.exception("looking for changed models failed; tried again")


def _add_errors(app: FastAPI) -> None:
    """Answer every error with problem details."""

    async def wrong(_: Request, error: Exception) -> Response:
        if isinstance(error, ProblemError):
            return problem_response(error.status, error.detail, error.headers)
        return problem_response(422, str(error))

    async def failed(_: Request, error: Exception) -> Response:
        _log.error("a request failed: %s", error)
        return problem_response(503, str(error))

    async def of_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        method, path = request.method, request.url.path
        said = {
            404: f"there is no path {path}; /openapi.json lists those that there are",
            405: f"{path} cannot be asked with {method}",
        }
        headers = dict(error.headers or {})
        return problem_response(error.status_code, said.get(error.status_code, str(error.detail)), headers)

    app.add_exception_handler(ProblemError, wrong)
    app.add_exception_handler(InputError, wrong)
    app.add_exception_handler(PerfpredError, failed)
    app.add_exception_handler(HTTPException, of_http)
