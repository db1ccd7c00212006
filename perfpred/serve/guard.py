"""What stands before every route: the token, the limits, the log line, and errors in one shape."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import logging
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from perfpred.serve.logs import log_request
from perfpred.serve.metrics import OTHER, Metrics
from perfpred.serve.problems import problem_response
from perfpred.serve.settings import Settings

OPEN = frozenset(("/healthz", "/readyz"))
"""What may be asked without a token: whether the service runs, and is ready."""
PAGES = frozenset(("/", "/map.svg"))
"""What people open in a browser, which asks them for the token as a password."""
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"cache-control", b"no-store"),
    (b"referrer-policy", b"no-referrer"),
)
_log = logging.getLogger("perfpred.serve")


class Guard:
    """An ASGI application around another.

    Parameters
    ----------
    app : ASGI application
    settings : Settings
    metrics : Metrics
    paths : set of str
        Those that there are, which are counted by their names.
    """

    def __init__(self, app: ASGIApp, settings: Settings, metrics: Metrics, paths: frozenset[str]) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._paths = paths
        self._token = None if settings.token is None else settings.token.encode()
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_HEADERS]
            await send(message)

        self._running += 1
        try:
            await self._within_limits(scope, receive, sending, lambda: status > 0)
        finally:
            self._running -= 1
            seconds = time.perf_counter() - start
            path = scope["path"]
            known = path if path in self._paths else OTHER
            self._metrics.count(scope["method"], known, status, seconds)
            log_request(scope["method"], path, status, seconds, (scope.get("client") or (None,))[0])

    async def _within_limits(self, scope: Scope, receive: Receive, send: Send, has_begun: object) -> None:
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        limit_s = self._settings.limits.request_s
        try:
            async with asyncio.timeout(2 * limit_s):  # a body has its own limit, and comes before the work
                await self._app(scope, receive, send)
        except TimeoutError:
            answer = problem_response(503, f"an answer must be worked out within {limit_s:g} s; ask for less")
        except Exception:
            _log.exception("a request failed")
            answer = problem_response(500, "this is a bug in perfpred; the log of the service says more")
        else:
            return
        if not has_begun():  # type: ignore[operator]
            await answer(scope, receive, send)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        path = scope["path"]
        if path in OPEN:
            return None
        if self._token is not None and not self._is_shown(scope, path in PAGES):
            scheme = "Basic" if path in PAGES else "Bearer"
            detail = "send the token of this service: Authorization: Bearer TOKEN"
            return problem_response(401, detail, {"WWW-Authenticate": f'{scheme} realm="perfpred"'})
        if self._running > self._settings.limits.requests:
            detail = f"{self._settings.limits.requests} requests are being answered; ask again in a moment"
            return problem_response(503, detail, {"Retry-After": "1"})
        return None

    def _is_shown(self, scope: Scope, may_be_password: bool) -> bool:
        """Say whether a request shows the token; how long that takes tells nothing of it."""
        found = [value for name, value in scope["headers"] if name == b"authorization"]
        scheme, _, shown = (found[0] if len(found) == 1 else b"").partition(b" ")
        if scheme.lower() == b"basic" and may_be_password:
            try:
                shown = base64.b64decode(shown, validate=True).partition(b":")[2]
            except binascii.Error:
                shown = b""
        elif scheme.lower() != b"bearer":
            shown = b""
        return hmac.compare_digest(shown.strip(), self._token or b"")
