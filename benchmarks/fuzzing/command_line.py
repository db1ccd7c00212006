"""Whole commands on hostile files and arguments, run in this process as `perfpred.app.main` runs them.

A case is a command with the files that lie where it runs. Whatever they hold, the exit code is 0, 1 or 2,
there is no traceback, nothing is printed that a terminal obeys, nothing is written but what the command
names, and no text of a file or an argument is executed.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sys
import tempfile
import unicodedata
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from fuzzing import arguments, streams
from fuzzing.kinds import ACCEPTED, REFUSED, WrongAnswerError

DEPTH = ("a", "b", "c", "d", "e", "f", "here")
"""Folders above the one a command runs in, so that a path with some ``..`` stays within what is looked at."""
OBEYED = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))
MAX_TEXT = 40_000
"""Characters of messages that somebody may still read."""


class EscapedError(RuntimeError):
    """A command ended with an error that nothing in perfpred raises on purpose: it holds the traceback."""


@dataclass(frozen=True)
class Case:
    """A command with the files it finds."""

    argv: tuple[str, ...]
    files: dict[str, bytes]
    encoding: str = "utf-8"

    def dumps(self) -> bytes:
        """Return it as JSON."""
        files = {name: content.decode("latin-1") for name, content in self.files.items()}
        return json.dumps({"argv": self.argv, "files": files, "encoding": self.encoding}, indent=1).encode()

    @classmethod
    def loads(cls, data: bytes) -> Case:
        """Return a case that `dumps` wrote."""
        content = json.loads(data)
        files = {name: text.encode("latin-1") for name, text in content["files"].items()}
        return cls(tuple(content["argv"]), files, content["encoding"])


@dataclass(frozen=True)
class Ended:
    """What a command did: exit code, text, and the files that are new or other than before."""

    code: int
    stdout: str
    stderr: str
    changed: tuple[Path, ...]
    folder: Path


class Command:
    """A kind of whole commands; see `fuzzing.kinds.Kind`.

    Derived kinds say which cases are right, how their files are damaged, and what an answer must be.
    """

    name, suffix = "command", ".json"
    outputs: tuple[str, ...] = ("--out",)
    """Options that name what is written."""

    def cases(self) -> Sequence[Case]:
        """Return commands that are right."""
        raise NotImplementedError

    def damage(self, name: str, content: bytes, rng: random.Random) -> bytes:
        """Return a damaged version of a file."""
        raise NotImplementedError

    def check(self, case: Case, ended: Ended) -> None:
        """Raise `WrongAnswerError` unless what a command that succeeded has said and written is right."""

    def seeds(self) -> Sequence[bytes]:
        """Return the right cases."""
        return [case.dumps() for case in self.cases()]

    def mutate(self, data: bytes, rng: random.Random) -> bytes:
        """Return a case with a damaged file, other arguments, or both."""
        case = Case.loads(data)
        argv, files = list(case.argv), dict(case.files)
        what = rng.random()
        if files and what < 0.6:
            name = rng.choice([*files])
            files[name] = self.damage(name, files[name], rng)
        if not files or what > 0.45:
            argv = arguments.mutated(argv, rng)
        return Case(tuple(argv), files, rng.choice(("utf-8", "utf-8", "utf-8", "ascii"))).dumps()

    def judge(self, path: Path) -> str:
        """Run the command of a case in a folder of its own."""
        case = Case.loads(path.read_bytes())
        root = Path(tempfile.mkdtemp(prefix="perfpred-fuzz-"))
        try:
            ended = run(case, root)
            require_clean(ended, is_data="--table" in case.argv)
            self._require_own_files(case, ended)
            if ended.code == 0 and "--help" not in case.argv:
                self.check(case, ended)
        finally:
            shutil.rmtree(root, ignore_errors=True)
        return ACCEPTED if ended.code == 0 else REFUSED

    def _require_own_files(self, case: Case, ended: Ended) -> None:
        """Raise unless what was written lies where an argument says, or beside it with its name."""
        named = [Path(os.path.normpath(ended.folder / each)) for each in _values(case.argv, self.outputs)]
        for path in ended.changed:
            if not any(_is_of(path, each) for each in named):
                raise WrongAnswerError(f"wrote {path}")
            if ended.code == 2:
                raise WrongAnswerError(f"refused, but wrote {path}")


def run(case: Case, root: Path) -> Ended:
    """Run a command in a new folder below `root`."""
    folder = root.joinpath(*DEPTH)
    folder.mkdir(parents=True)
    for name, content in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    before, environment = dict(_contents(root)), set(os.environ)
    with _standing_in(folder), warnings.catch_warnings():
        code = _main(case)
    printed = streams.printed()
    streams.clear()
    after = dict(_contents(root))
    gone = [path for path in before if path not in after]
    changed = [path for path, content in after.items() if before.get(path) != content]
    set_by_text = [each for each in os.environ if each not in environment and not each.startswith("KMP_")]
    if set_by_text:  # scikit-learn sets those of KMP
        raise WrongAnswerError(f"the environment has {set_by_text}")
    if gone:
        raise WrongAnswerError(f"removed {gone}")
    try:
        texts = printed.stdout.decode(case.encoding), printed.stderr.decode(case.encoding)
    except UnicodeDecodeError as error:
        raise WrongAnswerError(f"what is printed is not {case.encoding}: {error}") from None
    return Ended(code, *texts, tuple(changed), folder)


def _main(case: Case) -> int:
    from perfpred.app import main

    streams.clear()
    streams.reopen(case.encoding)
    sys.argv = ["perfpred", *case.argv]
    return main._run()


@contextmanager
def _standing_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def require_clean(ended: Ended, *, is_data: bool = False) -> None:
    """Raise unless a command ended as every command must.

    A table on stdout `is_data`, written exactly unless it goes to a terminal.
    """
    if "this is a bug in perfpred" in ended.stderr:
        raise EscapedError(ended.stderr)
    if "not enough memory" in ended.stderr:
        raise MemoryError(ended.stderr)
    if ended.code not in (0, 1, 2):
        raise WrongAnswerError(f"exit code {ended.code}")
    if ended.code and not ended.stderr.strip():
        raise WrongAnswerError(f"exit code {ended.code} without a message")
    for text in (ended.stderr,) if is_data else (ended.stdout, ended.stderr):
        found = [each for each in set(text) - set("\n\t") if unicodedata.category(each) in OBEYED]
        if found:
            raise WrongAnswerError(f"a terminal would obey {found} in {text[-2000:]!a}")
    if len(ended.stderr) > MAX_TEXT:
        raise WrongAnswerError(f"{len(ended.stderr)} characters of messages: {ended.stderr[:300]!a}")
    leaked = re.search(r"\S+\.py:\d+: \w*Warning.*", ended.stderr)
    if leaked:
        raise WrongAnswerError(f"a warning for programmers: {leaked[0]}")


def document(case: Case, ended: Ended) -> Any:
    """Return the JSON document of a command with ``--json``, None without; it must be strict JSON."""
    if "--json" not in case.argv:
        return None
    try:
        return json.loads(ended.stdout, parse_constant=_refuse)
    except ValueError as error:
        raise WrongAnswerError(f"stdout is no JSON document: {error}: {ended.stdout[:300]!a}") from None


def _refuse(text: str) -> None:
    raise ValueError(text)


def _contents(root: Path) -> Iterator[tuple[Path, bytes]]:
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            yield path, path.read_bytes() if path.is_file() else b""


def _values(argv: Sequence[str], options: Sequence[str]) -> list[str]:
    """Return what is said to be written, in either spelling of an option."""
    found = [value for option, value in pairwise(argv) if option in options]
    return found + [each.partition("=")[2] for each in argv if each.partition("=")[0] in options]


def _is_of(path: Path, named: Path) -> bool:
    return named in (path, *path.parents) or (
        path.parent == named.parent and path.name.startswith(named.name.split(".")[0])
    )


Damage = Callable[[bytes, random.Random], bytes]
