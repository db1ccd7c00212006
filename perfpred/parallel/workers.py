"""What the workers of a cluster have installed, compared with what is installed here."""

from __future__ import annotations

import platform
import warnings
from typing import TYPE_CHECKING, Any

from perfpred.errors import InputError, PerfpredWarning, shortened, shortlist
from perfpred.parallel.environment import code_digest, own_version, package_versions

if TYPE_CHECKING:
    from distributed import Client


def require_same_package(client: Client) -> None:
    """Raise `InputError` unless every worker has this perfpred, and this version of Python.

    Warns
    -----
    PerfpredWarning
        If a worker has another version of a package that ends up in models: their digits may differ.
    """
    for address, found in sorted(_described(client).items()):
        require_same(address, found)


def _described(client: Client) -> dict[str, dict[str, Any]]:
    def describe() -> dict[str, Any]:
        """Say what is installed; travels as code, since a worker may not have this module."""
        import importlib
        import platform

        version = None
        try:
            version = importlib.import_module("perfpred").__version__
            environment = importlib.import_module("perfpred.parallel.environment")
        except ImportError as error:
            return {"lacks": str(error), "perfpred": version}
        return {
            "perfpred": version,
            "code": environment.code_digest(),
            "python": platform.python_version(),
            "packages": environment.package_versions(),
        }

    found = client.run(describe, on_error="return")
    return {
        address: each if isinstance(each, dict) else {"lacks": str(each), "perfpred": None}
        for address, each in found.items()
    }


def require_same(address: str, found: dict[str, Any]) -> None:
    """Raise `InputError` unless what a worker has is what is installed here; warns as its caller does."""
    if "lacks" in found:
        has = f"perfpred {found['perfpred']}, but" if found["perfpred"] else "no perfpred that works:"
        why = shortened(found["lacks"], 200)
        raise InputError(
            f"worker {address} has {has} {why}; install perfpred {own_version()} there with the extra cluster"
        )
    ours = own_version()
    if found["perfpred"] != ours:
        raise InputError(
            f"worker {address} has perfpred {shortened(str(found['perfpred']))}, but here is {ours}: install "
            "the same on both"
        )
    if found["code"] != code_digest():
        raise InputError(
            f"worker {address} has a perfpred {ours} whose files differ from those here: install the same on "
            "both"
        )
    _compare_python(address, str(found["python"]))
    _compare_packages(address, found["packages"])


def _compare_python(address: str, python: str) -> None:
    here = platform.python_version()
    if python.split(".")[:2] != here.split(".")[:2]:
        raise InputError(f"worker {address} has Python {shortened(python)}, but here is {here}")


def _compare_packages(address: str, packages: dict[str, str | None]) -> None:
    here = package_versions()
    differing = [
        f"{name} {packages.get(name)}, here {here[name]}" for name in here if packages.get(name) != here[name]
    ]
    if differing:
        warnings.warn(
            f"worker {address} has other packages, so models may differ in their last digits: "
            f"{shortlist(differing, '; ')}",
            PerfpredWarning,
            stacklevel=4,
        )
