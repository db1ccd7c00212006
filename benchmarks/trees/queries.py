"""Answer queries with stored models: times, intervals, range flags and choices.

python queries.py MODELS QUERIES.json OUT.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import perfpred as pp
from perfpred.errors import PerfpredError


def predicted(bank: pp.Bank, kernel: str, query: dict[str, float]) -> dict[str, Any]:
    """Return ``[time, low, high, in range]`` of every model of a kernel, or why it has no answer."""
    found: dict[str, Any] = {}
    for predictor in bank.find(kernel):
        key = predictor.combination
        try:
            answer = bank.predict(kernel, query, variant=key.variant, hardware=key.hardware)
        except PerfpredError as error:
            found[f"{key.variant} {key.hardware}"] = str(error)
        else:
            figures = [answer.time_s, answer.low_s, answer.high_s, bool(answer.in_range)]
            found[f"{key.variant} {key.hardware}"] = figures
    return found


def selected(bank: pp.Bank, kernel: str, query: dict[str, float]) -> dict[str, Any] | str:
    """Return the best, the ranking and the ties, or why there is no choice."""
    try:
        answer = bank.select(kernel, query)
    except PerfpredError as error:
        return str(error)

    def name(choice: Any) -> str:
        return f"{choice.variant} {choice.hardware}"

    return {
        "best": name(answer.best),
        "ranking": [name(choice) for choice in answer.ranking],
        "ties": sorted(name(choice) for choice in answer.ties),
    }


def main() -> None:
    models, queries, out = sys.argv[1:]
    bank = pp.load(models)
    answers = [
        {"predict": predicted(bank, kernel, query), "select": selected(bank, kernel, query)}
        for kernel, query in json.loads(Path(queries).read_text())
    ]
    Path(out).write_text(json.dumps(answers))


if __name__ == "__main__":
    main()
