"""Ask the service what its OpenAPI document allows, and what it does not, thousands of times.

Runs schemathesis (https://schemathesis.io) with the settings of schemathesis.toml against a service of its
own, prints its summary, and ends with its exit code: 0 if nothing was found.

    python benchmarks/serve_schema.py [--cases 5000]
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from serve import service

import perfpred as pp

ROOT = Path(__file__).parent.parent
PER_OPERATION = 2
"""Two operations take most of the cases: the others have few different ones."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    command = [
        str(Path(sys.executable).with_name("st")),
        "--config-file",
        str(ROOT / "schemathesis.toml"),
        "run",
    ]
    command += ["--no-color", f"--seed={options.seed}", f"--max-examples={options.cases // PER_OPERATION}"]
    with tempfile.TemporaryDirectory() as folder, service(pp.shipped_models()) as (port, _):
        url = f"http://127.0.0.1:{port}/openapi.json"
        done = subprocess.run([*command, url], cwd=folder, stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    counted = re.search(r"(\d+) generated", done.stdout)
    print(f"{counted[1] if counted else 'no'} cases; exit code {done.returncode}")
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
