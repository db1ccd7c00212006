"""What choosing Halide schedules is worth: speedups over Halide's autoschedulers, by runs spent.

Each pipeline is profiled at three sizes, and the choice is judged at a fourth: without a run, and with some.
Chosen on some rounds, scored on others, all candidates interleaved; see `perfpred halide bench`. Profiles and
results are kept in the folders given, and what is there is not done again.

    python benchmarks/halide_suite.py [PIPELINE ...] --data DIR --out results.json
                                      [--candidates 100] [--plot F.png]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from perfpred.halide.pipeline.suite import PIPELINES

SIZES = {
    (1536, 1024): ("1024x1024", "1920x1280", "640x480"),
    (768, 768): ("512x512", "1024x1024", "640x384"),
    (96, 96): ("64x64", "112x112", "128x48"),
}
"""Profiled, by the size that is judged, which is the suite's default; schedules are drawn for the first."""


def perfpred(*words: str) -> str:
    """Return what the command prints."""
    done = subprocess.run(
        [sys.executable, "-m", "perfpred", *words], stdout=subprocess.PIPE, text=True, check=True
    )
    return done.stdout


def measured(name: str, data: Path, candidates: int, minutes: float) -> Path:
    """Return the profile of a pipeline, measured unless it is there."""
    path = data / f"halide-{name}.csv"
    if not path.exists():
        sizes = [word for size in SIZES[PIPELINES[name].default_size] for word in ("--size", size)]
        effort = ["--candidates", str(candidates), "--compile-limit", "30", "--time-limit", str(minutes)]
        rounds = ["--min-rounds", "6", "--max-rounds", "12", "--resume"]
        perfpred("halide", "profile", name, *sizes, *effort, *rounds, "--out", str(path))
    return path


def table(documents: list[dict[str, Any]]) -> str:
    """Return the speedups over the fastest autoscheduler and over Mullapudi2016, as Markdown."""
    budgets = sorted({each["budget"] for each in documents if each["budget"] is not None})
    heads = " | ".join(f"{budget} runs" for budget in budgets)
    lines = [
        f"| pipeline | size | fastest autoscheduler | {heads} | over Mullapudi2016 |",
        "|---|---|---|" + "---|" * (len(budgets) + 1),
    ]
    speedups: dict[Any, list[float]] = {}
    for name in dict.fromkeys(each["pipeline"] for each in documents):
        mine = [each for each in documents if each["pipeline"] == name]
        by_budget = {each["budget"]: each for each in mine if each["budget"] is not None}
        paper = next((each for each in mine if each["strategy"] == "mullapudi2016"), None)
        for budget, each in by_budget.items():
            if each["speedup"] is not None:
                speedups.setdefault(budget, []).append(each["speedup"])
        over = "-"
        if paper is not None and paper["time_s"]:
            ratio = paper["time_s"] / by_budget[max(by_budget)]["time_s"]
            speedups.setdefault("paper", []).append(ratio)
            over = f"{ratio:.2f}"
        figures = " | ".join(shown(by_budget[budget]) if budget in by_budget else "-" for budget in budgets)
        base = f"{mine[0]['baseline']}, {1e3 * mine[0]['baseline_s']:.3g} ms"
        lines.append(f"| {name} | {mine[0]['size']} | {base} | {figures} | {over} |")
    means = [
        f"{np.exp(np.mean(np.log(speedups[key]))):.2f}" for key in (*budgets, "paper") if key in speedups
    ]
    lines.append(f"| geometric mean | | | {' | '.join(means)} |")
    return "\n".join(lines)


def shown(document: dict[str, Any]) -> str:
    """Return a speedup with its interval, where there is one, and whether that is undecided."""
    if document["speedup"] is None:
        return "-"
    ratio = f"{document['speedup']:.2f}"
    if document.get("speedup_low") is None:
        return ratio
    undecided = "" if document["decided"] else ", undecided"
    return f"{ratio} ({document['speedup_low']:.2f} to {document['speedup_high']:.2f}{undecided})"


def summary(documents: list[dict[str, Any]]) -> str:
    """Return the regret of choosing without runs, how schedules left out are ranked, how times repeat."""
    unrun = [each for each in documents if each["budget"] == 0]
    if not unrun:
        return ""
    regret = np.mean([each["regret"] for each in unrun])
    ranks = np.median([each["spearman"] for each in unrun if each["spearman"] is not None])
    noise = [each["noise"] for each in documents if each["budget"] is not None and each["noise"] is not None]
    return (
        f"without runs: mean regret {regret:.3f}; schedules left out: median rank correlation {ranks:.2f}; "
        f"times repeat within {np.median(noise):.1%} (median; at most {max(noise):.1%})"
    )


def draw(documents: list[dict[str, Any]], path: Path) -> None:
    """Draw the speedups over the fastest autoscheduler, a group per pipeline, a bar per budget."""
    from matplotlib.figure import Figure

    from perfpred.report.figures import speedups

    figure = Figure(figsize=(9, 3.6), layout="constrained")
    speedups(figure.subplots(), documents)
    figure.savefig(path, dpi=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("pipelines", nargs="*", default=list(PIPELINES))
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, default=Path("models"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--candidates", type=int, default=100)
    parser.add_argument("--minutes", type=float, default=2.0, help="of timing, a profile")
    parser.add_argument("--budget", default="0,10,100")
    parser.add_argument("--plot", type=Path, help="a PNG to draw")
    given = parser.parse_args()
    given.data.mkdir(parents=True, exist_ok=True)
    documents = json.loads(given.out.read_text()) if given.out.exists() else []
    for name in given.pipelines:
        try:
            profile = measured(name, given.data, given.candidates, given.minutes)
            perfpred("halide", "train", str(profile), "--models", str(given.models))
            if name not in {each["pipeline"] for each in documents}:
                budget = ["--budget", given.budget, "--models", str(given.models), "--json"]
                documents += json.loads(perfpred("halide", "bench", name, *budget))
                given.out.write_text(json.dumps(documents, indent=1) + "\n")
        except subprocess.CalledProcessError as error:
            print(f"{name}: {error}", file=sys.stderr)
    print(table(documents))
    print(summary(documents))
    if given.plot is not None:
        draw(documents, given.plot)


if __name__ == "__main__":
    main()
