"""The code blocks of a Markdown page, for tests that run them.

A ``console`` block that begins with ``$ `` is a session: its commands run, and print what stands below them.
Any other ``console`` or ``sh`` block is a synopsis: its commands must parse. A block with a title is a file
of that name. ``<!-- not run: REASON -->`` above a block says why nothing runs it.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

FENCE = re.compile(
    r"^(?:<!-- not run: (?P<reason>[^>\n]+) -->\n)?"
    r'```(?P<language>\w+)(?: title="(?P<title>[^"\n]+)")?\n(?P<text>.*?)^```$',
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: language, text, the line of the page it begins at, its file, and why it is not run."""

    language: str
    text: str
    line: int
    title: str = ""
    reason: str = ""

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

    @property
    def session(self) -> list[tuple[str, str]]:
        """Each command of a session, and what it prints."""
        joined = self.text.replace("\\\n", " ")
        parts = re.split(r"^\$ (.*)\n", joined, flags=re.MULTILINE)[1:]
        return list(zip(parts[::2], parts[1::2], strict=True))


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            each["language"],
            each["text"],
            text.count("\n", 0, each.start("language")) + 1,
            each["title"] or "",
            each["reason"] or "",
        )
        for each in FENCE.finditer(text)
    ]


def is_story(page: Path) -> bool:
    """Whether a page's blocks follow one from the other, in one folder."""
    return page.read_text(encoding="utf-8").startswith("<!-- story")


def in_checkout(page: Path) -> bool:
    """Whether the folder of a story has the shipped models in it; otherwise it is empty."""
    return page.read_text(encoding="utf-8").startswith("<!-- story in a checkout -->")
