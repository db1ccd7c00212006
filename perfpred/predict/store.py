"""Predictors in files: `document` says what is in one, `folder` how several are named."""

from __future__ import annotations

from pathlib import Path

from perfpred.predict.document import FORMAT, VERSION, dumps, load, loads
from perfpred.predict.folder import save_all
from perfpred.predict.predictor import Predictor

__all__ = ["FORMAT", "VERSION", "dumps", "load", "loads", "save", "save_all"]


def save(predictor: Predictor, folder: Path) -> Path:
    """Write one predictor into `folder`, as `save_all` does; returns the file's path."""
    [path] = save_all([predictor], folder)
    return path
