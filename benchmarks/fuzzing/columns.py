"""CSV files of somebody else with a TOML file that says what their columns are."""

from __future__ import annotations

import csv
import io
import math
import random
import shutil
import tempfile
import tomllib
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import perfpred as pp
from fuzzing import campaigns, csv_files, damage
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError
from perfpred.errors import InputError

SEPARATOR = b"\n#### the CSV\n"
"""Between the two files, which are one input."""
SCALES = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0}
KEYS = (
    *("time", "unit", "parameters", "ignore", "kernel-column", "variant-column", "hardware-column", "wide"),
    *("runs", "where", "group", "estimate", "numbers", "nothing", '"\\u001b[2J"', "time_s", "kernel_column"),
)
COLUMNS = (
    "lib",
    "board",
    "size",
    "dtype",
    "took",
    "again",
    "note",
    "id",
    "nothing",
    "\\u001b[2J",
    "[bold]",
    "",
)
VALUES = (
    *campaigns.VALUES,
    *(f'"{each}"' for each in COLUMNS),
    *(f'["{each}"]' for each in COLUMNS),
    *('"ms"', '"ns"', '"parsec"', '"median"', '"min"', '"mean"', '"took,again"', '["took", "again"]'),
    *(
        '"size > 8"',
        "\"size > 'a'\"",
        "\"dtype == 'fp16' and size >= 16\"",
        '"size >"',
        '"nothing > 1"',
        '"size > 1e400"',
    ),
    *(
        "\"__import__('os').system('touch pwned')\"",
        '"size.__class__ == 1"',
        '"' + "not " * 2000 + 'size > 1"',
    ),
    '"' + "size > 1 and " * 2000 + 'size > 1"',
)


def seeds() -> list[bytes]:
    """Return tables of times, of repeated runs and of variants side by side, each with its mapping."""
    rng = random.Random(0)
    long = [["lib", "board", "size", "dtype", "took", "again", "note", "id"]]
    wide = [["board", "size", "cpu_ms", "gpu_ms"]]
    for n in range(1, 31):
        times = [f"{n * rng.uniform(0.9, 1.1):.5g}" for _ in range(2)]
        long.append([rng.choice("ab"), "b1", str(8 * n), rng.choice(("fp16", "fp32")), *times, "ok", str(n)])
        wide.append(["b1", str(8 * n), *times])
    named = 'variant-column = "lib"\nhardware-column = "board"\nignore = ["note", "id"]\n'
    return [
        _joined(named + 'time = "took"\nunit = "ms"\nparameters = ["size", "dtype"]\n', long),
        _joined(
            named + 'runs = ["took", "again"]\nunit = "us"\nestimate = "min"\nwhere = "size > 16"\n', long
        ),
        _joined('hardware-column = "board"\nwide = "cpu_ms,gpu_ms"\ngroup = "size"\n', wide),
    ]


def _joined(mapping: str, rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return mapping.encode() + SEPARATOR + text.getvalue().encode()


def parts(data: bytes) -> tuple[bytes, bytes]:
    """Return the mapping and the table of an input."""
    mapping, _, table = data.partition(SEPARATOR)
    return mapping, table


def damaged_mapping(data: bytes, rng: random.Random) -> bytes:
    """Return a mapping with other values, keys and lines, or damaged bytes."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        data = rng.choice((_value, _value, _value, _key, _line, _line, _drop, rng.choice(damage.ANY)))(
            data, rng
        )
    return data


class Columns:
    """The kind; see `fuzzing.kinds.Kind`."""

    name, suffix = "columns", ".columns"

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return an input with another mapping, or another table now and then."""
        mapping, table = parts(data)
        if rng.random() < 0.8:
            mapping = damaged_mapping(mapping, rng)
        if rng.random() < 0.35:
            table = csv_files.CsvFiles().mutate(table, rng)
        return mapping + SEPARATOR + table

    def judge(self, path: Path) -> str:
        """Read the table as its mapping says; times must be those of the columns that it names."""
        mapping, table = parts(path.read_bytes())
        folder = Path(tempfile.mkdtemp(prefix="perfpred-fuzz-"))
        try:
            (folder / "in.csv").write_bytes(table)
            (folder / "in.toml").write_bytes(mapping)
            return _judged(folder / "in.csv", mapping, table)
        finally:
            shutil.rmtree(folder)


def _judged(path: Path, mapping: bytes, table: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            profile = pp.read_profile(
                path, kernel="k", fallback={"variant": "default", "hardware": "default"}
            )
        except InputError as error:
            if max(map(len, str(error).splitlines())) > 6000:
                raise WrongAnswerError(f"a message of {len(str(error))} characters") from None
            return REFUSED
    time_s = profile.ok.time_s
    if not all(math.isfinite(each) and each > 0 for each in time_s):
        raise WrongAnswerError("a time is not positive and finite")
    ends = _ends(mapping, table)
    if ends is not None and len(time_s):
        low, high = ends
        if min(time_s) < low * (1 - 1e-9) or max(time_s) > high * (1 + 1e-9):
            raise WrongAnswerError(
                f"times from {min(time_s)} to {max(time_s)} s, but written from {low} to {high} s"
            )
    return ACCEPTED


def _ends(mapping: bytes, table: bytes) -> tuple[float, float] | None:
    """Return the least and the most time in the columns of times, None where that is not plain to see."""
    try:
        stated: dict[str, Any] = tomllib.loads(mapping.decode())
        header, *rows = csv.reader(io.StringIO(table.decode("utf-8-sig"), newline=""), strict=True)
    except (ValueError, csv.Error, RecursionError):
        return None
    named = [stated.get(key) for key in ("time", "runs") if stated.get(key)]
    names = named[0] if len(named) == 1 and isinstance(named[0], list) else named
    scale = SCALES.get(str(stated.get("unit")))
    if not names or scale is None or "numbers" in stated or "wide" in stated or not {*names} <= {*header}:
        return None
    places = [place for place, name in enumerate(header) if name in names]
    found = []
    for row in rows:
        for place in places:
            try:
                found.append(float(row[place]) * scale)
            except (ValueError, IndexError):
                continue
    found = [each for each in found if math.isfinite(each)]
    return (min(found), max(found)) if found else None


def _on_lines(change: Callable[[list[str], random.Random], None]) -> Callable[[bytes, random.Random], bytes]:
    def changed(data: bytes, rng: random.Random) -> bytes:
        lines = data.decode(errors="surrogateescape").split("\n")
        change(lines, rng)
        return "\n".join(lines).encode(errors="surrogateescape")

    return changed


@_on_lines
def _value(lines: list[str], rng: random.Random) -> None:
    place = rng.randrange(len(lines))
    lines[place] = f"{lines[place].partition(' =')[0] or rng.choice(KEYS)} = {rng.choice(VALUES)}"


@_on_lines
def _key(lines: list[str], rng: random.Random) -> None:
    place = rng.randrange(len(lines))
    lines[place] = f"{rng.choice(KEYS)} ={lines[place].partition('=')[2] or ' 1'}"


@_on_lines
def _line(lines: list[str], rng: random.Random) -> None:
    new = rng.choice(
        (f"{rng.choice(KEYS)} = {rng.choice(VALUES)}", rng.choice(lines), f"[{rng.choice(KEYS)}]")
    )
    lines.insert(rng.randint(0, len(lines)), new)


@_on_lines
def _drop(lines: list[str], rng: random.Random) -> None:
    del lines[rng.randrange(len(lines))]
    lines.extend([] if lines else [""])
