"""The service as processes: one, or several that share a socket."""

from __future__ import annotations

import contextlib
import functools
import gc
import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import uvicorn
from threadpoolctl import threadpool_limits

from perfpred.errors import InputError, PerfpredError, quoted
from perfpred.serve.logs import log_as_json
from perfpred.serve.protocol import MAX_HEAD, GuardedProtocol
from perfpred.serve.settings import Settings

KEEP_ALIVE_S = 30
"""A connection may be silent so long between two requests."""
_SHARED_COUNTERS = "PROMETHEUS_MULTIPROC_DIR"
_MAX_DEATHS = 5
"""Workers that die within `_SHORT_S` of each other, before the service gives up."""
_SHORT_S = 60.0


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Parameters
    ----------
    host : str
    port : int
        0 for any that is free.

    Raises
    ------
    InputError
        If another program listens there, or there is no such address here.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(2048)  # of two programs at one port, the second is refused here
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        fix = "choose another with --port" if "in use" in why else "choose another with --host and --port"
        raise InputError(f"cannot listen at {quoted(host)} port {port}: {why.lower()}; {fix}") from None
    return listening


def serve(settings: Settings, listening: socket.socket, workers: int = 1) -> None:
    """Answer requests until SIGTERM or SIGINT, then finish those under way.

    Parameters
    ----------
    settings : Settings
    listening : socket
    workers : int
        Processes that answer.

    Raises
    ------
    PerfpredError
        If workers end again and again.
    """
    if workers == 1:
        _serve_here(settings, listening)
        return
    with tempfile.TemporaryDirectory(prefix="perfpred-serve-") as folder:
        os.environ[_SHARED_COUNTERS] = folder  # read where counters are made: in the workers
        try:
            _Workers(replace(settings, metrics=Path(folder)), listening, workers).run()
        finally:
            del os.environ[_SHARED_COUNTERS]


def _serve_here(settings: Settings, listening: socket.socket) -> None:
    """Answer requests in this process."""
    from perfpred.serve.application import application  # makes counters: after their folder is known

    log_as_json()
    begun: list[uvicorn.Server] = []

    def end(*_: object) -> None:
        """End while models are still loaded; later uvicorn ends, and raises the signal again: all is done."""
        if not any(each.started for each in begun):
            raise SystemExit(0)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    threadpool_limits(limits=1)  # products of a batch are small: more threads would only wait for each other
    answering = application(settings)
    gc.collect()
    gc.freeze()  # what stays is not looked through again with every large batch
    config = uvicorn.Config(
        answering,
        http=functools.partial(GuardedProtocol, settings.limits),  # type: ignore[arg-type]
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=MAX_HEAD,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=round(settings.limits.shutdown_s),
    )
    begun.append(uvicorn.Server(config))
    begun[0].run(sockets=[listening])


class _Workers:
    """Processes that answer at one socket; one that dies is replaced."""

    def __init__(self, settings: Settings, listening: socket.socket, count: int) -> None:
        self._start: Callable[[], BaseProcess] = lambda: _started(settings, listening)
        self._count = count
        self._ending = threading.Event()
        self._deaths: list[float] = []

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ending.set())
        running = [self._start() for _ in range(self._count)]
        try:
            while not self._ending.wait(0.2):
                running = [each if each.is_alive() else self._replaced(each) for each in running]
        finally:
            for each in running:
                with contextlib.suppress(ProcessLookupError):
                    each.terminate()
            for each in running:
                each.join()

    def _replaced(self, dead: BaseProcess) -> BaseProcess:
        now = time.monotonic()
        self._deaths = [each for each in self._deaths if now - each < _SHORT_S] + [now]
        if len(self._deaths) >= _MAX_DEATHS:
            raise PerfpredError(
                f"{_MAX_DEATHS} workers ended within {_SHORT_S:g} s, the last with exit code {dead.exitcode}"
            )
        return self._start()


def _started(settings: Settings, listening: socket.socket) -> BaseProcess:
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=_work, args=(settings, listening), daemon=True)
    process.start()
    return process


def _work(settings: Settings, listening: socket.socket) -> None:
    """Answer requests until told to end, or until nobody is left to tell."""
    parent = multiprocessing.parent_process()

    def follow() -> None:
        if parent is not None:
            parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, daemon=True).start()
    _serve_here(settings, listening)
