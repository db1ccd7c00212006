"""Errors as clients get them: problem details (RFC 9457), one shape for all."""

from __future__ import annotations

import http
from collections.abc import Mapping

import orjson
from starlette.responses import Response

from perfpred.errors import shortened
from perfpred.schemas.document import to_json
from perfpred.schemas.serving import ProblemDocument

MEDIA_TYPE = "application/problem+json"
_MAX_DETAIL = 4000
TITLES: Mapping[int, str] = {
    400: "The body is not what its content type says",
    401: "A token is needed",
    404: "There is no such thing here",
    405: "This method is not allowed here",
    408: "The request came too slowly",
    413: "The request is too large",
    415: "This content type is not understood",
    422: "The query has no answer",
    431: "The head of the request is too large",
    500: "Something is wrong with the service",
    503: "The service cannot answer now",
}
"""What each status means here; `detail` says what it is about."""


class ProblemError(Exception):
    """A request that gets no answer.

    Parameters
    ----------
    status : int
        A status of HTTP, 400 or above.
    detail : str
        The rule and the value.
    headers : mapping of str to str, optional
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def problem_body(status: int, detail: str) -> bytes:
    """Return the JSON of a problem."""
    title = TITLES.get(status) or http.HTTPStatus(status).phrase
    kind = f"urn:perfpred:problem:{http.HTTPStatus(status).phrase.lower().replace(' ', '-')}"
    text = shortened(detail, _MAX_DETAIL).encode("utf-8", "backslashreplace").decode()
    return orjson.dumps(to_json(ProblemDocument(kind, title, status, text)))


def problem_response(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the response of a problem."""
    return Response(problem_body(status, detail), status, dict(headers or {}), MEDIA_TYPE)
