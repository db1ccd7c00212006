"""The child's side of `Child`: one JSON line in, one JSON line out, until there are no more."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, TextIO

Answer = Callable[[Mapping[str, Any]], dict[str, Any]]
MESSAGE_CHARS = 500


def serve(requests: TextIO, replies: TextIO, start: Callable[[Mapping[str, Any]], Answer]) -> None:
    """Answer the requests of a stream until it ends.

    Parameters
    ----------
    requests, replies : text streams
        A line of JSON each way.
    start : callable
        Given the first line, the setup; returns what answers each further line. What that raises is a reply
        with the status ``runtime_error``.
    """
    answer = start(json.loads(requests.readline()))
    print(json.dumps({"status": "ready"}), file=replies, flush=True)
    for line in requests:
        try:
            reply = answer(json.loads(line))
        except MemoryError:
            reply = {"status": "runtime_error", "message": "out of memory"}
        except Exception as error:  # whatever native code raises is the reply
            reply = {"status": "runtime_error", "message": f"{type(error).__name__}: {error}"[:MESSAGE_CHARS]}
        print(json.dumps(reply), file=replies, flush=True)


def serve_standard_streams(start: Callable[[Mapping[str, Any]], Answer]) -> None:
    """Serve on standard input and output; what a library prints goes to standard error."""
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    serve(sys.stdin, replies, start)
