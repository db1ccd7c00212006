"""Where a pipeline comes from: the suite, or a function or generator in a file of the user's."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfpred.errors import InputError
from perfpred.halide.pipeline.suite import PIPELINES, pipeline
from perfpred.user_files import UserFile

DEFAULT_SIZE = (1536, 1024)
STORED = ".hlpipe"
"""How the place of a pipeline that `perfpred.halide.pipeline.serialized` wrote ends."""


@dataclass(frozen=True)
class Source:
    """A pipeline's name, and where its function is found.

    Parameters
    ----------
    name : str
        What measurements call it.
    place : str
        A suite name, ``path/to/file.py:name`` of a function or of a generator's class, or a file of
        `perfpred.halide.pipeline.serialized`, whose pipeline has one size.
    default_size : (int, int)
        The size it is looked at where none is given.
    """

    name: str
    place: str
    default_size: tuple[int, int] = DEFAULT_SIZE

    @classmethod
    def of(cls, place: str) -> Source:
        """Return the source a user named.

        Raises
        ------
        UnknownNameError
            If it is neither a pipeline of the suite nor ``FILE.py:FUNCTION`` or ``FILE.py:GENERATOR``.
        InputError
            If the file is not there.

        Examples
        --------
        >>> Source.of("blur").default_size
        (1536, 1024)
        """
        path, colon, function = place.rpartition(":")
        if not colon:
            record = pipeline(place)
            return cls(record.name, place, record.default_size)
        if not function.isidentifier():
            raise InputError(
                f"a pipeline must be a name, FILE.py:FUNCTION or FILE.py:GENERATOR, but got '{place}'"
            )
        if not Path(path).is_file():
            raise InputError(f"there is no file {path}, where pipeline {function} should be")
        return cls(function, f"{Path(path).resolve()}:{function}")

    def function(self) -> Callable[[int, int], Any]:
        """Return the function that builds the pipeline.

        Raises
        ------
        InputError
            If the file cannot be loaded, holds no such function, or holds a class that is no generator
            with examples.
        """
        if self.place in PIPELINES:
            module = importlib.import_module(f"perfpred.halide.pipeline.suite.{self.place}")
            return getattr(module, self.place)
        if self.place.endswith(STORED):
            from perfpred.halide.pipeline.serialized import read

            return lambda _width, _height: read(Path(self.place))
        from perfpred.halide.pipeline.generators import pipeline_of, unregistered

        path, _, name = self.place.rpartition(":")
        with unregistered():
            file = UserFile(Path(path))
        found = getattr(file.module, name, None)
        if not callable(found):
            raise InputError(f"{path} holds no function or generator {name}")
        return file.bound(pipeline_of(found) if isinstance(found, type) else found)
