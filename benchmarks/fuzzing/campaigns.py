"""Campaign files: TOML with hostile values, types, names and nesting, and outputs that lead elsewhere.

python benchmarks/fuzz.py --kind campaign --count 10000
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from fuzzing import damage
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError
from perfpred.errors import InputError
from perfpred.hardware import Machine
from perfpred.measure.campaign_file import read_campaign
from perfpred.measure.destination import PLACEHOLDER

MACHINE = Machine(
    cpu="test-cpu",
    model_name="Test",
    microarchitecture="test",
    cores=4,
    affinity=(0, 1, 2, 3),
    memory_bytes=1 << 33,
    caches_bytes={"L1d": 1 << 15},
    flags=("sse4_2", "avx2", "fma"),
    governor="unknown",
    system="test",
)
WHOLE = """out = "{kernel}-{cpu}.csv"
samples = 4
seed = 1
min_rounds = 2
max_rounds = 3
target_noise = 0.05
row_budget_s = 1.5
row_limit_s = 10

[[measure]]
kernels = ["matvec", "softmax"]
variants = ["openblas"]

[[measure]]
kernels = ["matvec"]
variants = ["onednn", "openblas"]
isas = ["avx2", "sse4.2"]
threads = [1, 2]
"""
SHORT = """out = "data/{kernel}/{variant}-{hardware}.csv"
samples = 2
[[measure]]
kernels = ["matmul"]
"""
OUTS = (
    *("{kernel.x}.csv", "{kernel[x]}.csv", "{kernel:>9999999999}.csv", "{kernel.__class__.__mro__}.csv"),
    *("/tmp/{kernel}.csv", "../{kernel}.csv", "a/../../x.csv", "{}", "{0}", "{{kernel}}.csv", "{kernel"),
    *("", ".", "..", "/", "a/", "~/x.csv", "\\u0000.csv", "\\u001b[31m.csv", "\\u202e.csv", "x" * 5000),
    *(
        "{kernel}" * 100 + ".csv",
        "{cpu}/{cpu}.csv",
        "$HOME/x.csv",
        "con",
        "-rf",
        " ",
        "{ kernel }",
        "all.csv",
    ),
)
VALUES = (
    *("9" * 400, "9" * 5000, "-1", "0", "1e999", "inf", "-inf", "nan", "true", '""', "[]", "{}", "1e-320"),
    *("0x" + "f" * 5000, "1_000_000_000_000", "2024-01-01", "00:00:00", "-0.0", '"1"', "[[1]]", "{a = {}}"),
    *(
        '["matvec"]',
        '["matvec", "matvec"]',
        '["nothing"]',
        '["\\u001b[2J"]',
        "[1]",
        "[1.5]",
        "[-1]",
        "[true]",
    ),
    *("[" * 3000, "[" * 300 + "]" * 300, '"""' + "x" * 100_000 + '"""', "[" + "1, " * 10_000 + "]"),
    "[" + '"matvec", ' * 10_000 + "]",
    "[" + ", ".join(map(str, range(1, 100))) + "]",
)
KEYS = (
    *("out", "samples", "measure", "kernels", "variants", "isas", "threads", "seed", "max_rounds", "nothing"),
    *(
        '"\\u001b[31m"',
        '""',
        '"a b"',
        "a.b.c",
        ".".join("a" * 2000),
        "'{kernel}'",
        "[measure]",
        "[[measure]]",
    ),
)


class Campaigns:
    """The kind."""

    name, suffix = "campaign", ".toml"

    def seeds(self) -> Sequence[bytes]:
        """Return two campaigns."""
        return [WHOLE.encode(), SHORT.encode()]

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a campaign with one to three changes."""
        for _ in range(rng.choice([1, 1, 2, 3])):
            data = rng.choice([*CHANGES, *CHANGES, *CHANGES, *damage.ANY])(data, rng)
        return data

    def judge(self, path: Path) -> str:
        """Read it, and see where it would write."""
        try:
            file = read_campaign(path, MACHINE)
            paths = file.where.paths(file.plan)
        except InputError as error:
            if len(str(error)) > 10_000:
                raise WrongAnswerError(f"a message of {len(str(error))} characters") from None
            return REFUSED
        for out in (*paths, file.where.journal):
            if not Path(os.path.realpath(out)).is_relative_to(os.path.realpath(path.parent)):
                raise WrongAnswerError(f"{out} is outside")
            if PLACEHOLDER.search(str(out)) or not out.name.isprintable():
                raise WrongAnswerError(f"{out!r} is no name")
        if not file.plan.rows:
            raise WrongAnswerError("nothing is measured")
        return ACCEPTED


def _on_text(change: Callable[[str, random.Random], str]) -> Callable[[bytes, random.Random], bytes]:
    return lambda data, rng: change(data.decode(errors="surrogateescape"), rng).encode(
        errors="surrogateescape"
    )


def _value(text: str, rng: random.Random) -> str:
    found = list(re.finditer(r"= (.*)", text))
    return _put(text, rng.choice(found).span(1), rng.choice(VALUES)) if found else text


def _out(text: str, rng: random.Random) -> str:
    found = re.search(r'out = "([^"\n]*)"', text)
    return _put(text, found.span(1), rng.choice(OUTS)) if found else text


def _key(text: str, rng: random.Random) -> str:
    found = list(re.finditer(r"^(\S+) =", text, re.MULTILINE))
    return _put(text, rng.choice(found).span(1), rng.choice(KEYS)) if found else text


def _item(text: str, rng: random.Random) -> str:
    found = list(re.finditer(r"[\[ ]([^\[\], ]+)[,\]]", text))
    return _put(text, rng.choice(found).span(1), rng.choice(VALUES)) if found else text


def _line(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    place = rng.randrange(len(lines))
    lines[place:place] = rng.choice(
        [[f"{rng.choice(KEYS)} = {rng.choice(VALUES)}"], [rng.choice(lines)], [f"[{rng.choice(KEYS)}]"]]
    )
    return "\n".join(lines)


def _groups(text: str, rng: random.Random) -> str:
    start = text.find("[[measure]]")
    return text + text[start:] * rng.choice([1, 20, 200]) if start >= 0 else text


def _put(text: str, span: tuple[int, int], value: str) -> str:
    return text[: span[0]] + value + text[span[1] :]


CHANGES = tuple(map(_on_text, (_value, _value, _out, _out, _key, _item, _line, _groups)))
