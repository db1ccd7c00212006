"""Export stored models as a C header, compile it, and answer queries with its functions.

python header.py MODELS QUERIES.json OUT.json
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

FUNCTION = re.compile(r"^static inline (?:double|int) (\w+_seconds|\w+_in_range|select_\w+)\(([^)]*)\)", re.M)
MAIN = """
#include "models.h"
#include <stdio.h>
int main(void) {
  double x[16];
  int which, i;
  while (scanf("%d", &which) == 1) {
    for (i = 0; i < 16; ++i) if (scanf("%lf", &x[i]) != 1) return 1;
    switch (which) {
CASES
    }
  }
  return 0;
}
"""
ARGUMENTS = 16


def exported(models: Path, folder: Path) -> str:
    """Return the text of the header of a folder of models."""
    command = [sys.executable, "-m", "perfpred", "export", str(models), "--to", "c", "--out", "models.h"]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return (folder / "models.h").read_text()


def functions_in(text: str) -> dict[str, list[str]]:
    """Return the functions that take sizes alone, each with its arguments' names."""
    found = {}
    for name, arguments in FUNCTION.findall(text):
        names = [argument.split()[-1] for argument in arguments.split(",")]
        if all(argument.strip().startswith("double ") for argument in arguments.split(",")):
            found[name] = names
    return found


def built(functions: dict[str, list[str]], folder: Path) -> Path:
    """Compile a program that calls function number ``which`` for each line of its input."""
    cases = [
        f'      case {number}: printf("%.17g\\n", (double){name}'
        f"({', '.join(f'x[{place}]' for place in range(len(names)))})); break;"
        for number, (name, names) in enumerate(functions.items())
    ]
    (folder / "main.c").write_text(MAIN.replace("CASES", "\n".join(cases)))
    subprocess.run(["cc", "-std=c99", "-O1", "main.c", "-o", "main", "-lm"], cwd=folder, check=True)
    return folder / "main"


def calls(functions: dict[str, list[str]], queries: list[Any]) -> list[tuple[int, str, list[float]]]:
    """Return which function is called for which query, with its arguments: those of the query's kernel."""
    found = []
    for index, (kernel, query) in enumerate(queries):
        stem = kernel.replace("-", "_")
        for number, (name, names) in enumerate(functions.items()):
            if set(names) == set(query) and (name == f"select_{stem}" or name.startswith(f"{stem}_")):
                found.append((number, f"{index} {name}", [query[each] for each in names]))
    return found


def main() -> None:
    models, queries, out = map(Path, sys.argv[1:])
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        functions = functions_in(exported(models, folder))
        program = built(functions, folder)
        wanted = calls(functions, json.loads(queries.read_text()))
        lines = []
        for number, _, arguments in wanted:
            padded = [*arguments, *[0.0] * (ARGUMENTS - len(arguments))]
            lines.append(" ".join([str(number), *map(repr, padded)]))
        done = subprocess.run(
            [program], input="\n".join(lines), stdout=subprocess.PIPE, text=True, check=True
        )
    names = [name for _, name, _ in wanted]
    Path(out).write_text(json.dumps(dict(zip(names, map(float, done.stdout.split()), strict=True))))


if __name__ == "__main__":
    main()
