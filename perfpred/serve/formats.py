"""Tables as they come and go: CSV text, or an Arrow stream where pyarrow is installed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import InputError, one_line, quoted, shortlist
from perfpred.profile.csv_text import read_sheet
from perfpred.serve.problems import ProblemError

_TEXTS = np.dtypes.StringDType()


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name, all of one length, as they came.

    Attributes
    ----------
    columns : mapping of str to ndarray of shape (n,)
    rows : int
    """

    columns: Mapping[str, NDArray[Any]]
    rows: int


def read_csv(data: bytes, max_rows: int) -> Table:
    """Return the table in a CSV text; raises `InputError` if it is none, or is too long."""
    with tempfile.NamedTemporaryFile(suffix=".csv") as file:
        file.write(data)
        file.flush()
        try:
            sheet = read_sheet(Path(file.name))
        except InputError as error:
            raise InputError(str(error).replace(file.name, "the table")) from None
    if sheet.problems:
        raise InputError(f"the table: {shortlist(sheet.problems, '; ')}")
    repeated = sorted({name for name in sheet.header if sheet.header.count(name) > 1})
    if repeated or "" in sheet.header:
        raise InputError(f"each column of the table needs a name of its own, but got {shortlist(repeated)}")
    _require_rows(len(sheet), max_rows)
    return Table({name: sheet.column(i) for i, name in enumerate(sheet.header)}, len(sheet))


def _require_rows(rows: int, max_rows: int) -> None:
    if not 1 <= rows <= max_rows:
        raise InputError(f"a table has 1 to {max_rows:,} rows, but this one has {rows:,}")


def read_arrow(data: bytes, max_rows: int) -> Table:
    """Return the table in an Arrow stream.

    Raises
    ------
    ProblemError
        If pyarrow is not installed.
    InputError
        If it is no such stream, or a column holds neither numbers nor texts.
    """
    pa = _pyarrow()
    try:
        with pa.ipc.open_stream(data) as stream:
            table = stream.read_all()
            table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        raise InputError(f"the table is no Arrow stream: {shortlist([one_line(error)])}") from None
    _require_rows(table.num_rows, max_rows)
    if len(set(table.column_names)) < table.num_columns:
        raise InputError("each column of the table needs a name of its own")
    return Table({name: _column(pa, name, table[name]) for name in table.column_names}, table.num_rows)


def _column(pa: Any, name: str, column: Any) -> NDArray[Any]:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return np.asarray(column.to_numpy())
    if pa.types.is_dictionary(kind):
        column = column.cast(kind.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array([text or "" for text in column.to_pylist()], dtype=_TEXTS)
    raise InputError(f"column {quoted(name)} must hold numbers or texts, but holds {kind}")


def write_csv(table: Table, added: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the CSV text of a table with further columns."""
    columns = {**table.columns, **added}
    cells = [map(csv_cell, map(_cell, column.tolist())) for column in columns.values()]
    lines = map(",".join, zip(*cells, strict=True))
    return ("\n".join([",".join(map(csv_cell, columns)), *lines]) + "\n").encode()


def write_arrow(table: Table, added: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the Arrow stream of a table with further columns."""
    pa = _pyarrow()
    columns = {name: pa.array(column.tolist()) for name, column in {**table.columns, **added}.items()}
    sink = pa.BufferOutputStream()
    found = pa.table(columns)
    with pa.ipc.new_stream(sink, found.schema) as stream:
        stream.write_table(found)
    return bytes(sink.getvalue())


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def csv_cell(text: str) -> str:
    """Return a cell as it must stand in a CSV text to read back."""
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


def _pyarrow() -> Any:
    try:
        import pyarrow as pa  # optional
        import pyarrow.ipc
    except ImportError:
        raise ProblemError(
            415, "an Arrow table needs pyarrow, which is not installed beside this service; send CSV or JSON"
        ) from None
    return pa
