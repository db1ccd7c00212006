"""What a tuner said of the runs that failed: kept beside the table, whose statuses are fewer and coarser."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perfpred.exchange.results import recorded
from perfpred.profile.cells import value_of

if TYPE_CHECKING:
    from perfpred.exchange.rows import Row

KEY = "failure_words"
"""Where the metadata of a profile has what `describe_failures` returns."""


def describe_failures(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the words of failed rows, grouped: what most rows of a status say, then what others say.

    Returns
    -------
    list of dict
        ``status``, ``words`` by the file's own names, and the number of ``rows``. A group that is not the
        first of its status also lists its ``configurations``, values in the order of the parameters.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.status != "ok":
            said = json.dumps(row.result.words, sort_keys=True)
            groups.setdefault((row.status, said), []).append(row)
    described: list[dict[str, Any]] = []
    statuses: set[str] = set()
    for (status, _), members in sorted(groups.items(), key=lambda item: -len(item[1])):
        group = {"status": status, "words": dict(members[0].result.words), "rows": len(members)}
        if status in statuses:
            group["configurations"] = [list(row.parameters) for row in members]
        statuses.add(status)
        described.append(group)
    return described


def words_instead_of_time(value: object) -> dict[str, Any]:
    """Return the words of a run whose time is `value`: a text that reads as no number is one of failure."""
    if not isinstance(value, str) or isinstance(value_of(value), int | float):
        return {}
    return {"value": recorded(value)}


class FailureWords:
    """Looks up what `describe_failures` described.

    Parameters
    ----------
    described : object
        What a profile's metadata has under `KEY`; whatever is not as it should be is passed over.
    """

    def __init__(self, described: object) -> None:
        self._usual: dict[str, Mapping[str, Any]] = {}
        self._special: dict[tuple[str, tuple[Any, ...]], Mapping[str, Any]] = {}
        for group in _groups(described):
            self._usual.setdefault(group["status"], group["words"])
            for configuration in _configurations(group):
                self._special[group["status"], configuration] = group["words"]

    def of(self, status: str, configuration: Sequence[Any]) -> Mapping[str, Any]:
        """Return the words of a failed row; empty if nothing was recorded."""
        return self._special.get((status, tuple(configuration)), self._usual.get(status, {}))


def said_by_status(described: object) -> dict[str, str]:
    """Return for each status the words that stand for it, as a list for people."""
    said: dict[str, dict[str, None]] = {}
    for group in _groups(described):
        word = group["words"].get("value", group["words"].get("invalidity", ""))
        said.setdefault(group["status"], {})[str(word)] = None
    return {status: ", ".join(words) for status, words in said.items()}


def _groups(described: object) -> Iterator[Mapping[str, Any]]:
    """Yield the groups that have a status and words: a sidecar may have been edited."""
    for group in described if isinstance(described, list | tuple) else ():
        given = (group.get("status"), group.get("words")) if isinstance(group, Mapping) else (None, None)
        if isinstance(given[0], str) and isinstance(given[1], Mapping):
            yield group


def _configurations(group: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    listed = group.get("configurations")
    for configuration in listed if isinstance(listed, list) else ():
        if isinstance(configuration, list) and all(
            isinstance(each, int | float | str) for each in configuration
        ):
            yield tuple(configuration)
