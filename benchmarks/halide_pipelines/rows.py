"""What the schedules of a pipeline came to: one row, and the wrong ones that were accepted or caught."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

HEADS = (
    *("pipeline", "schedules", "refused by rules", "compiled", "failed", "too small", "crashed"),
    *("accepted", "accepted but wrong", "wrong but caught", "right but refused"),
)


@dataclass
class Row:
    """The counts of one pipeline.

    A schedule is wrong if it is at any size, accepted if our check takes it at every size that it runs at.
    """

    pipeline: str
    counts: Counter[str] = field(default_factory=Counter)
    missed: dict[str, str] = field(default_factory=dict)
    caught: dict[str, str] = field(default_factory=dict)
    refused_rightly: int = 0
    refused_wrongly: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    problem: str = ""

    def add(self, entry: Mapping[str, Any]) -> None:
        """Take in what became of a schedule."""
        self.counts["schedules"] += 1
        if entry["status"] == "refused":
            self.counts["refused by rules"] += 1
            return
        if entry["status"] != "ok":
            self.counts["failed"] += 1
            self.failures[
                f"{entry['source']}: {entry['status']}: {' '.join(entry['message'].split())[:110]}"
            ] += 1
            return
        self.counts["compiled"] += 1
        self._add_run(entry)

    def _add_run(self, entry: Mapping[str, Any]) -> None:
        ran = [each for each in entry["sizes"].values() if each["status"] != "refused"]
        if not ran:
            self.counts["too small"] += 1
            return
        wrong = wrongness(entry)
        crashed = any(each["status"] not in ("ok", "refused") for each in ran)
        accepted = all(each.get("own") == "" for each in ran)
        if entry["refused"]:
            self.refused_rightly += wrong is not None
            self.refused_wrongly += wrong is None
        if crashed:
            self.counts["crashed"] += 1
        if accepted:
            self.counts["accepted"] += 1
        elif wrong is None and not crashed:
            self.counts["right but refused"] += 1
        if wrong is not None and accepted:
            self.counts["accepted but wrong"] += 1
            self.missed[entry["judged"]] = wrong
        elif wrong is not None:
            self.counts["wrong but caught"] += 1
            self.caught[entry["judged"]] = wrong

    @property
    def share_compiled(self) -> float:
        """Compiled schedules of those that no rule refused."""
        tried = self.counts["schedules"] - self.counts["refused by rules"]
        return self.counts["compiled"] / max(1, tried)


def wrongness(entry: Mapping[str, Any]) -> str | None:
    """Return how a schedule is wrong at the first size that it is, None if it is right wherever it runs."""
    for size, each in entry.get("sizes", {}).items():
        for of in ("numpy", "plain"):
            if each.get(of):
                return f"{size}: {each[of]} ({'NumPy' if of == 'numpy' else 'unscheduled'})"
    return None


def table(rows: Iterable[Row]) -> str:
    """Return the rows as Markdown, with their sum."""
    rows = list(rows)
    lines = [f"| {' | '.join(HEADS)} | compiled share |", "|---|" + "---:|" * len(HEADS)]
    whole = Row("all")
    for row in rows:
        whole.counts += row.counts
        lines.append(_line(row))
    return "\n".join([*lines, _line(whole)])


def _line(row: Row) -> str:
    if row.problem:
        return f"| {row.pipeline} | not checked: {row.problem} |"
    figures = " | ".join(str(row.counts[head]) for head in HEADS[1:])
    return f"| {row.pipeline} | {figures} | {row.share_compiled:.1%} |"


def details(rows: Iterable[Row]) -> str:
    """Return the schedules that were wrong and why others failed, a line each."""
    lines = []
    for row in rows:
        lines += [f"{row.pipeline} {key}: ACCEPTED BUT WRONG: {why}" for key, why in row.missed.items()]
        lines += [f"{row.pipeline} {key}: wrong, caught: {why}" for key, why in row.caught.items()]
        if row.refused_rightly or row.refused_wrongly:
            lines.append(
                f"{row.pipeline}: the rules refuse {row.refused_rightly} wrong schedules "
                f"and {row.refused_wrongly} right ones"
            )
        lines += [f"{row.pipeline}: {count} times {why}" for why, count in row.failures.most_common(5)]
    return "\n".join(lines)
