"""Logs as JSON, one object per line on stderr, whatever is in them escaped."""

from __future__ import annotations

import datetime
import json
import logging
import sys
from typing import Any

LOGGER = "perfpred.serve"
_requests = logging.getLogger(f"{LOGGER}.requests")


class _JsonFormatter(logging.Formatter):
    """One JSON object per record, in ASCII, without line ends in it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record.

        Parameters
        ----------
        record : LogRecord
        """
        line: dict[str, Any] = {
            "time": datetime.datetime.fromtimestamp(record.created, datetime.UTC).isoformat(),
            "level": record.levelname.lower(),
            "process": record.process,
            "message": record.getMessage(),
        }
        line |= getattr(record, "request", {})
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def log_as_json() -> None:
    """Let this process log as JSON on stderr: the service, and the server it runs on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonFormatter())
    for name in (LOGGER, "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.INFO)
    logging.getLogger("uvicorn.access").disabled = True  # a line per request is ours


def log_request(method: str, path: str, status: int, seconds: float, client: str | None) -> None:
    """Log a request that was answered.

    Parameters
    ----------
    method, path : str
    status : int
    seconds : float
    client : str, optional
        The address it came from.
    """
    if _requests.isEnabledFor(logging.INFO):
        about = {
            "method": method[:16],
            "path": path[:200],
            "status": status,
            "duration_ms": round(1e3 * seconds, 3),
            "client": client,
        }
        _requests.info("request", extra={"request": about})
