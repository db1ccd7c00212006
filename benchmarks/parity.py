"""Does this tree answer as an earlier one did? Each answers in processes of its own.

Asked are the models of the earlier tree, by 2,000 queries of sizes amid, at the ends of and beyond what the
shipped datasets measured, for times, intervals, range flags and choices, in Python and by the exported C
header; rankings and choices of Halide schedules at sizes never profiled; and searches replayed on recorded
tuning spaces, candidate by candidate. Numbers must agree to 1e-12.

What differs on purpose is in `trees/known.py`, with the commit that made it so; anything else is listed, and
the exit code is 1.

    python benchmarks/parity.py [--reference a76de9e] [--only queries,header,halide,choices,searches] [--json]
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from trees.checkout import ROOT, Tree, beside_the_checkout, contains, two_trees
from trees.drawing import queries
from trees.known import KNOWN, Difference, Known

REFERENCE = "a76de9e"
TOLERANCE = 1e-12
QUERIES = 2000
FIGURES = ("time", "low", "high", "in range")
UNPROFILED, UNPROFILED_SMALL = "1000x700", "96x80"
SMALL = ("conv_layer", "depthwise")
"""Pipelines that were profiled at small sizes alone."""
CHOSEN = (f"blur:{UNPROFILED}", f"harris:{UNPROFILED}", f"conv_layer:{UNPROFILED_SMALL}")
"""Choosing compiles and runs, so only some pipelines are chosen for."""
BUDGET, REPEATS = 60, 2
SPACES = (
    ROOT / "tests/data/tuning/convolution_milo-A6000.T4.json",
    beside_the_checkout() / "shared/data/gpu/convolution_milo-W6600.T4.json.gz",
    beside_the_checkout() / "shared/data/gpu/pnpoly-RTX_3090.kernel_tuner.json.gz",
)
"""Those that are there are searched."""

Answers = dict[str, Any]


def agree(before: Any, after: Any) -> bool:
    """Say whether two answers are the same: numbers to `TOLERANCE`, NaN as NaN, all else exactly."""
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(agree, before, after))
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(agree(before[key], after[key]) for key in before)
    if type(before) is float and type(after) is float:
        both_nan = math.isnan(before) and math.isnan(after)
        return both_nan or before == after or math.isclose(before, after, rel_tol=TOLERANCE, abs_tol=0.0)
    return type(before) is type(after) and before == after


def asked(trees: Sequence[Tree], probe: str, *arguments: object) -> list[Any]:
    """Return what a probe writes in each tree; ``OUT`` among its arguments stands for the file it writes."""
    answers = []
    for tree in trees:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.json"
            tree.probe(probe, *(out if each == "OUT" else each for each in arguments))
            answers.append(json.loads(out.read_text()))
    return answers


def compared_queries(trees: Sequence[Tree], scratch: Path) -> Iterator[Difference | None]:
    """Compare predictions, figure by figure, and choices."""
    drawn = json.loads((scratch / "queries.json").read_text())
    before, after = asked(trees, "queries", trees[0].folder / "models", scratch / "queries.json", "OUT")
    for (kernel, query), was, now in zip(drawn, before, after, strict=True):
        about = f"{kernel} {query}"
        for model in sorted(was["predict"].keys() | now["predict"].keys()):
            pair = was["predict"].get(model), now["predict"].get(model)
            yield from figures_compared(f"{about} {model}", *pair)
        yield from parts_compared("select", about, was["select"], now["select"])


def figures_compared(key: str, before: Any, after: Any) -> Iterator[Difference | None]:
    if not (isinstance(before, list) and isinstance(after, list)):
        yield None if type(before) is type(after) else Difference("predict", "answered", key, before, after)
        return
    for field, was, now in zip(FIGURES, before, after, strict=True):
        yield None if agree(was, now) else Difference("predict", field, key, before, after)


def parts_compared(section: str, key: str, before: Any, after: Any) -> Iterator[Difference | None]:
    if not (isinstance(before, dict) and isinstance(after, dict)):
        yield None if type(before) is type(after) else Difference(section, "answered", key, before, after)
        return
    for field in before:
        yield None if agree(before[field], after[field]) else Difference(section, field, key, before, after)


def compared_header(trees: Sequence[Tree], scratch: Path) -> Iterator[Difference | None]:
    """Compare what the compiled functions of the C header return."""
    drawn = json.loads((scratch / "queries.json").read_text())
    before, after = asked(trees, "header", trees[0].folder / "models", scratch / "queries.json", "OUT")
    for call in sorted(before.keys() | after.keys()):
        index, function = call.split(" ")
        was, now = before.get(call), after.get(call)
        field = "choice" if function.startswith("select_") else function.rsplit("_", 1)[1]
        about = f"{function} {drawn[int(index)][1]}"
        yield None if agree(was, now) else Difference("header", field, about, was, now)


def compared_halide(trees: Sequence[Tree], scratch: Path) -> Iterator[Difference | None]:
    """Compare the rankings of the known schedules of each pipeline at sizes never profiled."""
    datasets = trees[0].folder / "datasets" / "halide"
    names = [path.stem.removeprefix("halide-") for path in sorted(datasets.glob("*.csv"))]
    wanted = [f"rank:{name}:{UNPROFILED}" for name in names]
    wanted += [f"rank:{name}:{UNPROFILED_SMALL}" for name in SMALL]
    for key, was, now in halide_asked(trees, wanted):
        yield from ranks_compared(key, was, now)


def compared_choices(trees: Sequence[Tree], scratch: Path) -> Iterator[Difference | None]:
    """Compare which schedules are chosen without a run; the reason is a text."""
    fields = ("source", "expected_s", "directives")
    for key, *answers in halide_asked(trees, [f"schedule:{each}" for each in CHOSEN]):
        sides = [
            each if isinstance(each, str) else {field: each[field] for field in fields} for each in answers
        ]
        yield from parts_compared("halide", key, *sides)


def halide_asked(trees: Sequence[Tree], wanted: Sequence[str]) -> Iterator[tuple[str, Any, Any]]:
    """Yield each thing asked with the answers of both trees."""
    models, described = trees[0].folder / "models", trees[0].folder / "datasets/halide/halide-blur.meta.json"
    before, after = asked(trees, "halide", models, described, "OUT", *wanted)
    for key in wanted:
        yield key, before[key], after[key]


def ranks_compared(key: str, before: Any, after: Any) -> Iterator[Difference | None]:
    """Compare the order of schedules, and each schedule with itself."""
    if isinstance(before, str) or isinstance(after, str):
        yield None if before == after else Difference("halide", "answered", key, before, after)
        return
    was, now = ({each["schedule"]: each for each in ranking} for ranking in (before, after))
    order = list(was), list(now)
    yield None if order[0] == order[1] else Difference("halide", "ranking", key, *order)
    for name in was.keys() & now.keys():
        yield from parts_compared("halide", f"{key} {name}", was[name], now[name])


def compared_searches(trees: Sequence[Tree], scratch: Path) -> Iterator[Difference | None]:
    """Compare every candidate that every strategy tries on recorded spaces, with its time."""
    files = []
    for path in SPACES:
        if path.exists():
            files.append(scratch / f"{path.name.split('.')[0]}.csv")
            names = ("--kernel", path.name.split("-")[0], "--hardware", "gpu", "--out", files[-1])
            trees[0].perfpred("import", path, *names)
    before, after = asked(trees, "searches", BUDGET, REPEATS, "OUT", *files)
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        yield None if agree(was, now) else Difference("search", "trace", key, was, now)


COMPARED = {
    "queries": compared_queries,
    "header": compared_header,
    "halide": compared_halide,
    "choices": compared_choices,
    "searches": compared_searches,
}


def why(difference: Difference, excuses: Sequence[Known]) -> Known | None:
    """Return what is known of a difference; None if nothing is."""
    return next((each for each in excuses if each.explains(difference)), None)


def summary(section: str, found: Sequence[Difference | None], excuses: Sequence[Known]) -> dict[str, Any]:
    """Return how many answers were compared, how many differ as intended, and those that should not."""
    differences = [each for each in found if each is not None]
    reasons = [why(each, excuses) for each in differences]
    known: dict[str, int] = {}
    for reason in reasons:
        if reason is not None:
            text = f"{reason.reason} ({reason.commit})"
            known[text] = known.get(text, 0) + 1
    unknown = [each for each, reason in zip(differences, reasons, strict=True) if reason is None]
    return {
        "section": section,
        "compared": len(found),
        "intended": known,
        "unexplained": [vars(each) for each in unknown],
    }


def shown(document: dict[str, Any], limit: int) -> None:
    same = document["compared"] - sum(document["intended"].values()) - len(document["unexplained"])
    print(f"{document['section']}: {same} of {document['compared']} answers are the same")
    for reason, count in document["intended"].items():
        print(f"  {count} differ as intended: {reason}")
    for each in document["unexplained"][:limit]:
        parts = [f"{str(each[side])[:300]}" for side in ("before", "after")]
        print(f"  DIFFERS {each['section']} {each['field']}: {each['key']}\n    {parts[0]}\n    {parts[1]}")
    if len(document["unexplained"]) > limit:
        print(f"  and {len(document['unexplained']) - limit} more differ")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--reference", default=REFERENCE, help="the earlier commit")
    parser.add_argument("--only", default=",".join(COMPARED), help=f"of {', '.join(COMPARED)}")
    parser.add_argument("--show", type=int, default=10, help="so many of the differences of each part")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    excuses = [each for each in KNOWN if not contains(options.reference, each.commit)]
    documents = []
    with two_trees(options.reference) as trees, tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        drawn = queries(trees[0].folder / "datasets", QUERIES)
        (scratch / "queries.json").write_text(json.dumps(drawn))
        for section in options.only.split(","):
            found = list(COMPARED[section](trees, scratch))
            documents.append(summary(section, found, excuses))
            if not options.json:
                shown(documents[-1], options.show)
    if options.json:
        print(json.dumps(documents, indent=1))
    if any(each["unexplained"] for each in documents):
        sys.exit(1)


if __name__ == "__main__":
    main()
