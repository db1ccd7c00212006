"""A candidate schedule: a list of plain directives, whoever thought of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.schedule.plan import Plan
from perfpred.halide.schedule.rules import (
    MAX_DIMENSIONS,
    MAX_DIRECTIVES,
    MAX_NUMBER,
    MAX_STAGE,
    MEMORIES,
    TAILS,
    is_name,
    require,
    require_source,
    settings,
    shown,
)

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
STORING = ("reorder_storage", "fold_storage", "align_storage")


@dataclass(frozen=True)
class Directive:
    """One scheduling call, such as ``blur_x.split(x, xo, xi, 64)``.

    Attributes
    ----------
    func : str
        The Func's key.
    stage : int
        0 for the definition, then updates.
    method : str
        Of Halide's Func or Stage.
    args : tuple of str or int
        As the method takes them.

    Examples
    --------
    >>> print(Directive("blur_x", 0, "split", ("x", "xo", "xi", 64)))
    blur_x.split(x, xo, xi, 64)
    """

    func: str
    stage: int
    method: str
    args: tuple[str | int, ...] = ()

    def __post_init__(self) -> None:
        problem = _call_problem(self) or _problem(self.method, self.args)
        if problem is not None:
            raise InputError(f"{shown(list(self.to_json()))} is not a directive: {problem}")

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
        if isinstance(document, list | tuple) and len(document) >= 3:
            func, stage, method, *args = document
            return cls(func, stage, method, tuple(args))
        raise InputError(
            f"{shown(document)} is not a directive: it must be [func, stage, method, argument...]"
        )


@dataclass(frozen=True)
class Candidate:
    """A schedule of a pipeline; two with the same directives are the same.

    Parameters
    ----------
    directives : tuple of Directive
        In the order they are applied. Funcs without any are inlined.
    source : str
        Who thought of it: ``own``, ``adams2019``, ...
    plan : Plan, optional
        What it was made of, for its source to mutate it.
    """

    directives: tuple[Directive, ...]
    source: str = field(default="own", compare=False)
    plan: Plan | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        require_source(self.source)
        count = len(self.directives)
        require(count <= MAX_DIRECTIVES, "a schedule", f"of at most {MAX_DIRECTIVES} directives", count)
        if not all(isinstance(each, Directive) for each in self.directives):
            raise InputError(f"a schedule must be a list of directives, but is {shown(self.directives)}")

    @cached_property
    def id(self) -> str:
        """A short hash of the directives; it never reads as a number."""
        text = json.dumps([directive.to_json() for directive in self.directives])
        return "s" + hashlib.sha256(text.encode()).hexdigest()[:11]

    @property
    def runs_autoscheduler(self) -> bool:
        """Whether an autoscheduler makes some of it when it is applied."""
        return any(each.method == AUTOSCHEDULE for each in self.directives)

    def to_json(self) -> dict[str, Any]:
        """Return a plain dictionary."""
        return {
            "id": self.id,
            "source": self.source,
            "directives": [directive.to_json() for directive in self.directives],
            "origin": "" if self.plan is None else self.plan.dumps(),
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Candidate:
        """Return the candidate that `to_json` described.

        Raises
        ------
        InputError
            If it is none; the message says at which directive.
        """
        require(isinstance(document, Mapping), "a candidate", "a JSON object", document)
        given, origin = document.get("directives"), document.get("origin", "")
        if not isinstance(given, list | tuple):
            raise InputError(f"a candidate must have a list of 'directives', but it is {shown(given)}")
        found = tuple(_placed(each, index) for index, each in enumerate(given[: MAX_DIRECTIVES + 1]))
        require(isinstance(origin, str), "origin", "the JSON text of a plan", origin)
        plan = Plan.loads(origin) if origin else None
        candidate = cls(found, document.get("source", "own"), plan)
        name = document.get("id", candidate.id)
        require(name == candidate.id, "id", f"the hash of the directives, {candidate.id}", name)
        return candidate

    def of(self, func: str) -> list[Directive]:
        """Return the directives about one Func."""
        return [directive for directive in self.directives if directive.func == func]

    def __str__(self) -> str:
        return "\n".join(map(str, self.directives))


def distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return candidates without repetitions, in order."""
    return list(dict.fromkeys(candidates))


def _placed(document: Any, index: int) -> Directive:
    try:
        return Directive.from_json(document)
    except InputError as error:
        raise InputError(f"directives[{index}]: {error}") from None


def _call_problem(directive: Directive) -> str | None:
    """Return why nothing can be called so, None if it can."""
    func, stage, method = directive.func, directive.stage, directive.method
    if not isinstance(method, str) or method not in METHODS:
        return f"method {shown(method)} is not known"
    if not isinstance(stage, int) or isinstance(stage, bool) or not 0 <= stage <= MAX_STAGE:
        return f"stage {shown(stage)} is no whole number in 0..{MAX_STAGE}"
    if method == AUTOSCHEDULE:
        return None if (func, stage) == (PIPELINE, 0) else "an autoscheduler is about the whole pipeline"
    if not isinstance(func, str) or not is_name(func):
        return f"{shown(func)} is no name of a Func"
    placed = method in PLACING or method in STORING
    return f"{method} is about a Func, not about its update {stage - 1}" if stage and placed else None


def _problem(method: str, args: Sequence[Any]) -> str | None:
    """Return why these arguments do not suit a method, or None if they do."""
    spec = METHODS[method]
    if spec.endswith("*"):
        good = args and len(args) <= MAX_DIMENSIONS and all(isinstance(arg, str) for arg in args)
        if not good:
            return "it takes the names of loops"
        kinds = "v" * len(args)
    else:
        needed = spec.split("?")[0]
        optional = spec[len(needed) + 1 :]
        kinds = needed + optional[: max(0, len(args) - len(needed))]
    if len(args) != len(kinds):
        return f"{method} takes {len(needed)} arguments, not {len(args)}"
    if kinds == "sp":
        return _settings_problem(*args)
    return next(filter(None, map(_argument_problem, kinds, args)), None)


def _argument_problem(kind: str, arg: Any) -> str | None:
    if kind == "i":
        if not isinstance(arg, int) or isinstance(arg, bool):
            return f"{shown(arg)} is no whole number"
        return None if 1 <= arg <= MAX_NUMBER else f"{shown(arg)} is not in 1..{MAX_NUMBER}"
    if not isinstance(arg, str):
        return f"{shown(arg)} is no name"
    known = {"t": TAILS, "m": MEMORIES}.get(kind)
    if known is not None:
        what = "tail strategy" if kind == "t" else "memory type"
        return None if arg in known else f"unknown {what} {shown(arg)}; known: {', '.join(known)}"
    return None if is_name(arg) else f"{shown(arg)} is no name of a loop or Func"


def _settings_problem(scheduler: Any, text: Any) -> str | None:
    try:
        settings(scheduler, text)
    except InputError as error:
        return str(error)
    return None
