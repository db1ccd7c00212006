"""Answers that the OpenAPI document shows: of the shipped models, shortened."""

from __future__ import annotations

from typing import Any

_INTERVAL = {"time_s": 0.00134, "low_s": 0.00125, "high_s": 0.00143, "in_range": True}
PREDICTION: dict[str, Any] = {**_INTERVAL, "reason": "", "this_machine": True}
_NAMES = {"kernel": "matmul", "variant": "openblas", "hardware": "intel-xeon-6-207-avx512-1t"}
_CHOICE = {**_NAMES, **_INTERVAL}
SELECTION: dict[str, Any] = {
    "best": _CHOICE,
    "ranking": [_CHOICE],
    "ties": [],
    "reason": "openblas on intel-xeon-6-207-avx512-1t is the only choice",
    "left_out": [],
    "this_machine": True,
}
MODELS: list[dict[str, Any]] = [
    {
        **_NAMES,
        "model": "augmented",
        "quantity": "time_s",
        "unit": "s",
        "parameters": ["m", "n", "k"],
        "ranges": {"m": [1, 1024], "n": [1, 1024], "k": [1, 1024]},
        "categories": {},
        "constants": {},
        "rows": 500,
        "noise": 0.01,
    }
]
HARDWARE: list[dict[str, Any]] = [
    {
        "hardware": "intel-xeon-6-207-avx512-1t",
        "cpu": "intel-xeon-6-207",
        "isa": "avx512",
        "threads": 1,
        "this_machine": True,
        "kernels": ["matmul"],
        "models": 1,
    }
]
ALIVE = {"status": "ok"}
READY = {"status": "ready", "models": 65, "loaded_at": "2026-01-31T12:00:00.000+00:00", "problem": None}
METRICS = 'perfpred_requests_total{method="POST",path="/v1/predict",status="200"} 12.0\n'
