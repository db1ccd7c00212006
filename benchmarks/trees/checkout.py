"""Two trees of the project side by side: this one, and the one of an earlier commit."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROBES = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Tree:
    """A copy of the project, and how to run something in it.

    Parameters
    ----------
    name : str
        What the tree is called in what is printed.
    folder : Path
        Holds ``perfpred/``, ``models/`` and ``datasets/``.
    cache : Path
        What its processes keep compiled code in.
    """

    name: str
    folder: Path
    cache: Path

    def probe(self, name: str, *arguments: object) -> str:
        """Run one of the scripts beside this file with this tree's library; return what it prints."""
        return self.run(PROBES / f"{name}.py", *arguments)

    def run(self, script: Path, *arguments: object) -> str:
        """Run a script with this tree's library; return what it prints."""
        return self._run(script, *arguments)

    def perfpred(self, *arguments: object) -> str:
        """Run ``perfpred ARGUMENTS...``; return what it prints."""
        return self._run("-m", "perfpred", *arguments)

    def _run(self, *arguments: object) -> str:
        command = [sys.executable, *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(self.folder), "XDG_CACHE_HOME": str(self.cache)}
        done = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{done.stderr}this failed in the tree of {self.name}: {' '.join(command)}")
        return done.stdout


@contextlib.contextmanager
def two_trees(commit: str) -> Iterator[tuple[Tree, Tree]]:
    """Yield the tree of a commit, in a temporary folder, and this one."""
    with tempfile.TemporaryDirectory(prefix="perfpred-trees-") as scratch:
        folder = Path(scratch) / "reference"
        _extract(commit, folder)
        yield (
            Tree(commit, folder, Path(scratch) / "cache-reference"),
            Tree("this tree", ROOT, Path(scratch) / "cache"),
        )


def _extract(commit: str, folder: Path) -> None:
    packed = git("archive", "--format=tar", commit)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")


def git(*arguments: str) -> bytes:
    """Return what git says in this tree."""
    return subprocess.run(["git", *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout


def beside_the_checkout() -> Path:
    """Return the folder that the checkout lies in; of a linked worktree, that of the main one."""
    common = git("rev-parse", "--path-format=absolute", "--git-common-dir").decode().strip()
    return Path(common).parent.parent


def contains(commit: str, earlier: str) -> bool:
    """Say whether a commit has another among those before it."""
    command: Sequence[str] = ["git", "merge-base", "--is-ancestor", earlier, commit]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0
