"""The code blocks of a Markdown page, for tests that run them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and text, and the line of the page it begins at."""

    language: str
    text: str
    line: int

    @property
    def commands(self) -> list[list[str]]:
        """The words of each `perfpred` command in it."""
        joined = self.text.replace("\\\n", " ")
        prompt = "$ " if self.is_session else ""
        lines = [line.removeprefix(prompt) for line in joined.splitlines() if line.startswith(prompt)]
        words = [shlex.split(line, comments=True) for line in lines if line.startswith("perfpred ")]
        return [each[1:] for each in words]

    @property
    def is_session(self) -> bool:
        """Whether commands stand in it with what they print."""
        return self.language == "console" and self.text.startswith("$ ")


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = FENCE.finditer(text)
    return [Block(each[1], each[2], text.count("\n", 0, each.start()) + 1) for each in found]
