"""hyperfine's JSON (``--export-json``): one entry per command, with its parameters and every run's time."""

from __future__ import annotations

import shlex
from pathlib import PurePath
from typing import Any

from perfpred.exchange.document import Document
from perfpred.exchange.estimates import usable
from perfpred.exchange.objects import named_twice, text_in
from perfpred.exchange.results import Rejection, Result, Results
from perfpred.profile.command_templates import templates

NAME = "hyperfine JSON"


def refusal(content: Any) -> str | None:
    """Return why the content is not of this format, None if it is."""
    if not isinstance(content, dict):
        return "the file does not hold a JSON object"
    listed = content.get("results")
    if not isinstance(listed, list) or not any(_is_entry(each) for each in listed):
        return "it has no list 'results' whose entries have a 'command' and 'times' or a 'mean'"
    return None


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("command"), str)
        and bool({"times", "mean"} & entry.keys())
    )


def read(document: Document) -> Results:
    """Return what hyperfine measured: a variant per command, its parameters written as ``{name}``."""
    results: list[Result] = []
    rejected = list(document.rejected)
    listed = document.content["results"]
    entries = [entry for entry in listed if _is_entry(entry)]
    texts = [{name: str(value) for name, value in _parameters(entry).items()} for entry in entries]
    typed = iter(templates([text_in(entry, "command") for entry in entries], texts))
    for index, entry in enumerate(listed):
        place = f"results[{index}]"
        if _is_entry(entry):
            results.append(_result(place, entry, next(typed)))
        else:
            rejected.append(Rejection(place, "an entry must have a 'command' and 'times' or a 'mean'", entry))
    programs = {_program(result.variant) for result in results}
    return Results(
        format=NAME,
        results=results,
        rejected=rejected,
        kernel=programs.pop() if len(programs) == 1 else "",
    )


def _parameters(entry: dict[str, Any]) -> dict[str, Any]:
    stated = entry.get("parameters")
    return stated if isinstance(stated, dict) else {}


def _result(place: str, entry: dict[str, Any], command: str) -> Result:
    times = entry.get("times")
    estimates = (
        entry.get("median"),
        entry.get("mean"),
        *(usable(times)[:1] if isinstance(times, list) else ()),
    )
    twice = named_twice(entry)
    return Result(
        place,
        _parameters(entry),
        next((estimate for estimate in estimates if estimate is not None), None),
        words=_words(entry.get("exit_codes")),
        repeats=times if isinstance(times, list) else (),
        variant=command,
        problem=f"the entry names '{twice}' twice" if twice else "",
    )


def _words(exit_codes: Any) -> dict[str, Any]:
    """Return the words of a command that failed; a code is null where a signal ended it."""
    codes = exit_codes if isinstance(exit_codes, list) else []
    failed = [code for code in codes if code != 0]
    if not failed:
        return {}
    return {"value": "ended by a signal" if failed[0] is None else f"exit code {failed[0]}"}


def _program(command: str) -> str:
    """Return the name of the program that a command runs; empty if that cannot be told."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    return PurePath(words[0]).name if words else ""
