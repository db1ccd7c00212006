"""Frozen dataclasses to plain JSON values and back, by their declared field types.

Reading trusts nothing: every field must be there with its declared type, nothing else may be, and each
dataclass checks shapes and ranges when it is made. A field that was added later, and whose default is what
older documents meant, has the metadata `OMIT_DEFAULT`: it is written only where it differs.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np

from perfpred.documents.texts import require_text
from perfpred.errors import InputError, ModelFileError, shortened, shortlist

TYPE_KEY = "type"
OMIT_DEFAULT = types.MappingProxyType({"omit_default": True})
"""Metadata of a field that is not written while it has its default, and may be missing when it is read."""


def encode(value: Any) -> Any:
    """Return plain JSON values; a dataclass becomes an object that names its type."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        given = {field: getattr(value, field.name) for field in dataclasses.fields(value)}
        written = {field.name: encode(each) for field, each in given.items() if not _is_omitted(field, each)}
        return {TYPE_KEY: type(value).__name__, **written}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return value


def decode(data: Any, expected: Any, where: str = "model") -> Any:
    """Return the value of type `expected` that `data` encodes.

    Parameters
    ----------
    data : JSON value
    expected : type
        A dataclass, a union of such, a tuple or mapping of one type, an array, text or a number.
    where : str
        What is decoded, for messages.

    Raises
    ------
    ModelFileError
        Naming the place, what was expected there and what stands there.
    """
    if expected is str:  # the usual, quickly
        return _be(data, str, where)
    origin = get_origin(expected)
    if origin in (typing.Union, types.UnionType):
        return _decode_union(data, get_args(expected), where)
    if dataclasses.is_dataclass(expected) and isinstance(expected, type):
        return _decode_dataclass(data, expected, where)
    if origin is tuple:
        item = get_args(expected)[0]
        return tuple(decode(each, item, f"{where}[{i}]") for i, each in enumerate(_be(data, list, where)))
    if origin is not None and issubclass(origin, Mapping):
        item = get_args(expected)[1]
        return {key: decode(each, item, f"{where}.{key}") for key, each in _be(data, dict, where).items()}
    if origin is np.ndarray:
        return _be(data, list, where)
    if expected is float:
        return _float(_be(data, (int, float), where), where)
    return _be(data, expected, where)


def _float(number: int | float, where: str) -> float:
    try:
        return float(number)
    except OverflowError:
        raise ModelFileError(f"{where} must be a double, but is an integer beyond any") from None


def _decode_union(data: Any, members: tuple[Any, ...], where: str) -> Any:
    if types.NoneType in members:
        (member,) = (each for each in members if each is not types.NoneType)
        return None if data is None else decode(data, member, where)
    name = _be(data, dict, where).get(TYPE_KEY)
    for member in members:
        if member.__name__ == name:
            return decode(data, member, where)
    known = ", ".join(member.__name__ for member in members)
    raise ModelFileError(f"{where}.{TYPE_KEY} must be one of {known}, but is {_shown(name)}")


def _decode_dataclass(data: Any, expected: type, where: str) -> Any:
    given = dict(_be(data, dict, where))
    name = given.pop(TYPE_KEY, None)
    if name != expected.__name__:
        raise ModelFileError(f"{where}.{TYPE_KEY} must be {expected.__name__!r}, but is {_shown(name)}")
    known, needed = _fields(expected)
    if not needed <= given.keys() <= known.keys():
        differing = shortlist(sorted((given.keys() - known.keys()) | (needed - given.keys())))
        raise ModelFileError(
            f"{where} must have the fields {', '.join(known)}; missing or unknown: {differing}"
        )
    values = {key: decode(given[key], kind, f"{where}.{key}") for key, kind in known.items() if key in given}
    try:
        return expected(**values)
    except InputError as error:
        raise ModelFileError(f"{where}: {error}") from None
    except (ArithmeticError, ValueError, TypeError, RecursionError, MemoryError) as error:
        reason = shortened(ascii(str(error)), 200)
        raise ModelFileError(f"{where} cannot be a {name} ({type(error).__name__}: {reason})") from None


def _may_be_omitted(field: dataclasses.Field[Any]) -> bool:
    return bool(field.metadata.get("omit_default"))


def _is_omitted(field: dataclasses.Field[Any], value: Any) -> bool:
    return _may_be_omitted(field) and bool(value == field.default)


def _require_texts(data: Any, where: str) -> None:
    """Refuse text, also of an object's keys, that a name or an expression cannot be."""
    try:
        for text in (data,) if isinstance(data, str) else data if isinstance(data, dict) else ():
            require_text(text, where)
    except InputError as error:
        raise ModelFileError(str(error)) from None


def _shown(value: Any) -> str:
    return shortened(ascii(value))


@lru_cache(maxsize=64)
def _fields(kind: type) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the types of a dataclass's fields in order, and the names of those that must be there."""
    hints, fields = get_type_hints(kind), dataclasses.fields(kind)
    needed = frozenset(field.name for field in fields if not _may_be_omitted(field))
    return {field.name: hints[field.name] for field in fields}, needed


def _be(data: Any, kind: Any, where: str) -> Any:
    if isinstance(data, kind) and not (isinstance(data, bool) and kind is not bool):
        _require_texts(data, where)
        return data
    names = [each.__name__ for each in (kind if isinstance(kind, tuple) else (kind,))]
    raise ModelFileError(f"{where} must be {' or '.join(names)}, but is {type(data).__name__}")
