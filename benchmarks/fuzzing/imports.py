"""What the kinds of imported files share: how JSON is damaged, and how what was imported is judged."""

from __future__ import annotations

import json
import math
import random
import statistics
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing import damage, trees
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError, require_named
from perfpred.documents.json_text import parse_json
from perfpred.errors import InputError
from perfpred.exchange import Imported, ImportOptions, Names, StatedSpace, import_file
from perfpred.exchange.estimates import ESTIMATES
from perfpred.profile import read_profile, write_profile

Times = Callable[[Any], dict[tuple[Any, ...], list[float]]]
"""A parsed file to the times it records of each configuration, by a reader of its own; empty if unsure."""

NAMES = Names("k", None, "h")
LITERALS = (b"9" * 400, b"-" + b"9" * 5000, b"1e999", b"-1e999", b"NaN", b"Infinity", b"1e-999", b"0", b"-1")


class ImportedJson:
    """What the kinds of imported JSON share; see `fuzzing.kinds.Kind`.

    Attributes
    ----------
    names : Names
        Of what is imported, as on the command line.
    """

    suffix = ".json"
    names = NAMES

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return the data as `mutated` damages it."""
        return mutated(data, rng)

    def times(self, content: Any) -> dict[tuple[Any, ...], list[float]]:
        """Return the times that a parsed file records of each configuration; none if that is unsure."""
        return {}

    def judge(self, path: Path) -> str:
        """Return the verdict of `judge`."""
        return judge(path, self.times, self.names)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """Return JSON with changed values, hostile numbers, keys named twice, or damaged bytes."""
    if rng.random() < 0.6:
        data = json.dumps(trees.changed(json.loads(data), rng)).encode()
    if rng.random() < 0.3:
        data = rng.choice([_number, _key_twice, _deep])(data, rng)
    if rng.random() < 0.25:
        data = rng.choice(damage.ANY)(data, rng)
    return damage.bomb(data, rng) if rng.random() < 0.001 else data


def cut(data: bytes, rng: random.Random) -> bytes:
    """Return JSON that is cut off, with hostile numbers, keys named twice, or damaged bytes."""
    data = rng.choice([_number, _key_twice, _deep])(data, rng)
    return rng.choice(damage.ANY)(data, rng) if rng.random() < 0.5 else data


def _number(data: bytes, rng: random.Random) -> bytes:
    """Put a literal in the place of a number of the text."""
    places = [at for at, byte in enumerate(data) if chr(byte).isdigit()]
    if not places:
        return data
    start = stop = rng.choice(places)
    while start and chr(data[start - 1]) in "0123456789.eE+-":
        start -= 1
    while stop < len(data) and chr(data[stop]) in "0123456789.eE+-":
        stop += 1
    return data[:start] + rng.choice(LITERALS) + data[stop:]


def _key_twice(data: bytes, rng: random.Random) -> bytes:
    """Name a key again, with another value, before it is named."""
    places = [at for at in range(len(data)) if data[at : at + 2] in (b'{"', b', "', b',"')]
    if not places:
        return data
    start = data.index(b'"', rng.choice(places))
    stop = data.find(b":", start)
    return data if stop < 0 else data[:start] + data[start:stop] + b": 7, " + data[start:]


def _deep(data: bytes, rng: random.Random) -> bytes:
    """Put deep lists in the place of a number."""
    depth = rng.choice([5, 300, 900, 990, 2000, 100_000])
    kind = rng.choice([(b"[", b"]"), (b'{"a":', b"}")])
    middle = kind[0] * depth + b"1" + kind[1] * depth
    places = [at for at, byte in enumerate(data) if chr(byte).isdigit()]
    place = rng.choice(places) if places else 0
    return data[:place] + middle + data[place + 1 :]


def judge(path: Path, times: Times, names: Names) -> str:
    """Import a file; what is accepted must be finite, of this file, and the same when written and read."""
    estimate = random.Random(path.name).choice(ESTIMATES)
    try:
        found = import_file(path, names, None, ImportOptions(estimate))
    except InputError as error:
        require_named(path, error)
        return REFUSED
    if isinstance(found, StatedSpace):
        return require_space(found)
    require_profile(found)
    _require_recorded(path, found, times)
    out = path.with_suffix(".csv")
    try:
        write_profile(found.profile, out)
        again = read_profile(out)
        if again.data_hash != found.profile.data_hash or again.metadata != found.profile.metadata:
            raise WrongAnswerError("the profile that was written reads back as another")
    except InputError as error:
        raise WrongAnswerError(f"the profile cannot be written and read: {error}") from None
    finally:
        for each in (out, out.with_name(f"{out.stem}.meta.json")):
            each.unlink(missing_ok=True)
    return ACCEPTED


def require_profile(found: Imported) -> None:
    """Raise unless all numbers of an imported profile are what they should be."""
    table = found.profile.table
    time_s = table.loc[table["status"] == "ok", "time_s"].to_numpy()
    if not (np.isfinite(time_s) & (time_s > 0)).all():
        raise WrongAnswerError("a time is not positive and finite")
    noise = table["noise"].to_numpy()
    if not (np.isnan(noise) | (np.isfinite(noise) & (noise >= 0))).all():
        raise WrongAnswerError("a noise is negative or infinite")
    for name in found.profile.parameters:
        values = table[name]
        if values.dtype.kind == "f" and np.isinf(values).any():
            raise WrongAnswerError(f"parameter {name} is infinite")
    json.dumps(found.profile.metadata, allow_nan=False).encode()


def require_space(found: StatedSpace) -> str:
    """Raise unless all values of a space are finite numbers or texts."""
    for name, values in found.space.parameters.items():
        if not values or any(isinstance(each, float) and not math.isfinite(each) for each in values):
            raise WrongAnswerError(f"the values of {name} are {values}")
    json.dumps(found.space.to_json(), allow_nan=False)
    return ACCEPTED


def _require_recorded(path: Path, found: Imported, times: Times) -> None:
    """Raise if a time is none that the file records of its configuration."""
    try:
        recorded = times(parse_json(path.read_bytes()))  # refuses a key named twice, of which one is lost
    except (ValueError, RecursionError, TypeError, AttributeError, LookupError, ArithmeticError):
        return  # gzipped, cut off, or odd elsewhere: then only the rest is judged
    scale = found.unit.per_second
    names = found.profile.parameters
    for row in found.profile.ok.table.to_dict("records"):
        own = recorded.get(tuple(row[name] for name in names if not name.startswith("problem_size")))
        if own and not any(math.isclose(row["time_s"] * scale, each, rel_tol=1e-9) for each in own):
            raise WrongAnswerError(f"{row} has a time that the file does not record: {own}")


def estimates(value: Any, repeats: Any) -> list[float]:
    """Return what may be taken for the time of an entry."""
    found = [float(value)]
    if isinstance(repeats, list) and repeats and all(isinstance(each, int | float) for each in repeats):
        found += [statistics.median(repeats), min(repeats), statistics.fmean(repeats)]
    return found
