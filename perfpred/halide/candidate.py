"""A candidate schedule: a list of plain directives, whoever thought of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from perfpred.errors import InputError

PIPELINE = ""
"""The Func of a directive that is about the whole pipeline."""
AUTOSCHEDULE = "autoschedule"

METHODS: Mapping[str, str] = {
    "split": "vnni?t",
    "fuse": "vvn",
    "rename": "vn",
    "reorder": "v*",
    "vectorize": "v?i",
    "unroll": "v?i",
    "parallel": "v?i",
    "serial": "v",
    "atomic": "",
    "compute_root": "",
    "compute_inline": "",
    "compute_at": "fv",
    "store_root": "",
    "store_at": "fv",
    "store_in": "m",
    "reorder_storage": "v*",
    "fold_storage": "vi",
    "align_storage": "vi",
    AUTOSCHEDULE: "sp",
}
"""What each method takes: a loop (v), a new loop (n), a whole number (i), a Func (f), a tail strategy (t),
a memory type (m), an autoscheduler (s) and its parameters as JSON (p); ``?`` before what may be left out."""
PLACING = ("compute_root", "compute_inline", "compute_at", "store_root", "store_at", "store_in")


@dataclass(frozen=True)
class Directive:
    """One scheduling call, such as ``blur_x.split(x, xo, xi, 64)``.

    Examples
    --------
    >>> print(Directive("blur_x", 0, "split", ("x", "xo", "xi", 64)))
    blur_x.split(x, xo, xi, 64)
    """

    func: str
    stage: int
    method: str
    args: tuple[str | int, ...] = ()

    def __str__(self) -> str:
        update = f".update({self.stage - 1})" if self.stage else ""
        return f"{self.func}{update}.{self.method}({', '.join(map(str, self.args))})"

    def to_json(self) -> list[str | int]:
        """Return ``[func, stage, method, argument...]``."""
        return [self.func, self.stage, self.method, *self.args]

    @classmethod
    def from_json(cls, document: Any) -> Directive:
        """Return the directive that `to_json` described.

        Raises
        ------
        InputError
            If it is none.
        """
        match document:
            case [str(func), int(stage), str(method), *args] if stage >= 0:
                problem = _problem(method, args)
                if problem is None:
                    return cls(func, stage, method, tuple(args))
                raise InputError(f"{document!r} is not a directive: {problem}")
        raise InputError(f"{document!r} is not a directive: it must be [func, stage, method, argument...]")


@dataclass(frozen=True)
class Candidate:
    """A schedule of a pipeline; two with the same directives are the same.

    Parameters
    ----------
    directives : tuple of Directive
        In the order they are applied. Funcs without any are inlined.
    source : str
        Who thought of it: ``own``, ``adams2019``, ...
    origin : str
        JSON of what it was made of, for its source to vary it; may be empty.
    """

    directives: tuple[Directive, ...]
    source: str = field(default="own", compare=False)
    origin: str = field(default="", compare=False, repr=False)

    @cached_property
    def id(self) -> str:
        """A short hash of the directives; it never reads as a number."""
        text = json.dumps([directive.to_json() for directive in self.directives])
        return "s" + hashlib.sha256(text.encode()).hexdigest()[:11]

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return {
            "id": self.id,
            "source": self.source,
            "directives": [directive.to_json() for directive in self.directives],
            "origin": self.origin,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Candidate:
        """Return the candidate that `to_json` described; raises `InputError` if it is none."""
        try:
            directives = tuple(Directive.from_json(each) for each in document["directives"])
            return cls(directives, str(document.get("source", "own")), str(document.get("origin", "")))
        except (KeyError, TypeError) as error:
            raise InputError(f"not a candidate: {type(error).__name__}: {error}") from None

    def of(self, func: str) -> list[Directive]:
        """Return the directives about one Func."""
        return [directive for directive in self.directives if directive.func == func]

    def __str__(self) -> str:
        return "\n".join(map(str, self.directives))


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return candidates without repetitions, in order."""
    return list(dict.fromkeys(candidates))


def _problem(method: str, args: list[Any]) -> str | None:
    """Return why these arguments do not suit a method, or None if they do."""
    if method not in METHODS:
        return f"method '{method}' is not known"
    spec = METHODS[method]
    if spec.endswith("*"):
        return None if args and all(isinstance(arg, str) for arg in args) else "it takes the names of loops"
    needed = spec.split("?")[0]
    optional = spec[len(needed) + 1 :]
    kinds = needed + optional[: max(0, len(args) - len(needed))]
    if len(args) != len(kinds):
        return f"{method} takes {len(needed)} arguments, not {len(args)}"
    for kind, arg in zip(kinds, args, strict=True):
        if (kind == "i") != (isinstance(arg, int) and not isinstance(arg, bool)):
            return f"{arg!r} is no {'whole number' if kind == 'i' else 'name'}"
        if kind == "i" and not 1 <= arg <= 1 << 20:
            return f"{arg} is not in 1..{1 << 20}"
    return None
