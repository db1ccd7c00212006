"""Files of measured Halide schedules with a right hash: loaded, ranked at some sizes, and chosen from.

python benchmarks/fuzz.py --kind halide_models --count 10000
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import random
import tempfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from fuzzing import damage, trees
from fuzzing.applying import APPLY_LIMITS, PIPELINES, TOLERANCE, difference, made, realized, reference
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError, require_named
from fuzzing.schedules import import_halide, nearly
from perfpred.errors import InputError, PerfpredError
from perfpred.halide.choose import database as stored
from perfpred.halide.choose.database_folder import SUFFIX
from perfpred.halide.choose.ranking import Ranked, choose, rank
from perfpred.halide.cost.features import FEATURES
from perfpred.hardware import probe
from perfpred.sandbox.forking import run_forked

MODELS = Path(__file__).parents[2] / "models" / "halide"
SIZES = ((640, 480), (1024, 1024), (8, 8), (20_000, 10_000))
CHOSEN_SHARE = 6
"""One in so many accepted files has a schedule chosen by it, which is run."""
KEPT = 12
"""Schedules of a file: small ones are changed and read faster."""


def seeds() -> list[bytes]:
    """Return shortened files of some pipelines, with the model and without."""
    import_halide()
    found = []
    for name in ("blur", "matmul"):
        (path,) = MODELS.glob(f"{name}-*{SUFFIX}")
        body = json.loads(gzip.decompress(path.read_bytes()))["experience"]
        for key in ("candidates", "log_time", "noise"):
            body[key] = body[key][:KEPT]
        body["model"]["members"] = [_shortened(each) for each in body["model"]["members"]]
        body["failed"] = {"s00000000000": "wrong_result", "s11111111111": "runtime_error"}
        found += [_file(body), _file({**body, "model": None, "model_deviation": None, "spearman": None})]
    return found


def judge(path: Path) -> str:
    """Load a file; if it is accepted, expected times must be finite and > 0 wherever there is an answer."""
    try:
        found = stored.load_database(path)
    except InputError as error:
        require_named(path, error)
        return REFUSED
    verdicts = {_ranked(found, size) for size in SIZES} | {_without(found)}
    if found.model is not None:
        _predicted(found)
    if ACCEPTED not in verdicts:
        return f"{ACCEPTED} without an answer"
    return ACCEPTED if zlib.crc32(path.read_bytes()) % CHOSEN_SHARE else chosen(found)


def chosen(found: stored.ScheduleDatabase) -> str:
    """Have a schedule chosen by what a file says, and run what it was applied to, in a child process."""
    name = found.pipeline if found.pipeline in PIPELINES else PIPELINES[0]
    reference(name)  # before the process is copied
    reply = run_forked(lambda: _chosen(found, name), APPLY_LIMITS, "runtime_error")
    if reply["status"] != "ok":
        raise WrongAnswerError(f"choosing by it: {reply}")
    if reply["verdict"] == ACCEPTED and not reply["same"]:
        raise WrongAnswerError(f"what is chosen computes something else: {reply}")
    return f"{reply['verdict']} when chosen from"


def _chosen(found: stored.ScheduleDatabase, name: str) -> dict[str, Any]:
    import halide as hl

    from perfpred.halide import autoschedule

    machine = probe()
    here = replace(found, hardware=machine.hardware(machine.best_isa(), 1).id)
    output, inputs, extents = made(name)
    with tempfile.TemporaryDirectory() as folder:
        here.save(Path(folder))
        try:
            choice = autoschedule(output, inputs, extents, models=folder, threads=1)
        except PerfpredError as error:
            return {"verdict": REFUSED, "said": str(error)}
    try:
        values = realized(output, inputs, extents)
    except hl.HalideError as error:
        return {"verdict": f"{ACCEPTED}, {REFUSED} by Halide", "said": str(error)}
    error = difference(values, name)
    directives = [str(each) for each in choice.schedule.candidate.directives]
    return {"verdict": ACCEPTED, "same": error <= TOLERANCE, "error": error, "directives": directives}


def _ranked(found: stored.ScheduleDatabase, size: tuple[int, int]) -> str:
    try:
        ranking = rank(found, size, None, None)  # type: ignore[arg-type]
        choice = choose(ranking)
    except InputError:
        return REFUSED
    _require_answers([*ranking, choice.best], len(found.candidates) + 1)
    return ACCEPTED


def _without(found: stored.ScheduleDatabase) -> str:
    """Leave out a size, as for judging a choice at it."""
    less = found.without(found.sizes[0])
    return _ranked(less, found.sizes[0]) if less.sizes else REFUSED


def _predicted(found: stored.ScheduleDatabase) -> None:
    features = np.random.default_rng(0).uniform(0, 3, (5, len(FEATURES)))
    try:
        with np.errstate(all="ignore"):
            log_s = found.of_unseen(features)
    except InputError:
        return
    if log_s.shape != (5,):
        raise WrongAnswerError(f"5 schedules have {log_s.shape} predicted times")


def _require_answers(ranking: Sequence[Ranked], count: int) -> None:
    if len(ranking) != count:
        raise WrongAnswerError(f"{count} schedules became {len(ranking)}")
    for each in ranking:
        if not (math.isfinite(each.expected_s) and each.expected_s > 0 and math.isfinite(each.deviation)):
            raise WrongAnswerError(f"expected {each.expected_s} s, deviation {each.deviation}")


def _shortened(member: dict[str, Any]) -> dict[str, Any]:
    """Return a member of a model with few trees, or few training rows."""
    if "centres" in member:
        return {**member, "centres": member["centres"][:8], "weights": member["weights"][:8]}
    end = member["roots"][2]  # trees lie one after the other, each from its root on
    nodes = {key: member[key][:end] for key in ("feature", "threshold", "left", "right", "value")}
    return {**member, **nodes, "roots": member["roots"][:2]}


def _other_schedule(body: Any, rng: random.Random) -> None:
    """Give the fastest schedule, or another, other directives, at times good enough to be chosen."""
    best = min(range(len(body["candidates"])), key=lambda index: body["log_time"][index][0] or 0.0)
    one = best if rng.random() < 0.7 else rng.randrange(len(body["candidates"]))
    candidate = body["candidates"][one]
    candidate["directives"] = nearly(candidate["directives"], rng)
    digest = hashlib.sha256(json.dumps(candidate["directives"]).encode()).hexdigest()
    candidate |= {"id": f"s{digest[:11]}", "origin": ""}
    if rng.random() < 0.5:
        body["log_time"][one] = [each and each - 2 for each in body["log_time"][one]]


def _file(body: Any) -> bytes:
    document = stored.FORMAT.wrap(body)
    return json.dumps(document).encode()


class HalideModels:
    """The kind; see `fuzzing.kinds.Kind`."""

    name = "halide_models"
    suffix = SUFFIX
    compiles = True
    limit_s = 60.0

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a file with changes and a right hash, or now and then damaged bytes."""
        if rng.random() < 0.05:
            return rng.choice(damage.ANY)(data, rng)
        body = json.loads(data)["experience"]
        if rng.random() < 0.4:
            _other_schedule(body, rng)
        else:
            body = trees.changed(body, rng)
        return gzip.compress(_file(body), 1, mtime=0)

    def judge(self, path: Path) -> str:
        """Return the verdict of `judge`."""
        return judge(path)
