"""Notebooks are pairs of a .py and an .ipynb that agree, without outputs; `make notebooks` runs them."""

import ast
import json
import runpy
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
SOURCES = sorted(FOLDER.glob("[0-9]*.py"))


def test_there_are_notebooks_and_the_readme_has_them_all():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert len(SOURCES) >= 5
    assert all(f"({source.stem}.ipynb)" in readme for source in SOURCES)


def test_pairs_agree():
    pytest.importorskip("jupytext")
    assert runpy.run_path(str(FOLDER / "pair.py"))["stale"]() == []


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_outputs_are_stripped(source):
    book = json.loads(source.with_suffix(".ipynb").read_text(encoding="utf-8"))
    code = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    assert code
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in code)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_notebooks_are_thin(source):
    """They call perfpred and show its figures: no drawing of their own."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    drawn = {"plot", "scatter", "bar", "barh", "imshow", "fill_between", "step"}
    calls = {
        node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")
    }
    assert not calls & drawn
    assert len(source.read_text(encoding="utf-8").splitlines()) < 150
