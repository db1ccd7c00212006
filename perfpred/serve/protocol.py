"""HTTP/1.1 from clients that are slow, silent or wrong: they are told so, and hold nothing for long."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from perfpred.serve.problems import MEDIA_TYPE, problem_body
from perfpred.serve.settings import Limits

MAX_HEAD = 32 << 10
"""Bytes of the head of a request."""
_LINGER_S = 1.0
"""A refused client may go on sending so long, into nothing."""


class GuardedProtocol(H11Protocol):
    """A connection with a limit on the time for a head, and for reading an answer.

    Parameters
    ----------
    limits : Limits
    **uvicorn : Any
        What uvicorn makes a connection with.
    """

    def __init__(self, limits: Limits, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._limits = limits
        self._head: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the head of a request."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._refuse(503, f"{self._limits.connections:,} connections are open; try again in a moment")
            return
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        """Take what came; a head must come within its time from its first byte."""
        if self._is_refused:
            return
        if self._head is None and self._is_idle():
            self._wait_for_head()
        super().data_received(data)
        if not self._is_idle():
            self._stop(head=True)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop(head=True, unread=True)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Begin to wait for the client to read."""
        super().pause_writing()
        self._unread = self.loop.call_later(self._limits.request_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client reads."""
        super().resume_writing()
        self._stop(unread=True)

    def send_400_response(self, msg: str) -> None:
        """Say that what came is no request, as problem details."""
        self._refuse(400, f"{msg} A request is HTTP/1.1, its head at most {MAX_HEAD:,} bytes.")

    def _is_idle(self) -> bool:
        """Say whether no request is under way whose head was read."""
        return self.cycle is None or (self.cycle.response_complete and self.conn.their_state is h11.IDLE)

    def _wait_for_head(self) -> None:
        self._head = self.loop.call_later(self._limits.header_s, self._too_slow)

    def _too_slow(self) -> None:
        self._head = None
        if self._is_idle():
            self._refuse(408, f"the head of a request must come within {self._limits.header_s:g} s")

    def _stop(self, *, head: bool = False, unread: bool = False) -> None:
        if head and self._head is not None:
            self._head.cancel()
            self._head = None
        if unread and self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _refuse(self, status: int, detail: str) -> None:
        """Answer outside of any request, and close the connection."""
        self._stop(head=True)
        if self.transport.is_closing():
            return
        body = problem_body(status, detail)
        headers = [
            ("content-type", MEDIA_TYPE),
            ("content-length", str(len(body))),
            ("connection", "close"),
        ]
        try:
            self.transport.write(self.conn.send(h11.Response(status_code=status, headers=headers)) or b"")
            self.transport.write(self.conn.send(h11.Data(data=body)) or b"")
        except h11.LocalProtocolError:  # an answer is on its way already
            self.transport.close()
            return
        self._is_refused = True
        self.transport.write_eof()  # closed at once, what the client still sends would undo the answer
        self.loop.call_later(_LINGER_S, self.transport.close)
