"""Journals of campaigns: bits flipped, lines moved, copied, joined or foreign, values beyond belief.

python benchmarks/fuzz.py --kind journal --count 10000

A row takes a known time, so a timing that was accepted can be told from one that was written. Older journals,
whose lines have no checksum, are in it too: of their timings only what no clock measures is wrong.
"""

from __future__ import annotations

import json
import math
import random
import re
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fuzzing import damage
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError
from perfpred.documents.journal import FORMAT
from perfpred.documents.views import NameView
from perfpred.errors import InputError
from perfpred.halide.measure.journalled import candidates_of, view, warn_of_unclear
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.measure.campaign import Effort, Row, RowRecord, run_campaign
from perfpred.measure.journal import CampaignJournal
from perfpred.measure.stages import Stage, StagedCampaign, StageJournal

N_ROWS, N_SIZES = 8, 100
EFFORT = Effort(4, 4)
SUBJECT = "subject"
PLANS = ({"of": "rows"}, {"of": "stages"}, {"of": "schedules"})
CANDIDATES = [Candidate((Directive("f", 0, "vectorize", ("x", lanes)),)) for lanes in range(2, 2 + N_ROWS)]
HOSTILE = (
    *("-1", "0", "1e999", "-1e999", "NaN", "1e-320", "1e308", "true", "null", '"1"', "[]", "{}", "[1]"),
    *("9" * 400, "9" * 5000, "-0.0", "0.001", "0.002", "99", "1e3", '"ok"', '"timeout"', '"\\u001b[2J"'),
    "[" * 5000,
)


def true_time_s(number: int) -> float:
    """Return how long a row, size or candidate of this number takes."""
    return 1e-3 * (number + 1)


class _Clockwork:
    """Answers with the true time."""

    def ask(self, sizes: Mapping[str, int], *, check: bool) -> dict[str, Any]:
        return {"status": "ok", "time_s": true_time_s(sizes["number"]), "monitor_s": 5e-6}


class _Silent:
    def update(self, done: int, total: int, note: str) -> None:
        pass


def _rows(numbers: Sequence[int]) -> list[Row]:
    return [Row(SUBJECT, {"number": number}) for number in numbers]


def _run(rows: Sequence[Row], log: Any) -> list[RowRecord]:
    return run_campaign(rows, {SUBJECT: _Clockwork()}, log, EFFORT, 0, lambda: 0.0, _Silent())


def measure_rows(journal: CampaignJournal) -> list[tuple[int, RowRecord]]:
    """Run or continue a campaign of rows; returns the record of each number."""
    return list(enumerate(_run(_rows(range(N_ROWS)), journal)))


def measure_stages(journal: CampaignJournal) -> list[tuple[int, RowRecord]]:
    """Run or continue a campaign of three stages."""
    stages = StageJournal(journal, N_SIZES)
    staged = StagedCampaign((SUBJECT,), [{"number": number} for number in range(N_SIZES)], 0)  # type: ignore[arg-type]
    for index in range(3):
        if index == len(stages.stages):
            used = {number for stage in stages.stages for number in stage.new}
            fresh = [number for number in range(N_SIZES) if number not in used][:4]
            stages.open(Stage(tuple(fresh), stages.stages[0].new[:2] if index else ()))
        askers: Any = {SUBJECT: _Clockwork()}
        staged.time_stage(index, stages, askers, EFFORT, lambda: 0.0, _Silent())
        if index not in stages.findings:
            stages.conclude({"rows": 4, "error": 0.1, "noise": 0.01})
    numbers, _, _ = staged.linked(stages)
    assert len(set(numbers)) == len(numbers)
    records = stages.records(1)
    return [
        pair
        for stage, part in zip(stages.stages, records, strict=True)
        for pair in zip(stage.sizes, part, strict=True)
    ]


def measure_schedules(journal: CampaignJournal) -> list[tuple[int, RowRecord]]:
    """Run or continue a campaign of schedules: the first half is looked at, then all are timed."""
    warn_of_unclear(journal)
    kept = [candidates_of(each["candidates"]) for each in journal.entries() if "candidates" in each]
    chosen = next((each for each in kept if each is not None), None)
    if chosen is None:
        chosen = CANDIDATES
        journal.append({"candidates": [each.to_json() for each in chosen], "notes": []})
    log = view(journal, "compiled")
    known = {entry["compiled"] for entry in log.entries()}
    for each in chosen:
        if each.id not in known:
            log.append(
                {"compiled": each.id, "status": "ok", "message": "", "codes": [each.id], "compile_s": 0.1}
            )
    numbers = [CANDIDATES.index(each) for each in chosen]
    found = []
    for part, key in ((numbers[:4], "look0"), (numbers, "row")):
        named = NameView(view(journal, key, "row"), [CANDIDATES[number].id for number in part])
        found += list(zip(part, _run(_rows(part), named), strict=True))
    return found


MEASURES: dict[str, Callable[[CampaignJournal], list[tuple[int, RowRecord]]]] = {
    "rows": measure_rows,
    "stages": measure_stages,
    "schedules": measure_schedules,
}


def without_checksums(content: bytes) -> bytes:
    """Return a journal as it was written before lines had checksums and numbers."""
    lines = []
    for line in content.decode().splitlines():
        entry = json.loads(line)
        for key in ("sum", "line", "of"):
            entry.pop(key, None)
        lines.append(json.dumps({**entry, "format": 1} if "format" in entry else entry))
    return ("\n".join(lines) + "\n").encode()


class Journals:
    """The kind."""

    name, suffix = "journal", ".journal"

    def seeds(self) -> Sequence[bytes]:
        """Return journals of every sort of campaign, with and without checksums."""
        found = []
        with tempfile.TemporaryDirectory() as folder:
            for plan in PLANS:
                path = Path(folder) / f"{plan['of']}.journal"
                with CampaignJournal(path, plan, resume=False) as journal:
                    MEASURES[plan["of"]](journal)
                found.append(path.read_bytes())
        self._others = found
        return [*found, *found, *map(without_checksums, found)]

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a journal with one to three changes."""
        for _ in range(rng.choice([1, 1, 2, 3])):
            change = rng.choice([*LINES, *LINES, _splice(self._others), *damage.ANY])
            data = change(data, rng)
        return data

    def judge(self, path: Path) -> str:
        """Continue the campaign, and compare what it found out with the truth."""
        before = path.read_bytes()
        verdict = REFUSED
        for plan in PLANS:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    with CampaignJournal(path, plan, resume=True) as journal:
                        found = MEASURES[plan["of"]](journal)
                except InputError:
                    continue
            has_checksums = f'"format": {FORMAT}'.encode() in path.read_bytes().split(b"\n")[0]
            for number, record in found:
                _compare(number, record, exactly=has_checksums)
            verdict = ACCEPTED
            break
        path.write_bytes(before)
        return verdict


def _compare(number: int, record: RowRecord, *, exactly: bool) -> None:
    if exactly and (record.status != "ok" or len(record.times_s) < EFFORT.min_rounds):
        raise WrongAnswerError(f"row {number} is {record.status} and has {len(record.times_s)} timings")
    for time_s in record.times_s:
        if not (0 < time_s < math.inf) or (exactly and time_s != true_time_s(number)):
            raise WrongAnswerError(f"row {number} took {time_s} s, not {true_time_s(number)} s")


def _on_lines(
    change: Callable[[list[bytes], random.Random], None],
) -> Callable[[bytes, random.Random], bytes]:
    def changed(data: bytes, rng: random.Random) -> bytes:
        lines = data.split(b"\n")
        change(lines, rng)
        return b"\n".join(lines)

    return changed


def _swap(lines: list[bytes], rng: random.Random) -> None:
    one, two = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]


def _drop(lines: list[bytes], rng: random.Random) -> None:
    start = rng.randrange(len(lines))
    del lines[start : start + rng.choice([1, 1, 5])]


def _copy(lines: list[bytes], rng: random.Random) -> None:
    lines.insert(rng.randrange(len(lines)), rng.choice(lines))


def _join(lines: list[bytes], rng: random.Random) -> None:
    place = rng.randrange(len(lines))
    lines[place : place + 2] = [b"".join(lines[place : place + 2])]


def _tear(lines: list[bytes], rng: random.Random) -> None:
    place = rng.randrange(len(lines))
    lines[place] = lines[place][: rng.randint(0, len(lines[place]))]


def _replace_value(lines: list[bytes], rng: random.Random) -> None:
    place = rng.randrange(len(lines))
    values = list(re.finditer(rb": ([^,{}\[\]]+)", lines[place]))
    if values:
        start, stop = rng.choice(values).span(1)
        lines[place] = lines[place][:start] + rng.choice(HOSTILE).encode() + lines[place][stop:]


def _rename_key(lines: list[bytes], rng: random.Random) -> None:
    place = rng.randrange(len(lines))
    keys = re.findall(rb'"[a-z_0-9]+": ', b"".join(lines))
    own = re.findall(rb'"[a-z_0-9]+": ', lines[place])
    if own:
        lines[place] = lines[place].replace(rng.choice(own), rng.choice(keys), 1)


def _splice(others: Sequence[bytes]) -> Callable[[bytes, random.Random], bytes]:
    def spliced(data: bytes, rng: random.Random) -> bytes:
        lines, foreign = data.split(b"\n"), rng.choice(others).split(b"\n")
        start = rng.randrange(len(foreign))
        place = rng.randrange(len(lines))
        lines[place:place] = foreign[start : start + rng.choice([1, 3, 20])]
        return b"\n".join(lines)

    return spliced


LINES = tuple(
    map(_on_lines, (_swap, _drop, _copy, _join, _tear, _replace_value, _replace_value, _rename_key))
)
