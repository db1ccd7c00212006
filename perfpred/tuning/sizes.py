"""Columns of a tuning profile that say what is computed, not how: sizes, which no search may choose.

A search that takes a size for a parameter to tune finds that the smallest problem is the fastest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from perfpred.errors import InputError, UnknownNameError
from perfpred.predict.checks import Floats
from perfpred.profile import Profile
from perfpred.profile.cells import Value

_NAMES = re.compile(
    r"(problem|input|data|matrix|image|array|vector|grid|mesh)_?(size|n|m|k|len|length|dim|width|height)?s?"
    r"(_?[xyz0-9])?|problem.*|size(_?[xyz0-9])?|n|m|k|len|length|elements|n_?(elements|rows|cols|items)|width|height",
    re.IGNORECASE,
)
"""Names that sizes have in the wild; tunables are blocks, tiles, vectors, unroll factors."""
_MIN_RATIO = 2.0
"""From its least to its greatest value, a size changes times at least so many times."""
_MIN_GROWING = 0.9
"""Mean correlation of a size and the time, both as logarithms, in otherwise equal configurations."""
_MIN_REPEATED = 0.5
"""Of the other parameters' configurations, so many are there at two values of a size at least."""


@dataclass(frozen=True)
class Suspect:
    """A column that looks like a size.

    Attributes
    ----------
    name : str
        Several that are sizes together are separated by commas.
    ratio : float
        Mean time at its slowest value over that at its fastest, in otherwise equal configurations.
    is_named : bool
        Whether its name is one that sizes have, too.
    is_all : bool
        Whether nothing else varies.
    """

    name: str
    ratio: float
    is_named: bool
    is_all: bool = False

    def describe(self) -> str:
        """Return why it looks like a size and what can be done, as a sentence."""
        if self.is_all:
            return (
                f"nothing but sizes varies, as it seems ({self.name}), so that a search would find the "
                "smallest problem; --fixed none takes them for parameters to tune"
            )
        return (
            f"'{self.name}' looks like a problem size, not like a parameter to tune: times grow with it "
            f"{self.ratio:.3g}-fold, so that a search would find the smallest problem; --fixed {self.name} "
            "searches each of its values, --fixed none takes it for a parameter to tune"
        )


def fixed_parts(part: Profile, fixed: Sequence[str]) -> Iterator[tuple[dict[str, Value], Profile]]:
    """Yield the rows of each combination of values of the fixed parameters, with these values.

    Raises
    ------
    InputError
        If a parameter is unknown, or nothing is left to tune.
    """
    for name in fixed:
        if name not in part.parameters:
            raise UnknownNameError("parameter", name, part.parameters)
    if not fixed:
        yield {}, part
        return
    if all(part.X[name].nunique() <= 1 for name in part.parameters if name not in fixed):
        raise InputError(f"there is nothing to search: no parameter varies beside {', '.join(fixed)}")
    for values, rows in part.X.groupby(list(fixed), sort=True):
        plain: list[Any] = [each.item() if isinstance(each, np.generic) else each for each in values]
        yield dict(zip(fixed, plain, strict=True)), part.take(rows.index.to_numpy())


def label(values: Mapping[str, Value]) -> str:
    """Return fixed values as a text, such as ``m=512 n=64``; empty if there are none."""
    return " ".join(f"{name}={value}" for name, value in values.items())


def suspects(part: Profile) -> list[Suspect]:
    """Return the columns of one combination that look like sizes, the most suspicious first.

    A size is a number with which the time grows in otherwise equal configurations, far more than with any
    other parameter unless its name is that of a size, and for whose values the others repeat.
    """
    measured = part.ok
    varying = [name for name in measured.parameters if measured.X[name].nunique() > 1]
    table = measured.X[varying].assign(log_time=np.log(measured.time_s))
    named = [name for name in varying if _NAMES.fullmatch(name) and _is_positive(table[name])]
    if len(named) == len(varying):
        return _all_sizes(table, named)
    if len(varying) < 2:
        return []
    found = _single(table, varying)
    return found if found or len(named) < 2 else _joint(table, named)


def _is_positive(column: pd.Series[Any]) -> bool:
    return column.dtype.kind in "if" and bool((column > 0).all())


def _all_sizes(table: pd.DataFrame, named: Sequence[str]) -> list[Suspect]:
    """Return all columns together if each has the name of a size and the time grows with their product."""
    if not named:
        return []
    work = np.log(table[list(named)]).sum(axis=1)
    ratio = float(np.exp(np.ptp(table["log_time"])))
    grows = ratio > _MIN_RATIO and work.corr(table["log_time"], method="spearman") > _MIN_GROWING
    return [Suspect(",".join(named), ratio, True, True)] if grows else []


def _joint(table: pd.DataFrame, named: Sequence[str]) -> list[Suspect]:
    """Return together the columns that have names of sizes, where they vary only with each other."""
    work = np.log(table[list(named)]).sum(axis=1)
    effect = _effect(table.drop(columns=list(named)).assign(work=work), "work")
    together = Suspect(",".join(named), float(np.exp(effect.log_ratio)), True)
    return [together] if _is_size(effect, True, 0.0) else []


def _is_size(effect: _Effect, is_named: bool, others: float) -> bool:
    least = np.log(_MIN_RATIO) if is_named else max(2 * others, np.log(4 * _MIN_RATIO))
    return effect.log_ratio > least and effect.growing >= _MIN_GROWING and effect.repeated >= _MIN_REPEATED


def _single(table: pd.DataFrame, varying: Sequence[str]) -> list[Suspect]:
    effects = {name: _effect(table, name) for name in varying}
    found = []
    for name in varying:
        effect = effects[name]
        others = max(abs(effects[other].log_ratio) for other in varying if other != name)
        is_named = _NAMES.fullmatch(name) is not None
        if _is_size(effect, is_named, others):
            found.append(Suspect(name, float(np.exp(effect.log_ratio)), is_named))
    return sorted(found, key=lambda each: (not each.is_named, -each.ratio))


@dataclass(frozen=True)
class _Effect:
    """What a column does to the time in otherwise equal configurations."""

    log_ratio: float
    growing: float
    repeated: float


_NONE = _Effect(0.0, 0.0, 0.0)


def _effect(table: pd.DataFrame, name: str) -> _Effect:
    others = [str(other) for other in table if other not in (name, "log_time")]
    if table[name].dtype.kind not in "if":
        return _of_category(table, name, others)
    grid = table.pivot_table("log_time", others, name, aggfunc="median")
    is_there = grid.notna().to_numpy()
    repeated = grid[is_there.sum(axis=1) >= 2]
    if not len(repeated):
        return _NONE
    centred = repeated.sub(repeated.mean(axis=1), axis=0)
    means = centred.mean(axis=0)
    growing = _correlation(repeated.columns.to_numpy(dtype=np.float64), repeated.to_numpy())
    return _Effect(float(means.max() - means.min()), growing, len(repeated) / len(grid))


def _correlation(values: Floats, log_time: Floats) -> float:
    """Return the mean over rows of their correlation with values of shape (v,), of times (rows, v) or NaN."""
    scale = np.log(values) if (values > 0).all() else values
    x = np.where(np.isnan(log_time), np.nan, scale)
    x, y = (each - np.nanmean(each, axis=1, keepdims=True) for each in (x, log_time))
    spread = np.sqrt(np.nansum(x**2, axis=1) * np.nansum(y**2, axis=1))
    products = np.nansum(x * y, axis=1)
    return float(np.mean(np.divide(products, spread, out=np.zeros(len(y)), where=spread > 0)))


def _of_category(table: pd.DataFrame, name: str, others: Sequence[str]) -> _Effect:
    grid = table.pivot_table("log_time", list(others), name, aggfunc="median")
    means = grid.sub(grid.mean(axis=1), axis=0).mean(axis=0)
    return _Effect(float(means.max() - means.min()), 0.0, 0.0)
