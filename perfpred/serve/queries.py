"""What a JSON body asks, checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeAlias

from perfpred.errors import InputError, UnknownNameError, quoted
from perfpred.serve.bodies import is_finite, kind_of

Values: TypeAlias = Mapping[str, "float | str"]
COMMON = ("kernel", "hardware", "parameters", "queries")
PREDICT = (*COMMON, "variant")
SELECT = (*COMMON, "default", "top")
_VALUES = {int, float, str}


@dataclass(frozen=True)
class Asked:
    """A query, or a batch of them.

    Attributes
    ----------
    kernel : str
    variant, hardware : str, optional
    default : str, optional
        The variant to stay with unless another is clearly faster.
    top : int, optional
        The length of a ranking.
    parameters : mapping of str to float or str
        Values by name; in a batch those of all its queries.
    queries : sequence of mapping, optional
        The queries of a batch; None for one query.
    """

    kernel: str
    variant: str | None = None
    hardware: str | None = None
    default: str | None = None
    top: int | None = None
    parameters: Values | None = None
    queries: Sequence[Values] | None = None


def asked(body: Mapping[str, Any], members: Sequence[str], max_rows: int) -> Asked:
    """Return what a JSON object asks.

    Parameters
    ----------
    body : mapping
    members : sequence of str
        The names that it may have: `PREDICT` or `SELECT`.
    max_rows : int
        Of a batch.

    Raises
    ------
    InputError
        If a member is unknown, missing, or not what it must be.
    """
    for name in body:
        if name not in members:
            raise UnknownNameError("member", name, members)
    if "kernel" not in body:
        raise InputError("the member 'kernel' is missing: it names the kernel that is asked about")
    for name in ("kernel", "variant", "hardware", "default"):
        value = body.get(name)
        if name in body and (type(value) is not str or not value):
            raise InputError(f"{name} must be a text that is not empty, but is {_kind(value)}")
    top = body.get("top")
    if "top" in body and (type(top) is not int or top < 1):
        raise InputError(f"top must be a whole number >= 1, but is {quoted(top, 40)}")
    if "parameters" not in body and "queries" not in body:
        raise InputError("a query needs 'parameters', values by name; a batch has 'queries', a list of them")
    parameters = _values(body["parameters"], "parameters") if "parameters" in body else {}
    queries = _batch(body["queries"], parameters, max_rows) if "queries" in body else None
    if queries is not None and top is not None:
        raise InputError("top is for one query: each row of a batch is answered with one choice")
    names = {name: body.get(name) for name in ("kernel", "variant", "hardware", "default")}
    return Asked(**names, top=top, parameters=parameters, queries=queries)  # type: ignore[arg-type]


def _values(value: Any, where: str) -> Values:
    """Return values by name."""
    if type(value) is not dict:
        raise InputError(f"{where} must be an object, values by name, but is {kind_of(value)}")
    for name, each in value.items():
        if not is_finite(each):
            raise InputError(f"{where}: {quoted(name)} must be a number or a text, but is {_kind(each)}")
    return value


def _batch(rows: Any, shared: Values, max_rows: int) -> Sequence[Values]:
    if type(rows) is not list:
        raise InputError(f"queries must be an array of objects, but is {kind_of(rows)}")
    if not 1 <= len(rows) <= max_rows:
        raise InputError(f"a batch has 1 to {max_rows:,} queries, but this one has {len(rows):,}")
    if set(map(type, rows)) != {dict} or not _VALUES.issuperset(map(type, chain(*map(dict.values, rows)))):
        for number, row in enumerate(rows, 1):
            _values(row, f"query {number}")
    if shared:
        for number, row in enumerate(rows, 1):
            if not shared.keys().isdisjoint(row):
                name = next(name for name in row if name in shared)
                raise InputError(f"query {number}: {quoted(name)} is given twice: here and for all queries")
    return rows


def _kind(value: Any) -> str:
    return "''" if value == "" else kind_of(value)
