"""``perfpred serve``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from perfpred.app.arguments import ModelsOrShipped
from perfpred.app.console import notice


def serve(
    models: ModelsOrShipped = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen at; others than this machine's need a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 for any that is free.")] = 8000,
    token_file: Annotated[
        Path | None, typer.Option("--token-file", help="File with the token that clients must send.")
    ] = None,
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="Processes that answer.")] = 1,
    max_body: Annotated[int, typer.Option("--max-body", min=1, help="Bytes of a request.")] = 16 << 20,
    max_rows: Annotated[int, typer.Option("--max-rows", min=1, help="Rows of a batch or table.")] = 100_000,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds per request.")] = 30.0,
) -> None:
    """Answer queries over HTTP: /v1/predict, /v1/select, /v1/models, /v1/hardware, and a page at /.

    Models are loaded again when their files change. SIGTERM or Ctrl-C ends it after the requests under way.

    Example: perfpred serve --models models --port 8000
    """
    from perfpred.serve.models import load_whole
    from perfpred.serve.server import bound, serve
    from perfpred.serve.settings import Limits, Settings, read_token
    from perfpred.shipped import shipped_models

    limits = Limits(body_bytes=max_body, rows=max_rows, request_s=timeout, header_s=min(10.0, timeout))
    settings = Settings(models or shipped_models(), read_token(token_file, host), limits)
    with bound(host, port) as listening:
        count = len(load_whole(settings.models).bank)  # what is wrong with them is said here, once
        shown = f"[{host}]" if ":" in host else host
        notice(f"{count} models at http://{shown}:{listening.getsockname()[1]}/; Ctrl-C ends")
        serve(settings, listening, workers)
