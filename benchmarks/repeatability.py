"""How well an independent campaign repeats a dataset: relative differences of the same rows' times.

A part of the difference is common to all rows of a combination (the machine was faster or slower that
day); what is left is the repeatability that a predictor within one dataset competes with.

    perfpred profile matmul --threads 1,2 --samples 60 --out again.csv   # the first 60 sizes of the 500
    python benchmarks/repeatability.py datasets/matmul-*.csv --again again.csv [--json]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd

import perfpred as pp

KEYS = ["kernel", "variant", "hardware"]


def differences(first: pp.Profile, again: pp.Profile) -> pd.DataFrame:
    """Return a row a combination: mean absolute difference, the common part, and what is left; fractions."""
    on = [*KEYS, *first.parameters]
    both = first.ok.table.merge(again.ok.table, on=on, suffixes=("", "_again"))
    both["log_ratio"] = np.log(both["time_s_again"] / both["time_s"])
    rows = []
    for key, part in both.groupby(KEYS, sort=False):
        common = part["log_ratio"].median()
        rows.append(
            {
                **dict(zip(KEYS, key, strict=True)),
                "rows": len(part),
                "difference": float(np.abs(np.expm1(part["log_ratio"])).mean()),
                "common": float(np.expm1(common)),
                "left": float(np.abs(np.expm1(part["log_ratio"] - common)).mean()),
                "noise": float(part["noise"].mean()),
            }
        )
    return pd.DataFrame(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--again", type=Path, nargs="+", required=True)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    table = differences(pp.read_profile(options.files), pp.read_profile(options.again))
    if options.json:
        print(json.dumps(table.to_dict(orient="records"), indent=1))
        return
    table[["difference", "common", "left", "noise"]] *= 100
    print(table.round(2).to_string(index=False))
    print("in percent; mean", table[["difference", "left", "noise"]].mean().round(2).to_dict())


if __name__ == "__main__":
    main()
