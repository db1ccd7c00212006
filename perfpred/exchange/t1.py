"""T1 files: a tuning space whose values and conditions are Python expressions in texts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from perfpred.complexity import Condition
from perfpred.errors import InputError, ProblemsError
from perfpred.exchange.document import Document
from perfpred.exchange.space import TuningSpace
from perfpred.exchange.values import checked_value, expand
from perfpred.profile.cells import Value

NAME = "T1 space"


@dataclass(frozen=True)
class StatedSpace:
    """A tuning space and the name of what it is for, empty if the file has none."""

    space: TuningSpace
    name: str


def refusal(content: Any) -> str | None:
    """Return why the content is not of this format, None if it is."""
    if not isinstance(content, dict):
        return "the file does not hold a JSON object"
    space = content.get("ConfigurationSpace")
    if not isinstance(space, dict) or not isinstance(space.get("TuningParameters"), list):
        return "it has no object 'ConfigurationSpace' with a list 'TuningParameters'"
    return None


def read(document: Document) -> StatedSpace:
    """Return the space that a T1 file states.

    Raises
    ------
    ProblemsError
        If values or conditions cannot be read; all of them are listed.
    """
    stated = document.content["ConfigurationSpace"]
    general = document.content.get("General")
    name = general.get("BenchmarkName") if isinstance(general, dict) else None
    conditions = stated.get("Conditions") or []
    return stated_space(document, stated["TuningParameters"], conditions, name)


def stated_space(document: Document, parameters: list[Any], conditions: Any, name: Any) -> StatedSpace:
    """Return the space of parameters and conditions as T1 states them.

    Parameters
    ----------
    document : Document
    parameters : list of object
        As T1 lists them.
    conditions : object
        As T1 lists them; anything that is no list is reported.
    name : object
        Of the kernel; anything but a text counts as none.

    Raises
    ------
    ProblemsError
        With all that is wrong.
    """
    problems: list[str] = []
    values = _parameters(parameters, problems)
    space = TuningSpace(values, _conditions(conditions, values, problems))
    if problems:
        raise ProblemsError(str(document.path), problems)
    return StatedSpace(space, name if isinstance(name, str) else "")


def _parameters(listed: list[Any], problems: list[str]) -> dict[str, tuple[Value, ...]]:
    parameters: dict[str, tuple[Value, ...]] = {}
    for index, entry in enumerate(listed):
        name = entry.get("Name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name.strip():
            problems.append(f"TuningParameters[{index}] has no Name")
        elif name in parameters:
            problems.append(f"TuningParameters[{index}]: there are two parameters '{name}'")
        else:
            parameters[name] = _values(name, entry.get("Values"), problems)
    if not listed:
        problems.append("there is no parameter in TuningParameters")
    return parameters


def _values(name: str, stated: Any, problems: list[str]) -> tuple[Value, ...]:
    """Return the values of a parameter, stated as a text as T1 has it or as a plain list."""
    try:
        if isinstance(stated, list) and stated:
            return tuple(dict.fromkeys(checked_value(value) for value in stated))
        return expand(stated)
    except InputError as error:
        problems.append(_indented(f"the values of '{name}': {error}"))
        return ()


def _conditions(listed: Any, known: Collection[str], problems: list[str]) -> tuple[Condition, ...]:
    if not isinstance(listed, list):
        problems.append(f"Conditions must be a list, but is {listed!r}")
        return ()
    conditions = []
    for index, entry in enumerate(listed):
        try:
            conditions.append(_condition(entry, known))
        except InputError as error:
            problems.append(_indented(f"Conditions[{index}]: {error}"))
    return tuple(conditions)


def _condition(entry: Any, known: Collection[str]) -> Condition:
    text = entry.get("Expression") if isinstance(entry, dict) else entry
    condition = Condition(text)  # type: ignore[arg-type]
    unknown = [name for name in condition.names if name not in known]
    if unknown:
        raise InputError(f"'{text}' is about '{unknown[0]}', which is no parameter of the space")
    return condition


def _indented(message: str) -> str:
    return message.replace("\n", "\n  ")  # a caret line stays under its expression
