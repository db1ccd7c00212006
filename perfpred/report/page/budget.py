"""What a page leaves out so that it can be sent by mail."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from html import escape

from perfpred.report.sections.base import Block, Chart, Code, Picture, Section, Table

OVERHEAD_BYTES = 300
"""The markup around a block."""
CELL_BYTES = 64
"""The markup around a cell of a table."""
MIN_ROWS, MIN_CHARACTERS, MAX_CELL = 5, 400, 200
"""A table or a text that is shortened keeps so much, and so many characters of a cell."""
MAX_NAMED = 5


def weight(block: Block) -> int:
    """Return about how many bytes a block takes of a page."""
    return OVERHEAD_BYTES + _weight(block)


def fitted(sections: Sequence[Section], room: int) -> tuple[list[Section], str]:
    """Return the sections with no more than `room` bytes of blocks, and a sentence on what was left out.

    The least needed blocks are left out first, of equally needed ones the heaviest. What is needed most is
    shortened if nothing else remains. The sentence is empty where everything fits.

    Parameters
    ----------
    sections : sequence of Section
    room : int
        Bytes.
    """
    blocks = [(number, block) for number, section in enumerate(sections) for block in section.blocks]
    total = sum(weight(block) for _, block in blocks)
    dropped: list[int] = []
    for index in sorted(range(len(blocks)), key=lambda i: (-blocks[i][1].need, -weight(blocks[i][1]))):
        block = blocks[index][1]
        if total <= room or block.need == 0:
            break
        total -= weight(block)
        dropped.append(index)
    kept = [pair for index, pair in enumerate(blocks) if index not in set(dropped)]
    shortened = total > room
    if shortened:
        kept = [(number, _shortened(block, room // max(1, len(kept)))) for number, block in kept]
    found = [
        replace(section, blocks=tuple(block for at, block in kept if at == number))
        for number, section in enumerate(sections)
    ]
    return found, " ".join(_said([blocks[index][1] for index in sorted(dropped)], shortened=shortened))


def _weight(block: Block) -> int:
    if isinstance(block, Table):
        cells = (cell for row in block.rows for cell in (*row, *block.columns))
        return sum(len(escape(cell).encode()) + CELL_BYTES // 2 for cell in cells)
    if isinstance(block, Code):
        return len(escape(block.text).encode()) + len(escape(block.caption).encode())
    body = block.svg if isinstance(block, Picture) else json.dumps(block.spec)
    return len(body.encode()) + 2 * len(escape(block.alt).encode())


def _shortened(block: Block, room: int) -> Block:
    if isinstance(block, Table) and block.rows and weight(block) > room:
        per_row = weight(block) // len(block.rows) + 1
        count = min(len(block.rows), max(MIN_ROWS, room // per_row))
        caption = f"{block.caption} (the first {count} of {len(block.rows)})"
        rows = tuple(tuple(cell[:MAX_CELL] for cell in row) for row in block.rows[:count])
        return replace(block, rows=rows, caption=caption)
    if isinstance(block, Code) and weight(block) > room:
        text = block.text[: max(MIN_CHARACTERS, room // 2)]
        return replace(block, text=f"{text}\n...", caption=f"{block.caption} (the beginning)")
    return block


def _said(dropped: Sequence[Block], *, shortened: bool) -> Iterator[str]:
    if dropped:
        figures = sum(isinstance(block, Picture | Chart) for block in dropped)
        names = [block.alt if isinstance(block, Picture | Chart) else block.caption for block in dropped]
        named = "; ".join(name.rstrip(".")[:80] for name in names[:MAX_NAMED])
        more = f"; and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        kind = "figures" if figures == len(dropped) else "parts"
        yield f"Left out to keep the page small enough to send: {len(dropped)} {kind} ({named}{more})."
    if shortened:
        yield "Long tables are cut to their first rows; a report of fewer files has all of them."
