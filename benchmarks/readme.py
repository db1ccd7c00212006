"""Rewrite the figures of README.md and docs, between `<!-- name -->` marks, from what the commands print.

    python benchmarks/readme.py [--accuracy F.json] [--selection F.json] [--only own,ask]

It runs the commands that are shown, and the accuracy and selection benchmarks, or takes what the latter two
have printed with --json.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
EXAMPLE = "docs/examples/fft.csv"
OWN = ("--kernel", "fft", "--variant-column", "library", "--hardware", "my-laptop")
QUERY = ("m=384", "n=128", "k=900")
HARDWARE = "intel-xeon-6-207-avx512-1t"


def run(*command: str) -> str:
    """Return what a Python command prints on stdout, without trailing spaces."""
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=True, cwd=ROOT, stdin=None
    )
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def console(*arguments: str) -> str:
    """Return a command and its output, as a person sees them."""
    words = " ".join(arguments)
    return f"$ perfpred {words}\n{run('-m', 'perfpred', *arguments)}"


def model_table(results: pd.DataFrame) -> str:
    """Return a row a model: means over combinations and splits, and the spread over splits."""
    lines = [
        "| model | parameters | MAPE, all rows | slowest 70% | median | 90% coverage | noise floor |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, group in results.groupby("model", sort=False):
        spread = group.groupby("repeat")["mape"].mean().std(ddof=0)
        means = group[["mape_slowest70", "median_ape", "coverage90", "noise"]].mean() * 100
        slow, median, covered, noise = (f"{value:.1f}" for value in means)
        mape = f"{group['mape'].mean() * 100:.1f} ± {spread * 100:.1f}"
        count = group["n_parameters"].max()
        lines.append(f"| `{name}` | {count} | {mape} | {slow} | {median} | {covered} | {noise} |")
    return "\n".join(lines)


def kernel_table(results: pd.DataFrame, models: tuple[str, ...] = ("augmented", "paper-nnc")) -> str:
    """Return a row a kernel: MAPE on all rows and on the slowest 70%, of two models."""
    heads = " | ".join(f"`{model}`, all rows | slowest 70%" for model in models)
    lines = [f"| kernel | combinations | {heads} | noise floor |", "|---|---|---|---|---|---|---|"]
    for kernel, group in results.groupby("kernel", sort=False):
        cells = []
        for model in models:
            means = group[group["model"] == model][["mape", "mape_slowest70"]].mean() * 100
            cells += [f"{value:.1f}" for value in means]
        count = group.groupby(["variant", "hardware"]).ngroups
        noise = f"{group['noise'].mean() * 100:.1f}"
        lines.append(f"| {kernel} | {count} | {' | '.join(cells)} | {noise} |")
    return "\n".join(lines)


def selection(text: str) -> str:
    """Return the table of ways to choose among all combinations of a kernel, from the benchmark's JSON."""
    lines = ["| kernel | policy | mean regret | P90 | within 2% of the best |", "|---|---|---|---|---|"]
    for each in json.loads(text):
        if each["among"] == "all":
            keys = ("mean_regret", "p90_regret", "share_within_2_percent")
            figures = " | ".join(f"{each[key]:.1%}" for key in keys)
            lines.append(f"| {each['kernel']} | {each['way']} | {figures} |")
    return "\n".join(lines)


def accuracy_row(results: pd.DataFrame) -> str:
    """Return the rows of two models, errors and the noise floor only."""
    lines = [
        "| model | parameters | mean error | on the slowest 70% | 90% coverage | noise floor |",
        "|---|---|---|---|---|---|",
    ]
    for name in ("augmented", "paper-nnc"):
        group = results[results["model"] == name]
        figures = group[["mape", "mape_slowest70", "coverage90", "noise"]].mean() * 100
        cells = " | ".join(f"{value:.1f}%" for value in figures)
        lines.append(f"| `{name}` | {group['n_parameters'].max()} | {cells} |")
    return "\n".join(lines)


def own() -> str:
    """Return a CSV's way to a model and an answer, as a person sees it."""
    with tempfile.TemporaryDirectory() as folder:
        words = [
            ("inspect", EXAMPLE),
            ("train", EXAMPLE, "--models", folder, *OWN),
            ("predict", "fft", "--models", folder, "--variant", "numpy", "n=4096", "batch=10"),
            ("select", "fft", "--models", folder, "n=4096", "batch=10"),
        ]
        texts = [console(*each) for each in words]
        return "\n".join(texts).replace(folder, "mine")


def halide_mean() -> str:
    """Return the geometric mean of the speedups with ten runs."""
    documents = json.loads((ROOT / "benchmarks" / "results" / "halide.json").read_text(encoding="utf-8"))
    speedups = [each["speedup"] for each in documents if each["budget"] == 10]
    return f"{np.exp(np.mean(np.log(speedups))):.2f}"


def replace(name: str, content: str) -> None:
    """Replace what stands between the marks of `name`, in whichever page has them."""
    for path in PAGES:
        text = path.read_text(encoding="utf-8")
        pattern = re.compile(rf"(<!-- {name} -->)(\n?).*?(<!-- /{name} -->)", re.DOTALL)
        if pattern.search(text):
            path.write_text(
                pattern.sub(lambda match: f"{match[1]}{match[2]}{content}{match[2]}{match[3]}", text),
                encoding="utf-8",
            )
            return
    raise SystemExit(f"no page has the marks <!-- {name} --> and <!-- /{name} -->")


def printed(given: Path | None, benchmark: str) -> str:
    """Return the JSON that a benchmark has printed into a file, or prints now."""
    return run(f"benchmarks/{benchmark}.py", "--json") if given is None else given.read_text(encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--accuracy", type=Path)
    parser.add_argument("--selection", type=Path)
    parser.add_argument("--only", default="own,ask,halide-mean,accuracy,selection", help="marks to renew")
    options = parser.parse_args()
    only = options.only.split(",")
    ask = ("predict", "matmul", "--models", "models", "--variant", "openblas", "--hardware", HARDWARE, *QUERY)
    select = ("select", "matmul", "--models", "models", *QUERY, "--top", "3")
    if "own" in only:
        replace("own", f"```console\n{own()}\n```")
    if "ask" in only:
        replace("ask", f"```console\n{console(*ask)}\n{console(*select)}\n```")
    if "halide-mean" in only:
        replace("halide-mean", halide_mean())
    if "accuracy" in only:
        results = pd.DataFrame(json.loads(printed(options.accuracy, "accuracy")))
        replace("accuracy", model_table(results))
        replace("kernels", kernel_table(results))
        replace("accuracy-row", accuracy_row(results))
    if "selection" in only:
        replace("selection", selection(printed(options.selection, "selection")))


if __name__ == "__main__":
    main()
