"""Rewrite the figures of README.md, between its `<!-- name -->` marks, from what the commands print.

    python benchmarks/readme.py [--accuracy F.json] [--selection F.json]

It runs the demo, a prediction, a selection, and the accuracy and selection benchmarks, or takes what the
latter two have printed with --json.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parent.parent
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
        "| model | parameters | MAPE, all rows | slowest 70% | median | in 90% | noise floor |",
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
    lines = ["| kernel | way | mean regret | P90 | within 2% of the best |", "|---|---|---|---|---|"]
    for each in json.loads(text):
        if each["among"] == "all":
            keys = ("mean_regret", "p90_regret", "share_within_2_percent")
            figures = " | ".join(f"{each[key]:.1%}" for key in keys)
            lines.append(f"| {each['kernel']} | {each['way']} | {figures} |")
    return "\n".join(lines)


def replaced(text: str, name: str, content: str) -> str:
    """Return `text` with what stands between the marks of `name` replaced; raises if there are none."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"README.md has no marks <!-- {name} --> and <!-- /{name} -->")
    return pattern.sub(lambda match: f"{match[1]}{content}\n{match[2]}", text)


def printed(given: Path | None, benchmark: str) -> str:
    """Return the JSON that a benchmark has printed into a file, or prints now."""
    return run(f"benchmarks/{benchmark}.py", "--json") if given is None else given.read_text(encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accuracy", type=Path)
    parser.add_argument("--selection", type=Path)
    options = parser.parse_args()
    ask = ("predict", "matmul", "--models", "models", "--variant", "openblas", "--hardware", HARDWARE, *QUERY)
    select = ("select", "matmul", "--models", "models", *QUERY, "--top", "3")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = replaced(text, "demo", f"```text\n{run('-m', 'perfpred', 'demo')}\n```")
    text = replaced(text, "ask", f"```console\n{console(*ask)}\n{console(*select)}\n```")
    results = pd.DataFrame(json.loads(printed(options.accuracy, "accuracy")))
    text = replaced(text, "accuracy", model_table(results))
    text = replaced(text, "kernels", kernel_table(results))
    text = replaced(text, "selection", selection(printed(options.selection, "selection")))
    (ROOT / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
