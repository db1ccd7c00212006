"""Kernels and variants in a file of the user's: ``my.py:axpy``, measured as perfpred's own are.

The file is tried in a copy of this process first, which may crash or hang. What it defines is then registered
here and in every process that measures it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.complexity import Complexity
from perfpred.errors import InputError, shortlist
from perfpred.kernels import KERNELS, Kernel
from perfpred.names import content_key
from perfpred.registry import Registry
from perfpred.sandbox.forking import ForkLimits, run_forked
from perfpred.user_files import UserFile, explained
from perfpred.variants import VARIANTS, Variant

LOAD_LIMIT_S = 60.0
_REFERENCE = re.compile(r"(?P<path>.+\.py):(?P<name>[^:]+)")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class Definitions:
    """What a file defines, by the names of its attributes."""

    path: Path
    kernels: dict[str, Kernel]
    variants: dict[str, Variant]


_LOADED: dict[Path, Definitions] = {}


def kernel_name(text: str) -> str:
    """Return the name of a kernel given by name, or as ``FILE.py:NAME``, whose file is then loaded.

    Raises
    ------
    InputError
        If the file cannot be loaded, or holds no such kernel.
    """
    return _named(text, "kernel", "an attribute that is a perfpred.Kernel")


def variant_name(text: str) -> str:
    """Return the name of a variant given by name, or as ``FILE.py:NAME``, whose file is then loaded.

    Raises
    ------
    InputError
        If the file cannot be loaded, or holds no such variant.
    """
    return _named(text, "variant", "a function decorated with @perfpred.implements(KERNEL)")


def loaded_files() -> dict[str, str]:
    """Return the files that were loaded, and a hash of what each holds."""
    return {str(path): content_key(path.read_bytes()) for path in _LOADED}


def load_definitions(path: Path, *, try_first: bool = True) -> Definitions:
    """Load a user's file and register the kernels and variants in it, in place of those it had before.

    Parameters
    ----------
    path : Path
    try_first : bool
        Whether it is loaded in a copy of this process first, whatever becomes of that.

    Raises
    ------
    InputError
        If it cannot be loaded, or a name in it is that of another kernel or variant.
    """
    if not path.is_file():
        raise InputError(f"there is no file {path}")
    path = path.resolve()
    if try_first:
        reply = run_forked(lambda: _tried(path), ForkLimits(LOAD_LIMIT_S), "failed")
        if reply["status"] != "ok":
            said = reply["message"]
            raise InputError(said if str(path) in said else f"{path} cannot be loaded: {said}")
    found = _read(path)
    before = _LOADED.get(path)
    for kernel in found.kernels.values():
        _register(KERNELS, kernel, path, {} if before is None else before.kernels)
    for variant in found.variants.values():
        _register(VARIANTS, variant, path, {} if before is None else before.variants)
    _LOADED[path] = found
    return found


def _named(text: str, kind: str, what: str) -> str:
    reference = _REFERENCE.fullmatch(text)
    if reference is None:
        if text.rstrip(":").endswith(".py"):
            raise InputError(f"{text} says no {kind}: give it as FILE.py:NAME, where NAME is {what}")
        return text
    path, name = Path(reference["path"]), reference["name"]
    found = _LOADED.get(path.resolve()) or load_definitions(path)
    known: dict[str, Any] = dict(found.kernels if kind == "kernel" else found.variants)
    if name not in known:
        others = f"; it holds {shortlist(sorted(known))}" if known else ""
        raise InputError(f"{path} holds no {kind} {name}: it must be {what}{others}")
    return str(known[name].name)


def _tried(path: Path) -> dict[str, Any]:
    found = _read(path)
    for kernel in found.kernels.values():
        with explained(f"{path}: kernel {kernel.name} cannot be used", path):
            _try_sizes(kernel)
            _try_expressions(kernel)
    return {}


def _try_sizes(kernel: Kernel) -> None:
    """Ask a kernel for the shapes of one draw of its sizes."""
    sizes = kernel.draw(1, np.random.default_rng(0))[0]
    for shape in (*kernel.operands(sizes), kernel.result(sizes)):
        if not all(isinstance(extent, int | np.integer) and extent >= 0 for extent in shape):
            raise InputError(f"kernel {kernel.name}: shapes must be tuples of whole numbers, but got {shape}")


def _try_expressions(kernel: Kernel) -> None:
    """Read all expressions of a kernel now, not when what was measured is trained on."""
    known = kernel.parameter_names
    for text in (*kernel.complexity.values(), *kernel.features.values(), *kernel.extents):
        unknown = [name for name in Complexity(text).names if name not in known]
        if unknown:
            raise InputError(f"'{text}' uses {unknown[0]}, but the parameters are {', '.join(known)}")


def _read(path: Path) -> Definitions:
    attributes = vars(UserFile(path).module)
    kernels = {name: each for name, each in attributes.items() if isinstance(each, Kernel)}
    variants = {name: each for name, each in attributes.items() if isinstance(each, Variant)}
    if not kernels and not variants:
        raise InputError(
            f"{path} holds neither a perfpred.Kernel nor a variant (@perfpred.implements(KERNEL))"
        )
    names: list[object] = [each.name for each in kernels.values()]
    names += [each.name for each in variants.values()]
    for name in names:
        if not isinstance(name, str) or _NAME.fullmatch(name) is None:
            rule = "letters, digits and '_', beginning with a letter"
            raise InputError(f"{path}: a name must be {rule}, but is {name!r}")
    return Definitions(path, kernels, variants)


def _register(registry: Registry[Any], item: Any, path: Path, before: dict[str, Any]) -> None:
    if registry.get(item.name) is item:
        return  # one of perfpred's own, which the file imports
    mine = item.name in {each.name for each in before.values()}
    if item.name in registry and not mine:
        raise InputError(f"{path}: the {registry.what} {item.name} is there already; give yours another name")
    registry.add(item, replace=True)
