"""Write the .ipynb of every notebook from its .py, without outputs: python notebooks/pair.py [--check]."""

from __future__ import annotations

import sys
from pathlib import Path

import jupytext
import nbformat

FOLDER = Path(__file__).parent
METADATA = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}


def sources() -> list[Path]:
    """Return the notebooks: the files whose names begin with a number."""
    return sorted(FOLDER.glob("[0-9]*.py"))


def paired(source: Path) -> str:
    """Return the text of the .ipynb of a .py: the same whenever the .py is."""
    book = jupytext.read(source)
    book.metadata = nbformat.from_dict(METADATA)
    for index, cell in enumerate(book.cells):
        cell["id"] = f"cell-{index}"
        cell["metadata"] = {}
    return nbformat.writes(book) + "\n"


def stale() -> list[Path]:
    """Return the notebooks whose .ipynb is not what their .py says."""
    return [
        source
        for source in sources()
        if not source.with_suffix(".ipynb").exists()
        or source.with_suffix(".ipynb").read_text(encoding="utf-8") != paired(source)
    ]


if __name__ == "__main__":
    found = stale()
    if "--check" in sys.argv[1:]:
        sys.exit(f"run python notebooks/pair.py: {', '.join(map(str, found))} differ" if found else 0)
    for source in found:
        source.with_suffix(".ipynb").write_text(paired(source), encoding="utf-8")
