"""Reading FlatBuffers, the encoding of Halide's serialized pipelines: tables of optional fields."""

from __future__ import annotations

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table at `position` of `data`; a field is named by its place in the schema, and may be absent."""

    data: bytes
    position: int

    def integer(self, field: int, code: str, default: int = 0) -> int:
        """Return a number; `code` is its format in the language of `struct`."""
        at = self._offset(field)
        return int(struct.unpack_from("<" + code, self.data, at)[0]) if at else default

    def real(self, field: int) -> float:
        """Return a double."""
        at = self._offset(field)
        return float(struct.unpack_from("<d", self.data, at)[0]) if at else 0.0

    def text(self, field: int) -> str:
        """Return a string, empty if it is absent."""
        at = self._offset(field)
        return self._text(_follow(self.data, at)) if at else ""

    def table(self, field: int) -> Table | None:
        """Return a table inside this one."""
        at = self._offset(field)
        return Table(self.data, _follow(self.data, at)) if at else None

    def tables(self, field: int) -> list[Table]:
        """Return a vector of tables."""
        return [Table(self.data, _follow(self.data, place)) for place in self._places(field, 4)]

    def texts(self, field: int) -> list[str]:
        """Return a vector of strings."""
        return [self._text(_follow(self.data, place)) for place in self._places(field, 4)]

    def kinds(self, field: int) -> list[int]:
        """Return the kinds of a vector of unions; the union's tables are the next field."""
        return [self.data[place] for place in self._places(field, 1)]

    def span(self, field: int) -> range:
        """Return where the bytes of a vector of bytes lie in `data`."""
        at = self._offset(field)
        start = _follow(self.data, at) + 4 if at else 0
        return range(start, start + (struct.unpack_from("<I", self.data, start - 4)[0] if at else 0))

    def _places(self, field: int, width: int) -> list[int]:
        at = self._offset(field)
        if not at:
            return []
        start = _follow(self.data, at)
        (count,) = struct.unpack_from("<I", self.data, start)
        return [start + 4 + width * index for index in range(count)]

    def _text(self, start: int) -> str:
        (length,) = struct.unpack_from("<I", self.data, start)
        return self.data[start + 4 : start + 4 + length].decode()

    def _offset(self, field: int) -> int:
        """Return where the field lies, 0 if it is absent."""
        back = struct.unpack_from("<i", self.data, self.position)[0]
        directory = self.position - back
        size = struct.unpack_from("<H", self.data, directory)[0]
        if 4 + 2 * field >= size:
            return 0
        inside = struct.unpack_from("<H", self.data, directory + 4 + 2 * field)[0]
        return self.position + int(inside) if inside else 0


def root(data: bytes) -> Table:
    """Return the table a buffer holds."""
    return Table(data, _follow(data, 0))


def _follow(data: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", data, at)[0])
