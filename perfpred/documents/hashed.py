"""Documents that say what they are, in which version, and carry a hash of what they hold.

``{"format": name, "version": number, ..., "sha256": hash, key: content}``: a changed digit, a missing end or
a version of the future is an error, never a quietly wrong number. A new kind is one more `Format`.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from perfpred.documents.atomic import atomic_write
from perfpred.documents.layout import parse_document, readable
from perfpred.documents.reading import read_text
from perfpred.errors import InputError, ModelFileError, shortened

Upgrade: TypeAlias = Callable[[Any], Any]
COMPACT, SPACED = (",", ":"), (", ", ": ")
"""How a document's content is separated where it is hashed."""


@dataclass(frozen=True)
class Format:
    """A kind of document: what it is called, and how its content is wrapped and trusted.

    Parameters
    ----------
    name : str
        What stands under ``format``.
    version : int
        Of the documents that are written today.
    key : str
        Where the content stands.
    noun : str
        What such a document is, for messages, such as ``model``.
    facts : mapping
        What further stands in every document of it, and must be so, such as units.
    upgrades : mapping of int to callable
        For each older version that is still read: content of it to content of today's.
    remedy : str
        What a reader should do about a document that was edited.
    layout : callable
        Gives a document its text, `readable` or `compact`.
    separators : (str, str)
        Of the text that is hashed, `COMPACT` or `SPACED`.

    Examples
    --------
    >>> recipes = Format("recipe", 1, "steps", "recipe", remedy="write it again")
    >>> document = recipes.wrap(["stir"])
    >>> document["sha256"][:8], recipes.unwrap(document)
    ('d5f4c7c0', ['stir'])
    >>> recipes.unwrap(document | {"steps": ["shake"]})
    Traceback (most recent call last):
        ...
    perfpred.errors.ModelFileError: its content does not match its hash: the file was edited; write it again
    """

    name: str
    version: int
    key: str
    noun: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    upgrades: Mapping[int, Upgrade] = field(default_factory=dict)
    remedy: str = "train it again"
    layout: Callable[[Any], str] = readable
    separators: tuple[str, str] = COMPACT

    def digest(self, content: Any) -> str:
        """Return the hash of JSON values, whatever their layout in a file and the order of their keys."""
        canonical = json.dumps(content, sort_keys=True, separators=self.separators)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def wrap(self, content: Any) -> dict[str, Any]:
        """Return the document of some content, which is of JSON's types."""
        head = {"format": self.name, "version": self.version, **self.facts}
        return {**head, "sha256": self.digest(content), self.key: content}

    def dumps(self, content: Any) -> str:
        """Return the text of the document of some content; raises `ValueError` for a number not finite."""
        return self.layout(self.wrap(content))

    def loads(self, text: str) -> Any:
        """Return the content of a document's text; raises `ModelFileError` if it cannot be trusted."""
        return self.unwrap(parse_document(text))

    def save(self, path: Path, content: Any) -> None:
        """Write a document whole, compressed if its name ends in ``.gz``; a link is replaced.

        Raises
        ------
        InputError, WriteError
            As `atomic_write` does.
        """
        data = self.dumps(content).encode()
        packed = gzip.compress(data, mtime=0) if path.suffix == ".gz" else data
        atomic_write(path, packed, follow_links=False)

    def load(self, path: Path) -> Any:
        """Return the content of a file, gzipped or not; raises `ModelFileError`, which names the file."""
        try:
            return self.loads(read_text(path, self.noun))
        except InputError as error:
            raise ModelFileError(f"{path}: {error}") from None

    def unwrap(self, document: Any) -> Any:
        """Return the content of a document, as today's version has it.

        Raises
        ------
        ModelFileError
            If it is no such document, was edited, or is of an unknown version.
        """
        self.require_version(document)
        content = document.get(self.key)
        is_whole = document.get("sha256") == self._digest_of_stranger(content)
        if not is_whole or any(document.get(key) != value for key, value in self.facts.items()):
            edited = "its content does not match its hash: the file was edited"
            raise ModelFileError(f"{edited}; {self.remedy}")
        version = document["version"]
        return content if version == self.version else self.upgrades[version](content)

    def require_version(self, document: Any) -> None:
        """Raise `ModelFileError` unless a document says that it is of this format, in a known version."""
        if not isinstance(document, dict) or document.get("format") != self.name:
            raise ModelFileError(f"not a {self.noun}: 'format' must be '{self.name}'")
        version = document.get("version")
        number = version if isinstance(version, int) and not isinstance(version, bool) else 0
        if number != self.version and number not in self.upgrades:
            hint = "; it was written by a newer perfpred: upgrade" if number > self.version else ""
            given = shortened(ascii(version))
            raise ModelFileError(f"format version must be {self.version}, but is {given}{hint}")

    def _digest_of_stranger(self, content: Any) -> str:
        try:
            return self.digest(content)
        except RecursionError:
            raise ModelFileError("its content is nested too deeply") from None
