"""The contract of printed JSON: a document has the keys and the kinds of values that its type says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from perfpred.errors import UnknownNameError, one_line
from perfpred.schemas import DOCUMENTS, to_json
from perfpred.testing.contract import ContractError

_MODES = ("--table", "--check")
"""Options with which a command prints another document."""


def check_document(command: str, document: Any) -> None:
    """Check what a command printed, or a service answered, against the type of it.

    Parameters
    ----------
    command : str
        A key of `perfpred.schemas.DOCUMENTS`, such as ``select`` or ``predict --table``.
    document : dict or list
        As read by `json.loads`.

    Raises
    ------
    ContractError
        If a key is missing, unknown or out of order, or a value is of another kind.
    UnknownNameError
        If there is no such command.

    Examples
    --------
    >>> check_document("doctor", [{"name": "python", "state": "ok", "detail": "3.12"}])
    Traceback (most recent call last):
        ...
    perfpred.testing.contract.ContractError: what doctor prints has [0].advice: Field required
    """
    from pydantic import ValidationError

    try:
        read = to_json(_adapter(command).validate_python(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in first["loc"])
        raise ContractError(f"what {command} prints has {place}: {one_line(first['msg'])}") from None
    if _keys(read) != _keys(document):
        raise ContractError(
            f"what {command} prints has keys that its type does not have, or in another order"
        )
    if read != document:
        raise ContractError(f"what {command} prints has values of another kind than its type")


def command_of(arguments: Sequence[str]) -> str:
    """Return the key of `DOCUMENTS` of a command line.

    Examples
    --------
    >>> command_of(["halide", "rank", "blur"]), command_of(["predict", "matmul", "--table", "q.csv"])
    ('halide rank', 'predict --table')
    """
    words = arguments[: 2 if arguments[0] == "halide" else 1]
    modes = [mode for mode in _MODES if mode in arguments and f"{words[0]} {mode}" in DOCUMENTS]
    return " ".join([*words, *modes])


@cache
def _adapter(command: str) -> Any:
    from pydantic import TypeAdapter  # takes long to load

    if command not in DOCUMENTS:
        raise UnknownNameError("command", command, DOCUMENTS)
    return TypeAdapter(DOCUMENTS[command])


def _keys(document: Any) -> Any:
    """Return the keys of a document in their order, and of what it holds."""
    if isinstance(document, dict):
        return [(key, _keys(value)) for key, value in document.items()]
    return [_keys(each) for each in document] if isinstance(document, list) else None
