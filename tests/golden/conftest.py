"""Texts that are kept beside the tests that make them, at a path named like the test.

``pytest tests/golden --update-golden`` writes them anew: look at the difference before it is committed.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from perfpred.hardware import probe

FILES = Path(__file__).parent / "files"
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|\+00:00)")


@dataclass(frozen=True)
class Golden:
    """Compares a text with the file of its test.

    Parameters
    ----------
    stem : Path
        The file but for its suffix.
    update : bool
        Write the file instead.
    masks : tuple of (str, str)
        What is different at every run or on every machine, and what stands for it.
    """

    stem: Path
    update: bool
    masks: tuple[tuple[str, str], ...]

    def masked(self, text):
        """Return a text with moments, folders and the machine's name masked."""
        for found, mask in self.masks:
            text = text.replace(found, mask)
        lines = [line.rstrip() for line in MOMENT.sub("<MOMENT>", text).splitlines()]
        return "\n".join(lines) + "\n"

    def check(self, text, suffix=".txt"):
        """Fail unless the masked text is that of the file."""
        path, text = self.stem.with_suffix(suffix), self.masked(text)
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        assert path.exists(), f"there is no {path}: run pytest --update-golden and look at what it wrote"
        assert text == path.read_text(), f"not as in {path}: if it should differ, run pytest --update-golden"


@pytest.fixture
def golden(request, tmp_path):
    """The `Golden` of the test."""
    module = request.path.stem.removeprefix("test_")
    name = re.sub(r"\W+", "-", request.node.name.removeprefix("test_")).strip("-")
    masks = (
        (str(tmp_path), "<TMP>"),
        (str(Path(__file__).parents[2]), "<PROJECT>"),
        (probe().cpu, "<CPU>"),
    )
    return Golden(FILES / module / name, request.config.getoption("--update-golden"), masks)
