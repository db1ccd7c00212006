"""Profiles as CSV: cells swapped, numbers beyond any range, headers that repeat, and damaged bytes.

python benchmarks/fuzz.py --kind csv --count 10000
"""

from __future__ import annotations

import csv
import io
import math
import random
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import perfpred as pp
from fuzzing import damage
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError
from perfpred.documents.reading import read_bytes
from perfpred.errors import InputError

Rows = list[list[str]]

NUMBERS = (
    *("9" * 400, "9" * 5000, "1e999", "1e5000000", "1e308", "-1e308", "1e-320", "5e-324", "1e-400"),
    *("9223372036854775808", "-9223372036854775809", "-0", "+1", "1.", ".5", ".", "1e", "0x10", "1_000"),
    *("nan", "inf", "-inf", "infinity", "NaN", "\u0661", "1,5", "1 000", "12%", "true", "1e-9", "1e9", "0"),
)
TEXTS = (
    *(
        "",
        " ",
        "x",
        "ok",
        "OK",
        "timeout",
        "wrong_result",
        "None",
        "null",
        "#N/A",
        "=1+1",
        "../../etc",
        "a,b",
    ),
    *('"', "a\nb", "a\r\nb", "\0", "\u202e", "[bold]", "\x1b[31m", "{kernel}", "%s", "\ufeff", "\u00a0"),
)
NAMES = (
    *(
        "kernel",
        "variant",
        "hardware",
        "m",
        "time_s",
        "time_ms",
        "noise",
        "rounds",
        "status",
        "",
        " m",
        "Time_s",
    ),
    *("self", "time", "columns", "m*n", "1", "a" * 201, "a" * 3000, "work", "__class__", "m\nn", "__index__"),
)


def seeds() -> list[bytes]:
    """Return small profiles of every kind: numbers, categories, failed rows, several combinations."""
    rng = random.Random(0)
    times = [f"{1e-6 * n * rng.uniform(0.9, 1.1):.6g}" for n in range(1, 41)]
    plain = [["kernel", "variant", "hardware", "m", "time_s"]]
    plain += [["matvec", "eigen", "cpu-1t", str(n), time] for n, time in enumerate(times, start=1)]
    mixed = [["kernel", "variant", "hardware", "m", "n", "layout", "time_us", "noise", "rounds", "status"]]
    for n, time in enumerate(times, start=1):
        layout = rng.choice(["nchw", "nhwc"])
        row = ["conv", rng.choice(["a", "b"]), "gpu", str(n), str(n % 7 + 1), layout]
        mixed.append([*row, "", "", "3", "timeout"] if n % 9 == 0 else [*row, time, "0.02", "12", "ok"])
    several = [["kernel", "variant", "hardware", "m", "f", "time_ns"]]
    several += [["a", "v", "h", str(2**n), "", str(n * 10)] for n in range(1, 16)]
    several += [["b", "v", "h", "", str(n / 10), str(n * 10)] for n in range(1, 16)]
    return [_text(rows) for rows in (plain, mixed, several)]


def mutations(seed_text: bytes, rng: random.Random) -> Iterator[bytes]:
    """Yield mutated versions of a file, without end."""
    while True:
        data = seed_text
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            data = rng.choice([_cells, _cells, _damaged])(data, rng)
        yield damage.bomb(data, rng) if rng.random() < 0.002 else data


def judge(path: Path) -> str:
    """Read a profile and, if it is accepted, check its values and train on a few of its rows."""
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            profile = pp.read_profile(path)
        except InputError as error:
            _require_short(str(error))
            return REFUSED
    if not warned:  # which say what was left out or read in another way
        _require_faithful(path, profile)
    for _, part in profile.ok.combinations():
        _require_answers(part.take(np.arange(min(len(part), 40))))
        break
    return ACCEPTED


class CsvFiles:
    """The kind; see `fuzzing.kinds.Kind`."""

    name = "csv"
    suffix = ".csv"

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return one of `mutations`."""
        return next(mutations(data, rng))

    def judge(self, path: Path) -> str:
        """Return the verdict of `judge`."""
        return judge(path)


def _require_short(message: str) -> None:
    longest = max(map(len, message.splitlines()))
    if longest > 2500:  # twice the longest heading
        raise WrongAnswerError(f"a line of {longest} characters: {message[:200]}")


def _require_faithful(path: Path, profile: Any) -> None:
    """Every row is there, and each number is the one that Python's own reader finds."""
    text = io.StringIO(read_bytes(path, "CSV").decode("utf-8-sig"), newline="")
    header, *rows = [cells for cells in csv.reader(text, strict=True) if cells]
    names = [name.strip() for name in header]
    if len(rows) != len(profile):
        raise WrongAnswerError(f"{len(rows)} rows became {len(profile)}")
    table = profile.table
    for name in profile.parameters:
        place = names.index(name)
        for row, value in zip(rows, table[name].tolist(), strict=True):
            _require_same(row[place].strip(), value, name)
    if not (profile.ok.time_s > 0).all() or not np.isfinite(profile.ok.time_s).all():
        raise WrongAnswerError("a time is not positive and finite")


def _require_same(typed: str, value: Any, name: str) -> None:
    if isinstance(value, str):
        same = value == typed
    elif math.isnan(value):
        same = typed.lower() in {"", "nan"}
    else:
        same = float(typed) == float(value) and math.isfinite(value)
    if not same:
        raise WrongAnswerError(f"{name}: {typed!r} became {value!r}")


def _require_answers(rows: Any) -> None:
    try:
        bank = pp.train(rows, model="linear-c", n_jobs=1)
    except InputError:
        return
    combination = next(iter(bank.combinations))
    names = {"variant": combination.variant, "hardware": combination.hardware}
    try:
        predicted = bank.predict_table(combination.kernel, rows.X, **names)
        first = bank.predict(combination.kernel, rows.X.iloc[0].to_dict(), **names)
    except InputError:
        return
    answers = [*predicted.tolist(), first.time_s, first.low_s, first.high_s]
    if not all(math.isfinite(answer) and answer > 0 for answer in answers):
        raise WrongAnswerError(f"answers that are not positive and finite: {answers[:5]} {first}")


def _text(rows: Rows) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode("utf-8", "surrogatepass")


def _damaged(data: bytes, rng: random.Random) -> bytes:
    return rng.choice(damage.ANY)(data, rng)


def _cells(data: bytes, rng: random.Random) -> bytes:
    """Change the table; bytes that are no table are returned as they are."""
    try:
        rows = [row for row in csv.reader(io.StringIO(data.decode(), newline="")) if row]
    except (UnicodeDecodeError, csv.Error):
        return data
    if len(rows) < 2:
        return data
    rng.choice(CHANGES)(rows, rng)
    changed = _text(rows)
    return rng.choice([changed, changed, changed, changed.replace(b"\n", b"\r"), changed.replace(b",", b";")])


def _some_cell(rows: Rows, rng: random.Random) -> tuple[list[str], int]:
    row = rng.choice(rows[1:])
    return row, rng.randrange(len(row))


def _put(rows: Rows, rng: random.Random) -> None:
    row, place = _some_cell(rows, rng)
    row[place] = rng.choice([*NUMBERS, *TEXTS])


def _put_everywhere(rows: Rows, rng: random.Random) -> None:
    place, value = rng.randrange(len(rows[0])), rng.choice([*NUMBERS, *TEXTS])
    for row in rows[1:]:
        row[place:] = [value, *row[place + 1 :]] if place < len(row) else []


def _put_long(rows: Rows, rng: random.Random) -> None:
    row, place = _some_cell(rows, rng)
    length = rng.choice([201, 1001, 5000, 131_072, 200_000])
    row[place] = rng.choice(["1", "x", "9.", "e", "\u00e9", "1x", " "]) * length + rng.choice(["", "x"])


def _scale(rows: Rows, rng: random.Random) -> None:
    """Multiply a column of numbers by something huge or tiny, or make it one value."""
    place, factor = rng.randrange(len(rows[0])), rng.choice([1e300, 1e-300, 1e-310, 1e18, -1.0, 0.0, 1e100])
    for row in rows[1:]:
        try:
            row[place] = repr(float(row[place]) * factor)
        except (ValueError, IndexError):
            continue


def _swap_cells(rows: Rows, rng: random.Random) -> None:
    (one, i), (two, j) = _some_cell(rows, rng), _some_cell(rows, rng)
    one[i], two[j] = two[j], one[i]


def _swap_columns(rows: Rows, rng: random.Random) -> None:
    i, j = rng.randrange(len(rows[0])), rng.randrange(len(rows[0]))
    for row in rows[rng.randint(0, 1) :]:
        if max(i, j) < len(row):
            row[i], row[j] = row[j], row[i]


def _rename(rows: Rows, rng: random.Random) -> None:
    rows[0][rng.randrange(len(rows[0]))] = rng.choice([*NAMES, *rows[0]])


def _ragged(rows: Rows, rng: random.Random) -> None:
    row = rng.choice(rows)
    row.extend(["1"] * rng.choice([1, 2, 1000])) if rng.random() < 0.5 else row.pop()


def _drop_or_repeat(rows: Rows, rng: random.Random) -> None:
    start, stop = sorted((rng.randint(1, len(rows)), rng.randint(1, len(rows))))
    kept = rows[start:stop] if rng.random() < 0.5 else rows[1:] + rows[start:stop] * rng.choice([1, 20])
    rows[1:] = [list(row) for row in kept]


def _widen(rows: Rows, rng: random.Random) -> None:
    count = rng.choice([1, 30, 2000])
    for n, row in enumerate(rows):
        row.extend([f"p{i}" for i in range(count)] if n == 0 else [rng.choice(NUMBERS[-6:])] * count)


CHANGES: tuple[Callable[[Rows, random.Random], None], ...] = (
    *(_put, _put, _put_everywhere, _put_long, _scale, _swap_cells, _swap_columns, _rename, _ragged),
    *(_drop_or_repeat, _widen),
)
