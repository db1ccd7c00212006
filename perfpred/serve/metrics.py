"""What the service counts, for Prometheus: requests, how long they take, models, reloads."""

from __future__ import annotations

from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
OTHER = "other"
"""The path of requests to what is not there: names from outside would make ever more counters."""
METHODS = frozenset(("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"))


class Metrics:
    """The counters of one process, or of all workers of a service.

    Parameters
    ----------
    folder : Path, optional
        Where the workers of one service keep their counters.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.registry = CollectorRegistry()
        self._folder = folder
        self.requests = Counter(
            "perfpred_requests_total",
            "Requests answered.",
            ("method", "path", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "perfpred_request_seconds",
            "Seconds from the head of a request to the end of its answer.",
            ("path",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.rows = Counter(
            "perfpred_rows_total",
            "Queries answered, rows of batches and tables among them.",
            ("path",),
            registry=self.registry,
        )
        self.models = Gauge(
            "perfpred_models", "Models that answer.", registry=self.registry, multiprocess_mode="livemin"
        )
        self.reloads = Counter(
            "perfpred_reloads_total", "Looks at changed model files.", ("outcome",), registry=self.registry
        )

    def count(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count a request.

        Parameters
        ----------
        method, path : str
        status : int
        seconds : float
        """
        self.requests.labels(method if method in METHODS else OTHER, path, str(status)).inc()
        self.seconds.labels(path).observe(seconds)

    def text(self) -> bytes:
        """Return all counters in Prometheus' text format."""
        if self._folder is None:
            return generate_latest(self.registry)
        shared = CollectorRegistry()
        MultiProcessCollector(shared, path=str(self._folder))  # type: ignore[no-untyped-call]
        return generate_latest(shared)
