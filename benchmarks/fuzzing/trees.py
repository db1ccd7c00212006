"""Changes to JSON values: what lies somewhere in a document is replaced, moved, removed or made hostile."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from typing import Any

Path = tuple[str | int, ...]

NUMBERS: tuple[Any, ...] = (
    *(0, -1, 1, 2, 3, 7, 8, 64, 1 << 20, (1 << 20) + 1, 1 << 31, 1 << 63, 10**30, 10**400),
    *(0.0, -0.0, 0.5, 1.5, 1e-320, 1e308, -1e308, float("nan"), float("inf"), float("-inf")),
)
TEXTS = (
    *('"', "'", "\\", "\n", "\r\n", "*/", '"""', "??/", "\0", "\u202e", "\u2028", "\x1b[31m", "#{}", "é"),
    *('"); system("touch pwned"); //', '"), __import__("os").system("touch pwned"), hl.Var("z'),
    *('"""\nimport os\nos.system("touch pwned")\n"""', "x\n#include <cstdlib>\nint z = system(0);\n//"),
    *(
        "../../etc/passwd",
        "a" * 201,
        "a" * 5000,
        "",
        " ",
        "if",
        "class",
        "hl",
        "pipeline",
        "target",
        "0x",
        "$",
    ),
)
OTHERS: tuple[Any, ...] = (
    None,
    True,
    False,
    [],
    {},
    [[]],
    [None] * 3,
    {"a": 1},
    [1, 2],
    ["x", "y"],
    [[1, 1]],
)


def changed(document: Any, rng: random.Random) -> Any:
    """Return a copy of a document with one to three changes."""
    made = [copy.deepcopy(document)]
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice(CHANGES)(made, rng)
    return made[0]


def mixed(document: Any, rng: random.Random) -> Any:
    """Return a copy in which some values stand where others of their type stood, nearly right."""
    made = [copy.deepcopy(document)]
    for _ in range(rng.choice((1, 1, 2, 4))):
        rng.choice((_copy_alike, _copy_alike, _remove, _small_number))(made, rng)
    return made[0]


def paths(value: Any, start: Path = ()) -> Iterator[Path]:
    """Yield where each value lies below a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in items:
        yield (*start, key)
        yield from paths(each, (*start, key))


def at(document: Any, path: Path) -> Any:
    """Return what lies at a path."""
    for key in path:
        document = document[key]
    return document


def _some(made: list[Any], rng: random.Random) -> tuple[Any, Any] | None:
    """Return a container and a key of it: as likely near the root as anywhere."""
    found = list(paths(made[0]))
    if not found:
        return None
    if rng.random() < 0.3:
        found = [path for path in found if len(path) <= 2]
    path = rng.choice(found)
    return at(made[0], path[:-1]), path[-1]


def _replace(made: list[Any], rng: random.Random) -> None:
    place = _some(made, rng)
    if place is not None:
        place[0][place[1]] = copy.deepcopy(rng.choice(rng.choice((NUMBERS, TEXTS, OTHERS))))


def _copy_over(made: list[Any], rng: random.Random) -> None:
    """Put a value where another stands: most of what comes of it is nearly right."""
    one, other = _some(made, rng), _some(made, rng)
    if one is not None and other is not None:
        one[0][one[1]] = copy.deepcopy(other[0][other[1]])


def _copy_alike(made: list[Any], rng: random.Random) -> None:
    """Put a value where another of its type stands."""
    found = list(paths(made[0]))
    one = rng.choice(found) if found else ()
    kind = type(at(made[0], one))
    alike = [path for path in found if type(at(made[0], path)) is kind]
    if alike:
        at(made[0], one[:-1])[one[-1]] = copy.deepcopy(at(made[0], rng.choice(alike)))


def _remove(made: list[Any], rng: random.Random) -> None:
    place = _some(made, rng)
    if place is not None:
        del place[0][place[1]]


def _insert(made: list[Any], rng: random.Random) -> None:
    place = _some(made, rng)
    if place is None:
        return
    owner, key = place
    value = copy.deepcopy(rng.choice((owner[key], *rng.choice((NUMBERS, TEXTS, OTHERS)))))
    if isinstance(owner, list):
        owner.insert(rng.randint(0, len(owner)), value)
    else:
        owner[rng.choice((*TEXTS, *map(str, owner)))] = value


def _spoil_text(made: list[Any], rng: random.Random) -> None:
    """Put something hostile into a text or a key."""
    found = [path for path in paths(made[0]) if isinstance(at(made[0], path), str)]
    if not found:
        return
    path = rng.choice(found)
    text = at(made[0], path)
    place = rng.randint(0, len(text))
    at(made[0], path[:-1])[path[-1]] = text[:place] + rng.choice(TEXTS) + text[place:]


def _scale(made: list[Any], rng: random.Random) -> None:
    found = [path for path in paths(made[0]) if type(at(made[0], path)) in (int, float)]
    if not found:
        return
    path = rng.choice(found)
    owner, value = at(made[0], path[:-1]), at(made[0], path)
    factor = rng.choice((0, -1, 2, 3, 16, 1000, 10**9))
    owner[path[-1]] = (
        value * factor if isinstance(value, int) else rng.choice((value * factor, value * 1e300))
    )


def _small_number(made: list[Any], rng: random.Random) -> None:
    found = [path for path in paths(made[0]) if type(at(made[0], path)) is int]
    if found:
        path = rng.choice(found)
        at(made[0], path[:-1])[path[-1]] = rng.choice((0, 1, 2, 3, 5, 8, 100, 1000, 65_537, 1 << 20))


def _shuffle(made: list[Any], rng: random.Random) -> None:
    found = [path for path in ((), *paths(made[0])) if isinstance(at(made[0], path), list)]
    if found:
        rng.shuffle(at(made[0], rng.choice(found)))


def _wrap(made: list[Any], rng: random.Random) -> None:
    made[0] = rng.choice(([made[0]], {"a": made[0]}, [], {}, None, 5, "x", made[0]))


CHANGES: tuple[Callable[[list[Any], random.Random], None], ...] = (
    *(_replace, _replace, _copy_over, _copy_alike, _copy_alike, _copy_alike, _remove, _insert),
    *(_spoil_text, _spoil_text, _scale, _shuffle, _wrap),
)
