"""References to pipelines: one of the suite, of a user's file, or stored for other processes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from perfpred.errors import InputError
from perfpred.halide.pipeline.suite import pipeline

DEFAULT_SIZE = (1536, 1024)
STORED = ".hlpipe"
"""How the location of a pipeline that `perfpred.halide.pipeline.serialized` wrote ends."""


@dataclass(frozen=True)
class PipelineRef:
    """A pipeline's name, and where it is built from.

    Parameters
    ----------
    name : str
        What measurements call it.
    location : str
        A suite name, ``path/to/file.py:name`` of a function or of a generator's class, or a file of
        `perfpred.halide.pipeline.serialized`, whose pipeline has one size.
    default_size : (int, int)
        Width and height where none is given.
    """

    name: str
    location: str
    default_size: tuple[int, int] = DEFAULT_SIZE

    @classmethod
    def of(cls, location: str) -> PipelineRef:
        """Return the reference that a user named.

        Raises
        ------
        UnknownNameError
            If it is neither a pipeline of the suite nor ``FILE.py:FUNCTION`` or ``FILE.py:GENERATOR``.
        InputError
            If the file is not there.

        Examples
        --------
        >>> PipelineRef.of("blur").default_size
        (1536, 1024)
        """
        path, colon, function = location.rpartition(":")
        if not colon:
            record = pipeline(location)
            return cls(record.name, location, record.default_size)
        if not function.isidentifier():
            raise InputError(
                f"a pipeline must be a name, FILE.py:FUNCTION or FILE.py:GENERATOR, but got '{location}'"
            )
        if not Path(path).is_file():
            raise InputError(f"there is no file {path}, where pipeline {function} should be")
        return cls(function, f"{Path(path).resolve()}:{function}")

    @property
    def is_stored(self) -> bool:
        """Whether it was stored with its examples, so that it has one size."""
        return self.location.endswith(STORED)
