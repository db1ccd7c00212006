"""T1 tuning spaces, whose values and conditions are Python expressions that are never run.

python benchmarks/fuzz.py --kind t1 --count 10000
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

from fuzzing import imports, trees
from perfpred.exchange import Names

PIECES = (
    *("range(10**9)", "[0]*10**9", "2**2**2**2**9", "[i for i in range(9)]", "1/0", "x", "lambda: 0", "(1,)"),
    *("__import__('os').system('touch pwned')", "open('/etc/passwd')", "'a'*10**9", "1e999", "[[1]]", "0x1F"),
    *("[i*j for i in range(999) for j in range(999)]", "sum(range(10**8))", "min([])", "-1", "9" * 5000),
    *("(" * 300, "~1", "1 if 1 else 2", "'\\ud800'", "\x1b[2J", "[1, 2][0]", "range(1, 2**64)", "not 1"),
)


def seeds() -> list[bytes]:
    """Return small spaces, T1 and as `perfpred import` writes them."""
    parameters = [
        {"Name": "x", "Type": "int", "Values": "[2**i for i in range(5)]", "Default": 16},
        {"Name": "y", "Type": "int", "Values": "list(range(1, 9)) + [16]", "Default": 1},
        {"Name": "z", "Type": "string", "Values": "['row', 'column']", "Default": "row"},
    ]
    conditions = [
        {"Expression": "x * y <= 1024", "Parameters": ["x", "y"]},
        {"Expression": "x % 2 == 0 or y == 1", "Parameters": ["x", "y"]},
    ]
    documents: list[Any] = [
        {
            "General": {"BenchmarkName": "conv"},
            "ConfigurationSpace": {"TuningParameters": parameters, "Conditions": conditions},
        },
        {"kernel": "conv", "parameters": {"x": [1, 2], "y": ["a", "b"]}, "conditions": ["x > 1 or x == 1"]},
    ]
    return [json.dumps(each).encode() for each in documents]


def spoiled(data: bytes, rng: random.Random) -> bytes:
    """Return a space with a piece of Python in one of its texts."""
    document = json.loads(data)
    texts = [path for path in trees.paths(document) if isinstance(trees.at(document, path), str)]
    path = rng.choice(texts)
    owner, text = trees.at(document, path[:-1]), trees.at(document, path)
    place, piece = rng.randint(0, len(text)), rng.choice(PIECES)
    owner[path[-1]] = rng.choice([piece, f"[{piece}]", text[:place] + piece + text[place:]])
    return json.dumps(document).encode()


class T1Spaces(imports.ImportedJson):
    """The kind; see `fuzzing.imports.ImportedJson`."""

    name = "t1"
    names = Names("conv")

    def seeds(self) -> Sequence[bytes]:
        """Return `seeds`."""
        return seeds()

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a space with other Python in it, or as `fuzzing.imports.mutated` damages it."""
        return spoiled(data, rng) if rng.random() < 0.6 else imports.mutated(data, rng)
