"""Pages whose blocks follow one from the other: run in order, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docs_blocks import Block, blocks

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "docs" / "examples"
NUMBER = re.compile(r"[+-]?\d[\d.,]*(?:e[+-]?\d+)?(?: (?:ns|µs|us|ms|s)\b)?")
NOT_COMPARED = "..."


def tell(page: Path, folder: Path, perfpred: Callable[..., Any]) -> None:
    """Run the blocks of a page in `folder`, each of which must do what it shows."""
    for block in blocks(page):
        if block.reason:
            continue
        where = f"{page.name}, line {block.line}"
        if block.title:
            _write(block, folder, where)
        elif block.language == "python":
            done = _run([sys.executable, "-c", block.text], folder)
            assert done.returncode == 0, f"{where}: {done.stderr}"
        elif block.is_session:
            for command, shown in block.session:
                _session(command, shown, folder, perfpred, where)
        else:  # of a synopsis, the commands are parsed by another test
            assert block.language in {"text", "console", "sh"}, f"{where}: nothing runs this block"


def _write(block: Block, folder: Path, where: str) -> None:
    """Write a block's file, which is that of the examples if they have one."""
    example = EXAMPLES / block.title
    if example.exists():
        assert example.read_text(encoding="utf-8") == block.text, f"{where}: not docs/examples/{block.title}"
    (folder / block.title).write_text(block.text, encoding="utf-8")


def _session(command: str, shown: str, folder: Path, perfpred: Callable[..., Any], where: str) -> None:
    """Run one command, and compare what it prints, but for the digits of its numbers."""
    words = shlex.split(command, comments=True)
    if words[0] == "perfpred" and not {"|", ">"} & set(words):
        outcome = perfpred(*words[1:])
        code, out, err = outcome.code, outcome.out, outcome.err
    else:
        done = _run(["bash", "-c", command], folder)
        code, out, err = done.returncode, done.stdout, done.stderr
    assert code == (1 if "exits with 1" in command else 0), f"{where}: {command}: {err}"
    if shown.strip() != NOT_COMPARED:
        assert shape(out) == shape(shown), f"{where}: {command}: {out}"
    for written in re.findall(r"> ([\w.-]+)$", command):  # what was measured just now is not what is shown
        if (EXAMPLES / written).exists():
            (folder / written).write_bytes((EXAMPLES / written).read_bytes())


def _run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False
    )


def shape(text: str) -> str:
    """Return text without the digits of its numbers, lines of tables and widths of columns."""
    return " ".join(NUMBER.sub("#", text.replace("─", " ")).split())
