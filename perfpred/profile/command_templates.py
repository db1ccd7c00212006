"""Commands with the values of their parameters replaced by ``{name}``, as they were typed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

MAX_WAYS = 256
"""A command is written in at most so many ways; values that occur more often are replaced as whole words."""


def templates(commands: Sequence[str], parameters: Sequence[Mapping[str, str]]) -> list[str]:
    """Return what was typed for each command.

    Where a value occurs at several places, or within a word as in ``10000`` for ``{n}000``, the other
    commands tell what was meant: of all ways to write a command, the one that serves most commands is taken.

    Parameters
    ----------
    commands : sequence of str, length n
    parameters : sequence of mappings, length n
        The values of each command's parameters.

    Examples
    --------
    >>> templates(["seq 10000 -w", "seq 20000 -w"], [{"n": "10"}, {"n": "20"}])
    ['seq {n}000 -w', 'seq {n}000 -w']
    >>> templates(["./v2 2", "./v2 3"], [{"n": "2"}, {"n": "3"}])
    ['./v2 {n}', './v2 {n}']
    """
    ways = [_ways(command, values) for command, values in zip(commands, parameters, strict=True)]
    votes = Counter(way for each in ways for way in each)
    return [max(each, key=lambda way: (votes[way], way == each[0], way.count("{"))) for each in ways]


def _ways(command: str, values: Mapping[str, str]) -> list[str]:
    """Return the ways to write a command; the first replaces whole words."""
    named = {name: value for name, value in values.items() if value}
    found = dict.fromkeys([_whole_words(command, named), command])
    begun = [("", 0)]
    while begun:
        done, place = begun.pop()
        if place >= len(command):
            found[done] = None
            continue
        for name, value in named.items():
            if command.startswith(value, place):
                begun.append((f"{done}{{{name}}}", place + len(value)))
        begun.append((done + command[place], place + 1))
        if len(found) + len(begun) > MAX_WAYS:
            return list(found)[:2]
    return list(found)


def _whole_words(command: str, values: Mapping[str, str]) -> str:
    names: dict[str, str] = {}
    for name, value in sorted(values.items(), key=lambda item: -len(item[1])):
        names.setdefault(value, name)
    if not names:
        return command
    listed = "|".join(map(re.escape, names))
    return re.sub(rf"(?<![\w.])(?:{listed})(?![\w.])", lambda found: f"{{{names[found[0]]}}}", command)
