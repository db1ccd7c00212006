"""What the shipped datasets hold: combinations, rows and noise floor.

python benchmarks/datasets_summary.py [--json]
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import pandas as pd
import shipped


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    profile = shipped.read()
    rows = [
        {
            "kernel": combination.kernel,
            "variant": combination.variant,
            "hardware": combination.hardware,
            "rows": len(part),
            "rows_ok": len(part.ok),
            "rounds": float(part.ok.table["rounds"].mean()),
            "noise_floor": part.noise_floor,
            "median_noise": float(np.nanmedian(part.ok.table["noise"])),
        }
        for combination, part in profile.combinations()
    ]
    if options.json:
        print(json.dumps(rows, indent=1))
        return
    table = pd.DataFrame(rows)
    table[["noise_floor", "median_noise"]] *= 100
    print(table.round(2).to_string(index=False))
    floors = table["noise_floor"]
    print(
        f"{len(rows)} combinations, {table['rows_ok'].sum()} rows, at least {table['rows_ok'].min()} each; "
        f"noise floor {floors.mean():.2f}% on average, {floors.max():.2f}% at most, "
        f"not above 3% for {(floors <= 3).mean():.0%} of combinations"
    )


if __name__ == "__main__":
    main()
