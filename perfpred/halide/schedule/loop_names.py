"""Following the names of loops through a schedule: which there are when a directive names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfpred.errors import InputError
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, PLACING, STORING, Directive
from perfpred.halide.schedule.rules import MAX_DIMENSIONS, require_integer, require_name, require_names, shown

MAX_UPDATES = 1000


@dataclass(frozen=True)
class FuncNames:
    """What emitted code needs to find a Func and its loops: its place, dimensions, each update's loops."""

    index: int
    args: tuple[str, ...]
    rvars: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        require_integer(self.index, "index", 0, 100_000)
        require_names(self.args, "args")
        require_integer(len(self.rvars), "the number of updates", 0, MAX_UPDATES)
        for number, names in enumerate(self.rvars):
            require_names((*self.args, *require_names(names, f"rvars[{number}]")), f"rvars[{number}]")


def require_loops(directives: Sequence[Directive], funcs: Mapping[str, FuncNames]) -> None:
    """Raise `InputError` unless each directive names Funcs of `funcs` and loops that are there at its turn.

    A loop that was split, fused or renamed is gone; a new one must not bear the name of one that is there.
    """
    loops = _Loops(funcs)
    for index, each in sorted(enumerate(directives), key=lambda pair: pair[1].method in PLACING):
        try:
            if each.method != AUTOSCHEDULE:
                loops.follow(each)
        except InputError as error:
            raise InputError(f"directives[{index}], {each}: {error}") from None


class _Loops:
    """The loops of every stage that are there."""

    def __init__(self, funcs: Mapping[str, FuncNames]) -> None:
        self._funcs = funcs
        self._there: dict[tuple[str, int], set[str]] = {}
        for key, func in funcs.items():
            require_name(key, "a Func")
            self._there[key, 0] = set(func.args)
            for number, rvars in enumerate(func.rvars):
                self._there[key, number + 1] = {*func.args, *rvars}

    def follow(self, directive: Directive) -> None:
        """Take in one directive."""
        func, stage, method, args = directive.func, directive.stage, directive.method, directive.args
        self._require_func(func)
        if (func, stage) not in self._there:
            raise InputError(f"{func} has no update {stage - 1}")
        there, names = self._there[func, stage], [arg for arg in args if isinstance(arg, str)]
        if method == "split":
            self._replaced(there, names[:1], names[1:3], func)
        elif method == "fuse":
            self._replaced(there, names[:2], names[2:], func)
        elif method == "rename":
            self._replaced(there, names[:1], names[1:], func)
        elif method in ("compute_at", "store_at"):
            self._require_place(names[0], names[1])
        elif method in STORING:
            _require_distinct(names)
            _require_there(set(self._funcs[func].args), names, func, "dimension")
        elif method not in PLACING:
            _require_distinct(names)
            _require_there(there, names, func)

    def _replaced(self, there: set[str], old: Sequence[str], new: Sequence[str], func: str) -> None:
        _require_distinct(old)
        _require_distinct(new)
        _require_there(there, old, func)
        there.difference_update(old)
        for name in new:
            if name in there:
                raise InputError(f"{func} has a loop {shown(name)} already")
        there.update(new)
        require_integer(len(there), f"the number of loops of {func}", 0, 16 * MAX_DIMENSIONS)

    def _require_func(self, key: str) -> None:
        if key not in self._funcs:
            raise InputError(f"{shown(key)} is none of the Funcs {', '.join(self._funcs) or '(none)'}")

    def _require_place(self, key: str, name: str) -> None:
        self._require_func(key)
        stages = [names for (func, _), names in self._there.items() if func == key]
        if not any(name in names for names in stages):
            raise InputError(f"{key} has no loop {shown(name)} to compute or store at")


def _require_distinct(names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise InputError("its loops must be distinct")


def _require_there(there: set[str], names: Sequence[str], func: str, what: str = "loop") -> None:
    for name in names:
        if name not in there:
            known = ", ".join(sorted(there)) or "none"
            raise InputError(f"{func} has no {what} {shown(name)} there; it has {known}")
