"""Schedule files: loaded, emitted as Python and C++, and some of them applied; no text becomes code.

python benchmarks/fuzz.py --kind schedules --count 10000
"""

from __future__ import annotations

import ast
import copy
import importlib
import json
import random
import re
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fuzzing import damage, trees
from fuzzing.applying import PIPELINES, SIZE, applied
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError
from perfpred.errors import InputError
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.schedule.candidate import AUTOSCHEDULE, METHODS, Candidate, Directive
from perfpred.halide.schedule.document import Schedule, load_schedule
from perfpred.halide.schedule.emit import to_cpp, to_python
from perfpred.halide.schedule.languages import CPP_PLUGIN, ESTIMATES
from perfpred.halide.schedule.rules import MEMORIES, TAILS

TARGET = "x86-64-linux-avx-avx2-f16c-fma-sse41"
DATASETS = Path(__file__).parents[2] / "datasets" / "halide"
CALLS = frozenset(
    (
        *(method for method in METHODS if method != AUTOSCHEDULE),
        *("args", "rvars", "get_func", "update", "Var", "RVar"),
        *("load_plugin", "apply_autoscheduler", "AutoschedulerParams", "invalidate_cache"),
        *("Path", "install_dir", "glob"),
    )
)
"""What emitted code may call."""
COMMENTS = (ESTIMATES, CPP_PLUGIN)
APPLIED_SHARE = 4
"""One in so many accepted schedules is applied."""


def import_halide() -> None:
    """Import Halide itself: a script of that name lies beside this package."""
    before, beside = sys.path[:], Path(__file__).resolve().parents[1]
    try:
        sys.path = [each for each in before if Path(each or ".").resolve() != beside]
        importlib.import_module("halide")
    finally:
        sys.path = before


def seeds() -> list[bytes]:
    """Return schedules of some pipelines: drawn, of autoschedulers, and runs of autoschedulers."""
    import_halide()
    from perfpred.halide.pipeline.build import build

    found = []
    for name in PIPELINES:
        graph = build(PipelineRef.of(name), SIZE).graph
        document = json.loads((DATASETS / f"halide-{name}.schedules.json").read_text(encoding="utf-8"))
        known = [Candidate.from_json(each) for each in document["schedules"].values()]
        asked = Directive("", 0, AUTOSCHEDULE, ("Adams2019", '{"parallelism": 2, "beam_size": 4}'))
        runs = Candidate((asked,), "adams2019")
        for each in (*known[:3], *known[-3:], runs):
            others = [(known[0], 1e-3), (known[1], 2e-3)]
            made = Schedule.of(name, graph, each, TARGET, [SIZE], 1e-3, others)
            found.append(json.dumps(made.to_json()).encode())
    return found


def judge(path: Path) -> str:
    """Load a schedule and, if it is accepted, look at what is emitted, apply and run some."""
    try:
        schedule = load_schedule(path)
        python, cpp = to_python(schedule), to_cpp(schedule)
    except InputError as error:
        str(error)
        return REFUSED
    require_harmless_python(python)
    require_harmless_cpp(cpp)
    text = json.dumps(schedule.to_json(), sort_keys=True)
    if Schedule.from_json(json.loads(text)) != schedule:
        raise WrongAnswerError("it is another one once it was written and read")
    if zlib.crc32(text.encode()) % APPLIED_SHARE:
        return ACCEPTED
    return applied(schedule)


def require_harmless_python(source: str) -> None:
    """Raise `WrongAnswerError` unless a module parses and calls nothing but what schedules need."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise WrongAnswerError(f"emitted Python does not parse: {error}") from None
    kinds = [type(each) for each in tree.body]
    if kinds not in ([ast.Expr, *[ast.Import] * n, ast.FunctionDef] for n in (1, 2)):
        raise WrongAnswerError(f"emitted Python has other statements: {kinds}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in {*CALLS, "str", "next"}:
                raise WrongAnswerError(f"emitted Python calls {name}")
        if isinstance(node, ast.Import) and {each.name for each in node.names} - {"halide", "pathlib"}:
            raise WrongAnswerError("emitted Python imports more than halide and pathlib")


def require_harmless_cpp(source: str) -> None:
    """Raise `WrongAnswerError` unless code outside strings and the first line's comment is of known shape."""
    comment, include, rest = source.split("\n", 2)
    if (
        not comment.startswith("// Schedule of ")
        or comment.endswith("\\")
        or include != '#include "Halide.h"'
    ):
        raise WrongAnswerError(f"emitted C++ starts with {comment!r}, {include!r}")
    for comment in COMMENTS:
        rest = rest.replace(f"    // {comment}\n", "")
    code = re.sub(r'"(?:[^"\\\n]|\\[0-7]{3})*"', "TEXT", rest)
    if not re.fullmatch(r"[A-Za-z0-9_\s.,:;(){}\[\]&=-]*", code):
        raise WrongAnswerError("emitted C++ has other characters outside strings")
    for name in re.findall(r"(\w+)\(", code):
        if name not in {*CALLS, "schedule"} and not re.search(rf"\bR?Var {name}\(TEXT\);", code):
            raise WrongAnswerError(f"emitted C++ calls {name}")


ALIKE = (TAILS, MEMORIES, ("compute_at", "store_at"), ("vectorize", "unroll", "parallel", "serial"))


def nearly(directives: list[list[Any]], rng: random.Random) -> list[list[Any]]:
    """Return directives of which some have other numbers, settings or loops, most of which can be applied."""
    made = copy.deepcopy(directives)
    for _ in range(rng.choice((1, 2, 4))):
        one = rng.randrange(len(made))
        change = rng.random()
        if change < 0.1:
            made.insert(rng.randrange(len(made)), made[one])
        elif change < 0.2 and len(made) > 1:
            del made[one]
        elif change < 0.3:
            other = rng.randrange(len(made))
            made[one], made[other] = made[other], made[one]
        else:
            place = rng.randrange(2, len(made[one]))
            made[one][place] = _other(made[one][place], rng)
    return made


def _other(value: Any, rng: random.Random) -> Any:
    """Return another value of a kind: a number, a tail strategy, a memory type or a place."""
    if isinstance(value, int):
        return rng.choice((1, 2, 3, 4, 5, 8, 16, 32, 64, 100))
    alike = next((each for each in ALIKE if value in each), (value,))
    return rng.choice(alike)


class Schedules:
    """The kind; see `fuzzing.kinds.Kind`."""

    name = "schedules"
    suffix = ".json"
    compiles = True
    limit_s = 60.0

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a document with changes, or now and then damaged bytes."""
        if rng.random() < 0.1:
            return rng.choice(damage.ANY)(data, rng)
        document = json.loads(data)
        kind = rng.random()
        if kind < 0.3:
            document["directives"] = trees.mixed(document["directives"], rng)
        elif kind < 0.6:
            document["directives"] = nearly(document["directives"], rng)
        else:
            document = trees.changed(document, rng)
        return json.dumps(document).encode()

    def judge(self, path: Path) -> str:
        """Return the verdict of `judge`."""
        return judge(path)
