"""Is this tree as fast as an earlier one? `speed.py` and `search_round.py` of both, in turns.

Each turn is one process of each tree, which comes first changing from turn to turn, so that what the machine
does meanwhile falls on both. A line's ratio is the median over turns of this tree's figure over the earlier
one's. The noise beside it is half the distance between the 10th and 90th percentile of the figures of the
noisier tree, over their median: a ratio closer to 1 than that says nothing. Both answer with the earlier
tree's models, unless --own-models says otherwise; rates are turned over: above 1 is slower on every line.

    python benchmarks/speed_before_after.py [--reference a76de9e] [--turns 5] [--fit-rounds 1] [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from trees.checkout import Tree, two_trees

REFERENCE = "a76de9e"
ALLOWED = 1.05
"""A line that is slower by more, beyond the noise, is too slow."""

Figures = dict[str, float]


def with_models(tree: Tree, models: Path, folder: Path) -> Tree:
    """Return a tree with the models of another, made of links."""
    folder.mkdir()
    for name in ("perfpred", "benchmarks", "datasets"):
        (folder / name).symlink_to(tree.folder / name)
    (folder / "models").symlink_to(models)
    return Tree(tree.name, folder, tree.cache)


def figures(tree: Tree, options: argparse.Namespace) -> Figures:
    """Return seconds, or any other unit of time, of each line of both benchmarks in one process each."""
    given = ["--rounds", options.rounds, "--fit-rounds", options.fit_rounds, "--kernel", options.kernel]
    lines = json.loads(tree.run(tree.folder / "benchmarks" / "speed.py", *given, "--json"))
    found = {f"{line['what']} ({line['unit']})": cost(line) for line in lines if line["unit"] != "x"}
    if options.searches:
        rounds = json.loads(tree.run(tree.folder / "benchmarks" / "search_round.py", "--json"))
        found |= {f"search, {name[:-2].replace('_', ' ')} (s)": rounds[name] for name in ROUNDS}
    return found


ROUNDS = ("first_round_s", "later_round_s")


def cost(line: dict[str, Any]) -> float:
    """Return a figure of which less is better."""
    return 1.0 / line["median"] if line["unit"].endswith("/s") else float(line["median"])


def compared(turns: list[tuple[Figures, Figures]]) -> list[dict[str, Any]]:
    """Return a document per line that both trees have."""
    names = [name for name in turns[0][0] if name in turns[0][1]]
    documents = []
    for name in names:
        before, after = (np.array([turn[side][name] for turn in turns]) for side in (0, 1))
        ratio, floor = float(np.median(after / before)), max(spread(before), spread(after))
        documents.append(
            {
                "what": name,
                "before": float(np.median(before)),
                "after": float(np.median(after)),
                "ratio": ratio,
                "noise": floor,
                "too_slow": ratio > max(ALLOWED, 1 + floor),
            }
        )
    return documents


def spread(values: np.ndarray) -> float:
    low, median, high = np.quantile(values, [0.1, 0.5, 0.9])
    return float((high - low) / 2 / median)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--reference", default=REFERENCE, help="the earlier commit")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=15, help="of each process, see speed.py")
    parser.add_argument("--fit-rounds", type=int, default=1, help="0 leaves fitting out")
    parser.add_argument("--kernel", default="matmul", help="whose models are asked")
    parser.add_argument("--own-models", action="store_true", help="each tree answers with its own models")
    parser.add_argument("--no-searches", dest="searches", action="store_false", help="leave searches out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    turns = []
    with two_trees(options.reference) as (earlier, own), tempfile.TemporaryDirectory() as scratch:
        this = own
        if not options.own_models:
            this = with_models(own, earlier.folder / "models", Path(scratch) / "tree")
        for turn in range(options.turns):
            order = (earlier, this) if turn % 2 == 0 else (this, earlier)
            found = {tree.name: figures(tree, options) for tree in order}
            turns.append((found[earlier.name], found[this.name]))
            print(f"turn {turn + 1} of {options.turns}", file=sys.stderr)
    documents = compared(turns)
    if options.json:
        print(json.dumps(documents, indent=1))
        return
    for each in documents:
        verdict = "TOO SLOW" if each["too_slow"] else ""
        print(
            f"{each['what']:75} {each['before']:10.3g} {each['after']:10.3g} "
            f"{each['ratio']:6.3f} +-{each['noise']:.1%} {verdict}"
        )


if __name__ == "__main__":
    main()
