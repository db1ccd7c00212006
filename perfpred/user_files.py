"""Files of the user's, loaded as ``python FILE`` loads them: neighbours first, no arguments, no input.

A file is read anew each time, and what it imports from its own folder belongs to it alone: two files may each
have a neighbour ``helpers``, and what was changed since the last time counts.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import site
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from functools import cache, wraps
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, TextIO

from perfpred.errors import InputError, one_line

MAX_HEARD = 300
"""Characters of what a file wrote on stderr that are quoted when it ended the program."""
_STANDING = threading.RLock()
"""Held while the search path, the modules and the input of the process are those of one file."""
if hasattr(os, "register_at_fork"):  # a child has no thread that would ever let go of it
    os.register_at_fork(after_in_child=_STANDING._at_fork_reinit)  # type: ignore[attr-defined]  # CPython's own


class UserFile:
    """A loaded file.

    Parameters
    ----------
    path : Path
        Of a Python file.

    Raises
    ------
    InputError
        If it is none, or fails, ends the program or asks for input when it is loaded.
    """

    def __init__(self, path: Path) -> None:
        self.path, self._folder = path, path.parent.resolve()
        self._neighbours: dict[str, ModuleType] = {}
        name = f"perfpred_user_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
        if path.suffix != ".py":
            raise InputError(f"{path} must be a Python file, whose name ends in .py")
        loader = _Unkept(name, str(path))
        spec = importlib.util.spec_from_file_location(name, path, loader=loader)
        assert spec is not None  # as there is a loader
        self.module = importlib.util.module_from_spec(spec)
        sys.modules[name] = self.module  # where dataclasses and others look for it
        self._path = [str(self._folder), *sys.path]
        with self._standing(), explained(f"{path} cannot be loaded", path):
            loader.exec_module(self.module)

    def bound(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function of the file that finds its neighbours when it is called."""

        @wraps(function)
        def call(*arguments: Any) -> Any:
            with self._standing():
                return function(*arguments)

        return call

    @contextmanager
    def _standing(self) -> Iterator[None]:
        """Stand in the file's place: its path, its neighbours, its empty command line, no input."""
        with _STANDING:  # all of this is the process's
            before, path, arguments, stdin, writes = (
                *(dict(sys.modules), sys.path[:], sys.argv),
                *(sys.stdin, sys.dont_write_bytecode),
            )
            hidden = [name for name, module in before.items() if self._hides(name, module)]
            for name in hidden:
                del sys.modules[name]
            sys.modules.update(self._neighbours)
            sys.path[:], sys.argv, sys.dont_write_bytecode = self._path, [str(self.path)], True
            importlib.invalidate_caches()
            try:
                with Path(os.devnull).open(encoding="utf-8") as sys.stdin:
                    yield
            finally:
                self._path = sys.path[:]
                sys.path[:], sys.argv, sys.stdin, sys.dont_write_bytecode = path, arguments, stdin, writes
                for name, module in list(sys.modules.items()):
                    if module is not before.get(name) and self._owns(module):
                        self._neighbours[name] = sys.modules.pop(name)
                sys.modules.update({name: before[name] for name in hidden})

    def _owns(self, module: ModuleType | None) -> bool:
        """Say whether a module was read from the file's folder, and is not installed there."""
        origin = _own_source(module)
        return module is not self.module and origin is not None and origin.is_relative_to(self._folder)

    def _hides(self, name: str, module: ModuleType | None) -> bool:
        """Say whether a module that others loaded stands where a neighbour of the file should."""
        head = name.partition(".")[0]
        if head == "__main__" or _own_source(module) is None:
            return False
        beside = (self._folder / f"{head}.py", self._folder / head / "__init__.py")
        return any(each.is_file() for each in beside)


class _Unkept(SourceFileLoader):
    """Compiles the text as it stands, as of the file that Python runs: a cached one may be a second old."""

    def get_code(self, fullname: str) -> CodeType:
        return self.source_to_code(self.get_data(self.path), self.path)


@contextmanager
def explained(what: str, path: Path | None = None) -> Iterator[None]:
    """Make an `InputError` of whatever a user's code raises, also of ending the program.

    Parameters
    ----------
    what : str
        Begins the message.
    path : Path, optional
        The user's file, of which the line is told.
    """
    heard = _Heard(sys.stderr)
    try:
        with redirect_stderr(heard):
            yield
    except InputError:
        raise
    except SystemExit as error:
        raise InputError(f"{what}: it ends the program{_farewell(error, heard.text)}") from error
    except EOFError as error:
        said = f" ({error})" if str(error) else ""
        raise InputError(f"{what}: it asks for input, of which there is none here{said}") from error
    except Exception as error:
        lines = traceback.extract_tb(error.__traceback__)
        places = [each.lineno for each in lines if path is not None and each.filename == str(path)]
        where = f" (line {places[-1]})" if places and not isinstance(error, SyntaxError) else ""
        said = one_line(error)
        raise InputError(f"{what}: {type(error).__name__}: {said}{where}") from error


class _Heard:
    """A stream that keeps the end of what is written through it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.text = stream, ""

    def write(self, text: str) -> int:
        self.text = (self.text + text)[-MAX_HEARD:]
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _farewell(error: SystemExit, heard: str) -> str:
    if error.code is None or isinstance(error.code, int):
        said = one_line(heard)
        return f" with code {error.code or 0}{', saying: ' if said else ''}{said}"
    return f", saying: {error.code}"


def _own_source(module: ModuleType | None) -> Path | None:
    """Return the file a module was read from, unless it is of Python, of a package or of this one."""
    spec = getattr(module, "__spec__", None)
    if spec is None or not isinstance(spec.loader, SourceFileLoader) or not spec.origin:
        return None
    path = Path(spec.origin).resolve()
    return None if any(path.is_relative_to(root) for root in _installed()) else path


@cache
def _installed() -> tuple[Path, ...]:
    roots = {*map(sysconfig.get_path, ("stdlib", "platstdlib", "purelib", "platlib"))}
    roots |= {*site.getsitepackages(), site.getusersitepackages(), str(Path(__file__).parent)}
    return tuple(Path(root).resolve() for root in roots)
