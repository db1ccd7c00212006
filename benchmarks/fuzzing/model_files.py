"""Model files by somebody who knows the hash: numbers of no use, ragged arrays, hostile names, damage.

python benchmarks/fuzz.py --kind model --count 10000
"""

from __future__ import annotations

import copy
import json
import math
import random
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import perfpred as pp
from fuzzing import damage
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError
from perfpred.combination import Combination
from perfpred.errors import InputError, ModelFileError
from perfpred.export.c_header import header
from perfpred.predict import document, store
from perfpred.predict.blend import Blend
from perfpred.predict.design import Input
from perfpred.predict.encoding import Encoding
from perfpred.predict.familiar import Familiar
from perfpred.predict.forest import BoostedTrees, Forest
from perfpred.predict.gaussian_process import GaussianProcess
from perfpred.predict.linear import LinearModel
from perfpred.predict.nets import PosynomialNet, ReluNet
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.predict.related import RelatedNets, Relative

NUMBERS: tuple[Any, ...] = (
    *(0, -0.0, 1, -1, 1e-300, -1e-300, 5e-324, 1e300, -1e300, 1.7e308, 1e30, 1e31, -745.0, 800, 710, 0.5),
    *(10**400, -(10**400), 2**63, 2**64, 10**17, math.nan, math.inf, -math.inf, True, None, "1", [1.0], {}),
    *(50, -50, 100, -100, 699, -699, 1e15, -1e15, 1e-9, 1e9, 1e99, 1e-99),
)
TEXTS = (
    *("", " ", "m", "mode", "mode=a", "mode_b", "1", "0", "-1", "m - m", "1/0", "0/m", "log2(m - 1000)"),
    *("m**m**m", "2**m**m", "exp(m)", "min(m, 0)", "m % 0", "1e308*m", "1e-308/m", "(" * 500, "import", "x"),
    *(
        "Forest",
        "Blend",
        "\x1b[2J",
        "\n",
        "\u202e",
        "\ud800",
        "\0",
        "*/",
        '"',
        "\\",
        "a" * 3000,
        "a" * 20_000,
    ),
    *("../../etc/passwd", "con", "__class__", "work", "self", "é", "矩阵"),
)


def seeds() -> list[bytes]:
    """Return one small model of every kind of formula."""
    rng = np.random.default_rng(0)
    inputs = (Input("log2(m + 3)", 5.0, 2.0, 2.0, 10.0), Input("mode_b", 0.5, 0.5, 0.0, 1.0))
    terms, logs = ("1", "m**2"), np.array([-14.0, -20.0])
    net = PosynomialNet(
        *(terms, logs, inputs, rng.normal(size=(3, 2)), *rng.normal(size=(2, 3)), np.zeros(2), -1.0, 1.0)
    )
    process = GaussianProcess(
        terms, logs, inputs, np.ones(2), rng.normal(size=(4, 2)), rng.normal(size=4) / 9
    )
    walk = (
        np.array([0]),
        np.array([0, 0, 0]),
        np.array([9.5, 0, 0]),
        np.array([1, 1, 2]),
        np.array([2, 1, 2]),
    )
    forest = Forest(("m",), *walk, np.array([0.0, -9.0, -5.0]))
    relative = Relative("time_other", "k / w / h", net)
    formulas = [
        *(net, process, forest, BoostedTrees(("m",), *walk, rng.normal(size=3), -7.0)),
        ReluNet(inputs, rng.normal(size=(4, 2)), *rng.normal(size=(2, 4)), 2.0, 1e-9),
        ReluNet(_unclipped(inputs), rng.normal(size=(4, 2)), *rng.normal(size=(2, 4)), 2.0, 1e-9),
        LinearModel(("1", "m"), np.array([1e-6, 1e-9]), 1e-9),
        Blend((forest, process), np.array([0.25, 0.75])),
        RelatedNets((relative,), (net, net), process, 0.3),
    ]
    return [store.dumps(_predictor(formula)).encode() for formula in formulas]


def _unclipped(inputs: Sequence[Input]) -> tuple[Input, ...]:
    most = sys.float_info.max
    return tuple(replace(each, low=-most, high=most) for each in inputs)


def _predictor(formula: Any) -> Predictor:
    axes, centres = ("log2(max(m, 0) + 1)", "mode_b*0.7"), np.array([[1.0, 0.0], [5.0, 0.7], [6.6, 0.0]])
    return Predictor(
        Combination("k", "v", "cpu-1t"),
        Encoding(("m", "mode"), {"mode": ("a", "b")}),
        formula,
        {"m": Range(1.0, 100.0)},
        {"work": Range(1.0, 10000.0)},
        Interval(-0.1, 0.2, (-15.0, -10.0), (1.0, 2.0), 0.5, {"m": 1.5}),
        Training("augmented", 250, "ab", 0.01, {"work": "m**2"}),
        Familiar({"m*m": Range(1.0, 10000.0)}, axes, centres, 1.5, {"m": (1.0, 32.0, 100.0)}),
    )


class ModelFiles:
    """The kind; see `fuzzing.kinds.Kind`."""

    name = "model"
    suffix = ".json"

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a changed model with the right hash, most of the time, or damaged bytes."""
        content = json.loads(data)
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            rng.choice(CHANGES)(content["predictor"], rng)
        if rng.random() < 0.05:
            content.update({rng.choice(["format", "version", "units", "sha256"]): rng.choice(NUMBERS)})
        elif rng.random() < 0.95:
            content["sha256"] = document.digest(content["predictor"])
        text = json.dumps(content, indent=rng.choice([None, 1])).encode()
        return rng.choice(damage.ANY)(text, rng) if rng.random() < 0.1 else text

    def judge(self, path: Path) -> str:
        """Load a model and, if it is accepted, ask it, select with it, export it and write it again."""
        try:
            bank = pp.load(path)
        except InputError as error:
            _require_a_sentence(path, error)
            return REFUSED
        [predictor] = bank
        for query in _queries(predictor):
            _require_an_answer(bank, predictor, query)
        _require_c(bank)
        again = store.loads(store.dumps(predictor))
        if again.combination != predictor.combination:
            raise WrongAnswerError("it does not come back as it was")
        return ACCEPTED


def _queries(predictor: Predictor) -> Iterator[dict[str, float | str]]:
    """Yield the centre and the ends of what training saw, and what is beyond."""
    levels = {name: each[0] for name, each in predictor.encoding.categories.items()}
    for share in (0.5, 0.0, 1.0, 1.5, 30.0, 1e6):
        numbers = {n: seen.low * (1 - share) + seen.high * share for n, seen in predictor.ranges.items()}
        yield {**numbers, **levels}


def _require_an_answer(bank: pp.Bank, predictor: Predictor, query: dict[str, float | str]) -> None:
    """Ask alone, in a table and in a selection: a time > 0 within its interval, or an `InputError`."""
    key = predictor.combination
    try:
        found = bank.predict(key.kernel, query)
        chosen = bank.select(key.kernel, query)
    except InputError:
        return
    for answer in (found, chosen.best):
        numbers = (answer.low_s, answer.time_s, answer.high_s)
        if not (all(map(math.isfinite, numbers)) and 0 < answer.low_s <= answer.time_s <= answer.high_s):
            raise WrongAnswerError(f"{query}: {answer}")
    try:
        [in_table] = bank.predict_table(key.kernel, {name: [value] for name, value in query.items()})
    except InputError:
        return
    if not math.isclose(in_table, found.time_s, rel_tol=1e-6):
        raise WrongAnswerError(f"{query}: {found.time_s} alone, but {in_table} in a table")


def _require_c(bank: pp.Bank) -> None:
    try:
        text = header(bank, "model.h")
    except InputError:
        return
    code = re.sub(r"/\*.*?\*/|\"[^\"\n]*\"", "", text, flags=re.DOTALL)
    if re.search(r"(?<![\w.])-?(inf|nan)(?!\w)", code, re.IGNORECASE) or not _is_printable(text):
        raise WrongAnswerError("the C text holds a number that is none, or what does not print")
    compiler = shutil.which("gcc")
    if compiler and zlib.crc32(text.encode()) % 20 == 0:
        command = [compiler, "-std=c99", "-fsyntax-only", "-x", "c", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            raise WrongAnswerError(f"the C text does not compile: {done.stderr[:300]}")


def _require_a_sentence(path: Path, error: InputError) -> None:
    message = str(error)
    if not isinstance(error, ModelFileError) or not message.startswith(str(path)):
        raise WrongAnswerError(f"{type(error).__name__} without its file: {message[:200]}")
    if len(message) > 6000 or not _is_printable(message):
        raise WrongAnswerError(f"a message that is no sentence: {message[:300]!a}")


def _is_printable(text: str) -> bool:
    return text.replace("\n", "").replace("\t", "").isprintable()


def _places(value: Any, wanted: Callable[[Any], bool]) -> list[tuple[Any, Any]]:
    """Return the places, containers with keys, of what is wanted."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = []
    for key, each in items:
        if wanted(each):
            found.append((value, key))
        found += _places(each, wanted)
    return found


def _number(body: Any, rng: random.Random) -> None:
    places = _places(body, lambda each: isinstance(each, (int, float)))
    if places:
        container, key = rng.choice(places)
        container[key] = copy.copy(rng.choice(NUMBERS))


def _numbers(body: Any, rng: random.Random) -> None:
    """Scale all numbers of a list, or shift them."""
    places = _places(body, lambda each: isinstance(each, list) and bool(each) and isinstance(each[0], float))
    if places:
        container, key = rng.choice(places)
        factor = rng.choice([0, -1, 1e-20, 1e5, 1e20, 1e29, 1e100, 1e300])
        shift = rng.choice([0, 0, 300, -300, 690, -690])
        container[key] = [each * factor + shift for each in container[key] if isinstance(each, (int, float))]


def _field(body: Any, rng: random.Random) -> None:
    """Change a number that has a name: an end, a scale, a floor, a count."""
    places = [
        place for place in _places(body, lambda each: isinstance(each, (int, float))) if type(place[1]) is str
    ]
    if places:
        container, key = rng.choice(places)
        container[key] = copy.copy(rng.choice(NUMBERS))


def _text(body: Any, rng: random.Random) -> None:
    container, key = rng.choice(_places(body, lambda each: isinstance(each, str)) or [({}, "")])
    container[key] = rng.choice(TEXTS)


def _key(body: Any, rng: random.Random) -> None:
    container, key = rng.choice(_places([body], lambda each: isinstance(each, dict) and bool(each)))
    target = container[key]
    value = target.pop(rng.choice([*target]))
    if rng.random() < 0.7:
        target[rng.choice(TEXTS)] = value


def _list(body: Any, rng: random.Random) -> None:
    places = _places(body, lambda each: isinstance(each, list))
    if not places:
        return
    container, key = rng.choice(places)
    old = container[key]
    changed = [[], old[:-1], old + old, [old], [*old, []], [*old, old], old[::-1], {}, None, old * 50]
    container[key] = json.loads(json.dumps(rng.choice(changed)))  # nothing stands twice


def _swap(body: Any, rng: random.Random) -> None:
    """Put what stands at one place at another."""
    places = _places(body, lambda _: True)
    if len(places) > 1:
        (one, i), (two, j) = rng.sample(places, 2)
        one[i] = json.loads(json.dumps(two[j]))


CHANGES: tuple[Callable[[Any, random.Random], None], ...] = (
    *(_number, _number, _field, _field, _numbers, _numbers, _text, _key, _list, _swap),
)
