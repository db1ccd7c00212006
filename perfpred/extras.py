"""Which extra of the package brings a module that is not installed, and the sentence that says so.

`pip install perfpred` alone answers queries with NumPy; what trains, measures, draws or serves is an extra.
"""

from __future__ import annotations

from collections.abc import Mapping

from perfpred.errors import InputError

EXTRA_OF: Mapping[str, str] = {
    "altair": "report",
    "dask": "cluster",
    "distributed": "cluster",
    "fastapi": "serve",
    "halide": "halide",
    "jinja2": "report",
    "joblib": "train",
    "lightgbm": "lightgbm",
    "matplotlib": "plot",
    "orjson": "serve",
    "pandas": "train",
    "prometheus_client": "serve",
    "scipy": "train",
    "starlette": "serve",
    "sklearn": "train",
    "torch": "train",
    "uvicorn": "serve",
    "vl_convert": "report",
}
"""The extra of `pyproject.toml` that installs each optional module."""


class MissingPackageError(InputError, ImportError):
    """What was asked for needs a package that is not installed; the message says how to get it."""


def missing_package(error: ImportError) -> MissingPackageError | None:
    """Return what to tell a user who lacks an optional package, or None if `error` is of another kind.

    Examples
    --------
    >>> print(missing_package(ModuleNotFoundError("No module named 'pandas'", name="pandas.core")))
    this needs pandas, which is not installed: pip install 'perfpred[train]'
    """
    package = (error.name or "").partition(".")[0]
    extra = EXTRA_OF.get(package)
    if extra is None or not isinstance(error, ModuleNotFoundError):
        return None
    return MissingPackageError(
        f"this needs {package}, which is not installed: pip install 'perfpred[{extra}]'"
    )
