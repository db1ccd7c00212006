"""How long the toolkit itself takes: fitting, importing, a query, a choice, a table of queries, a call in C.

Where two ways are compared they take turns in one run, and the spread of each (half the distance between its
10th and 90th percentile, over its median) stands beside: a ratio closer to 1 than that says nothing. Queries
are timed in a fresh process that has loaded neither torch nor pandas. Times are of the processor, except for
fitting, which uses two processes, and importing.

    python benchmarks/speed.py [--kernel matmul] [--fit-rounds 3] [--rounds 15] [--json]
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import shipped

import perfpred as pp

ROOT = Path(__file__).parent.parent
MODELS = ROOT / "models"
SLOW_TO_IMPORT = ("torch", "pandas", "sklearn", "scipy")
ROWS = 500_000
C_CALLS = 4096

C_MAIN = """
#define _POSIX_C_SOURCE 200809L
#include "bank.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
int main(void) {
  static const int low[] = {LOWEST}, high[] = {HIGHEST};
  static double x[CALLS][PARAMETERS];
  volatile double seconds = 0.0;
  volatile int choice = 0;
  int i, j, round;
  for (i = 0; i < CALLS; ++i) for (j = 0; j < PARAMETERS; ++j) {
    x[i][j] = low[j] + rand() % (high[j] - low[j] + 1);
  }
  for (round = -1; round < ROUNDS; ++round) {
    double start, called, selected;
    start = now();
    for (j = 0; j < 20; ++j) for (i = 0; i < CALLS; ++i) seconds = CALL(x[i]);
    called = now();
    for (j = 0; j < 5; ++j) for (i = 0; i < CALLS; ++i) choice = SELECT(x[i]);
    selected = now();
    if (round >= 0) printf("%.9g %.9g\\n", (called - start) / 20 / CALLS, (selected - called) / 5 / CALLS);
  }
  return 0;
}
"""


def alternated(
    ways: dict[str, Callable[[], object]],
    rounds: int,
    calls: int = 1,
    clock: Callable[[], float] | None = None,
) -> dict[str, list[float]]:
    """Return seconds a call of each way, one number a round, taking turns; a first round is not counted."""
    clock = clock or time.process_time
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, way in ways.items():
            start = clock()
            for _ in range(calls):
                way()
            found[name].append((clock() - start) / calls)
    return {name: seconds[1:] for name, seconds in found.items()}


def measured(what: str, seconds: list[float], unit: str) -> dict[str, Any]:
    """Return the document of one figure: its median in a unit, and its relative spread."""
    values = np.array(seconds) * {"s": 1.0, "us": 1e6, "ns": 1e9}[unit]
    return document(what, values, unit)


def document(what: str, values: np.ndarray, unit: str) -> dict[str, Any]:
    low, median, high = np.quantile(values, [0.1, 0.5, 0.9])
    return {
        "what": what,
        "median": float(median),
        "unit": unit,
        "spread": float((high - low) / 2 / median),
        "n": len(values),
    }


def ratio(what: str, slow: list[float], fast: list[float]) -> dict[str, Any]:
    """Return how many times longer the first takes, round by round."""
    return document(what, np.array(slow) / np.array(fast), "x")


def a_query(kernel: str) -> tuple[Any, Any, dict[str, float]]:
    """Return the stored bank, a predictor of a kernel, and a query amid what it was trained on."""
    bank = pp.load(MODELS)
    predictor = bank.find(kernel)[0]
    return bank, predictor, {n: float(round((r.low + r.high) / 2)) for n, r in predictor.ranges.items()}


def queries(kernel: str, rounds: int) -> list[dict[str, Any]]:
    """Time one query and one choice; call this where nothing slow has been imported."""
    bank, predictor, query = a_query(kernel)
    key = predictor.combination

    def one() -> object:
        return bank.predict(kernel, query, variant=key.variant, hardware=key.hardware)

    start = time.process_time()
    one()
    first = time.process_time() - start
    ways = {
        "predict": one,
        "explained": lambda: predictor._explained(query),
        "select": lambda: bank.select(kernel, query),
    }
    found = alternated(ways, rounds, calls=200)
    loaded = [name for name in SLOW_TO_IMPORT if name in sys.modules]
    assert not loaded, f"{loaded} must not be loaded to answer a query"
    n = len(bank.find(kernel))
    return [
        measured("the first bank.predict, which makes the program", [first], "us"),
        measured("one bank.predict with interval and range", found["predict"], "us"),
        measured("the same by the path that explains errors", found["explained"], "us"),
        ratio("explaining path / bank.predict", found["explained"], found["predict"]),
        measured(f"one bank.select among {n} models", found["select"], "us"),
    ]


def tables(kernel: str, rounds: int) -> list[dict[str, Any]]:
    """Time a table of queries on one processor, by the program and by the formula's own arrays."""
    bank, predictor, _ = a_query(kernel)
    key, rng = predictor.combination, np.random.default_rng(0)
    columns = {
        name: rng.integers(int(max(1, seen.low)), int(seen.high) + 1, ROWS).astype(float)
        for name, seen in predictor.ranges.items()
    }
    ways = {
        "program": lambda: bank.predict_table(kernel, columns, variant=key.variant, hardware=key.hardware),
        "formula": lambda: predictor.formula.seconds(predictor.encoding.encode(columns)),
    }
    found = alternated(ways, rounds)
    return [
        document(
            f"bank.predict_table, {ROWS} rows", ROWS / np.array(found["program"]) / 1e6, "million rows/s"
        ),
        document("the formula's own arrays", ROWS / np.array(found["formula"]) / 1e6, "million rows/s"),
        ratio("own arrays / predict_table", found["formula"], found["program"]),
    ]


def in_c(kernel: str, rounds: int) -> list[dict[str, Any]]:
    """Time the exported functions, compiled with -O2, on random sizes amid those of training."""
    from perfpred.export.c_header import header
    from perfpred.export.c_names import function_names

    compiler = shutil.which("cc")
    bank, predictor, query = a_query(kernel)
    if compiler is None or len(bank.find(kernel)) < 2:
        return []
    arguments = ", ".join(f"(x)[{index}]" for index in range(len(query)))
    ranges = [predictor.ranges[parameter] for parameter in predictor.parameters]
    name = function_names([predictor.combination])[predictor.combination]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bank.h").write_text(header(bank, "bank.h"))
        (Path(folder) / "main.c").write_text(C_MAIN)
        command = [compiler, "-std=c99", "-O2", "main.c", "-o", "main", f"-DCALLS={C_CALLS}"]
        command += [
            f"-DPARAMETERS={len(query)}",
            f"-DROUNDS={rounds}",
            f"-DLOWEST={', '.join(str(round(seen.low)) for seen in ranges)}",
            f"-DHIGHEST={', '.join(str(round(seen.high)) for seen in ranges)}",
            f"-DCALL(x)={name}_seconds({arguments})",
        ]
        subprocess.run([*command, f"-DSELECT(x)=select_{kernel}({arguments})", "-lm"], cwd=folder, check=True)
        done = subprocess.run([f"{folder}/main"], capture_output=True, text=True, check=True)
    called, selected = np.array([line.split() for line in done.stdout.splitlines()], dtype=float).T
    n = len(bank.find(kernel))
    return [
        measured("one call in C", list(called), "ns"),
        measured(f"one choice in C among {n} models", list(selected), "ns"),
    ]


def imports(rounds: int) -> list[dict[str, Any]]:
    """Time importing in fresh processes, alternating with one that loads the stored models as well."""
    code = "import time; t = time.perf_counter(); import perfpred as pp; {}; print(time.perf_counter() - t)"
    texts = {"import": code.format("pass"), "load": code.format(f"pp.load({str(MODELS)!r})")}
    found: dict[str, list[float]] = {name: [] for name in texts}
    for _ in range(rounds):
        for name, text in texts.items():
            done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
            found[name].append(float(done.stdout))
    n = len(list(MODELS.glob("*.json")))
    return [
        measured("import perfpred", found["import"], "s"),
        measured(f"import perfpred and load {n} models", found["load"], "s"),
    ]


def fits(kernel: str, rounds: int, train_size: int) -> list[dict[str, Any]]:
    """Time training on the shipped datasets by two processes: ours and the paper's net, in turns."""
    profile = shipped.read(kernel)
    n = len(list(profile.ok.combinations()))

    def training(model: str) -> Callable[[], object]:
        return lambda: pp.train(profile, model=model, train_size=train_size, n_jobs=2)

    ways = {model: training(model) for model in ("augmented", "paper-nnc")}
    found = alternated(ways, rounds, clock=time.perf_counter)
    setting = f"{n} combinations, {train_size} rows each, two processes"
    return [
        measured(f"fit augmented, {setting}", found["augmented"], "s"),
        measured(f"fit paper-nnc, {setting}", found["paper-nnc"], "s"),
        ratio("fit paper-nnc / augmented", found["paper-nnc"], found["augmented"]),
    ]


def in_a_fresh_process(kernel: str, rounds: int) -> list[dict[str, Any]]:
    command = [sys.executable, __file__, "--only-queries", "--kernel", kernel, "--rounds", str(rounds)]
    done = subprocess.run([*command, "--json"], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernel", default="matmul", help="whose models are asked")
    parser.add_argument("--fit-kernel", default="", help="fit only this kernel's datasets")
    parser.add_argument("--fit-rounds", type=int, default=3, help="0 leaves fitting out")
    parser.add_argument("--train-size", type=int, default=250)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only-queries", action="store_true", help="time queries in this process")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.only_queries:
        documents = queries(options.kernel, options.rounds)
    else:
        documents = in_a_fresh_process(options.kernel, options.rounds)
        documents += tables(options.kernel, options.rounds)
        documents += in_c(options.kernel, options.rounds)
        documents += imports(options.rounds)
        if options.fit_rounds:
            documents += fits(options.fit_kernel, options.fit_rounds, options.train_size)
    if options.json:
        print(json.dumps(documents, indent=1))
        return
    for each in documents:
        print(f"{each['what']:60} {each['median']:10.3g} {each['unit']:15} +-{each['spread']:.1%}")


if __name__ == "__main__":
    main()
