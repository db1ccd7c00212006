"""Writes the extracts beside this file: ``python extract.py FOLDER``, where FOLDER has the whole files."""

from __future__ import annotations

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PER_KIND = 8


def spread(entries: Iterable[Any], kind: Callable[[Any], Any]) -> list[Any]:
    """Return a few entries of each kind, from all over the file and in its order."""
    by_kind: dict[Any, list[tuple[int, Any]]] = defaultdict(list)
    for index, entry in enumerate(entries):
        by_kind[kind(entry)].append((index, entry))
    chosen = [pair for found in by_kind.values() for pair in found[:: -(-len(found) // PER_KIND)]]
    return [entry for _, entry in sorted(chosen, key=lambda pair: pair[0])]


def t4(folder: Path) -> None:
    name = "convolution_milo-A6000.T4.json"
    content = json.loads(gzip.decompress((folder / f"{name}.gz").read_bytes()))
    content["results"] = spread(content["results"], lambda r: (r["invalidity"], "runtimes" in r["times"]))
    (HERE / name).write_text(json.dumps(content) + "\n")


def kernel_tuner(folder: Path) -> None:
    """Keep the layout of a cache, an entry a line: what is cut off depends on it."""
    name = "pnpoly-RTX_3090.kernel_tuner.json"
    content = json.loads(gzip.decompress((folder / f"{name}.gz").read_bytes()))
    chosen = spread(content.pop("cache").items(), lambda pair: isinstance(pair[1]["time"], str))
    head = json.dumps(content, indent=0)[:-2]
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(entry)}" for key, entry in chosen)
    (HERE / name).write_text(f'{head},\n"cache": {{\n{lines}}}\n}}\n')


def t1(folder: Path) -> None:
    name = "convolution_milo.T1.json"
    content = json.loads((folder / name).read_bytes())
    kept = {key: content[key] for key in ("General", "ConfigurationSpace")}
    (HERE / name).write_text(json.dumps(kept, indent=1) + "\n")


if __name__ == "__main__":
    for write in (t4, kernel_tuner, t1):
        write(Path(sys.argv[1]))
