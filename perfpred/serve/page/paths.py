"""The paths of the page and of its picture."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from functools import cache
from importlib import resources
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import Response

from perfpred.errors import InputError, UnknownNameError
from perfpred.predict.bank import Bank
from perfpred.serve.models import Loaded, ModelStore
from perfpred.serve.page.drawing import MAX_PICTURES, can_draw, draw_map, map_table
from perfpred.serve.page.view import View, view
from perfpred.serve.problems import ProblemError

_PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A picture styles its own shapes; nothing else is allowed in it."""
_THEMES = ("light", "dark")


def add_page(app: FastAPI, store: ModelStore) -> None:
    """Let an application show the page.

    Parameters
    ----------
    app : FastAPI
    store : ModelStore
    """
    pictures: dict[tuple[Loaded, str, str, str], bytes] = {}

    @app.get("/", include_in_schema=False, response_model=None)
    async def page(request: Request) -> Response:
        asked = dict(request.query_params.multi_items())
        bank = store.loaded.bank
        try:
            found = view(bank, asked)
        except UnknownNameError as error:
            raise ProblemError(404, str(error)) from None
        html = await asyncio.to_thread(_rendered, bank, store, found)
        return Response(html, media_type="text/html", headers={"Content-Security-Policy": _policy()})

    @app.get("/map.svg", include_in_schema=False, response_model=None)
    async def picture(request: Request) -> Response:
        asked = request.query_params
        kernel, hardware = asked.get("kernel", ""), asked.get("hardware", "")
        theme = asked.get("theme", "light")
        loaded = store.loaded
        try:
            loaded.find(kernel, None, hardware)
        except UnknownNameError as error:
            raise ProblemError(404, str(error)) from None
        _require_theme(theme)
        if not can_draw():
            raise ProblemError(404, "pictures need pip install 'perfpred[plot]' where the service runs")
        key = (loaded, kernel, hardware, theme)
        if key not in pictures:
            if len(pictures) >= MAX_PICTURES or any(each[0] is not loaded for each in pictures):
                pictures.clear()
            pictures[key] = await asyncio.to_thread(draw_map, loaded.bank, kernel, hardware, theme)
        headers = {"Content-Security-Policy": _PICTURE_POLICY}
        return Response(pictures[key], media_type="image/svg+xml", headers=headers)


def _require_theme(theme: str) -> None:
    if theme not in _THEMES:
        raise UnknownNameError("theme", theme, _THEMES)


def _rendered(bank: Bank, store: ModelStore, found: View) -> str:
    table = None
    if found.has_map and not can_draw():
        table = map_table(bank, found.kernel, found.chosen)
    template = _template()
    return str(
        template.render(
            view=found,
            table=table,
            draws=found.has_map and can_draw() and _has_map(bank, found),
            models=len(bank),
            loaded_at=store.loaded.at,
            warning=store.problem,
        )
    )


def _has_map(bank: Bank, found: View) -> bool:
    """Say whether there is a map: variants with no numeric parameter in common have none."""
    readers = bank.readers(found.kernel, found.chosen)
    try:
        shared = set.intersection(*(set(each.predictor.ranges) for each in readers))
    except InputError:
        return False
    spans = [[each.predictor.ranges[name] for each in readers] for name in shared]
    return any(max(s.low for s in span) < min(s.high for s in span) for span in spans)


@cache
def _style() -> str:
    return resources.files(__package__).joinpath("style.css").read_text(encoding="utf-8")


@cache
def _policy() -> str:
    """Return what the page may load: its own style, known by its hash, and its own pictures."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )


@cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.globals["style"] = _style()
    text = resources.files(__package__).joinpath("template.html").read_text(encoding="utf-8")
    return environment.from_string(text)
