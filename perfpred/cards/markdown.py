"""The Markdown that every card is made of: a title, named paragraphs, tables whose cells stay cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from perfpred.errors import one_line, shortened

_MARKS = re.compile(r"([\\`*|<>\[\]])")
_MAX_CELL = 100


def document(title: str, sections: Mapping[str, str]) -> str:
    """Return a card of a title and paragraphs by name.

    Examples
    --------
    >>> print(document("f.csv", {"What": "two rows."}), end="")
    # f.csv
    <BLANKLINE>
    **What.** two rows.
    """
    paragraphs = [f"**{name}.** {text}" for name, text in sections.items()]
    return "\n\n".join([f"# {title}", *paragraphs]) + "\n"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Return a table; a head or cell is plain text, see `plain`.

    Examples
    --------
    >>> print(table(["variant", "rows"], [["a|b", "2"]]))
    | variant | rows |
    |---|---|
    | a\|b | 2 |
    """
    lines = [_line(heads), f"|{'---|' * len(heads)}", *map(_line, rows)]
    return "\n".join(lines)


def plain(text: object) -> str:
    r"""Return a text from a file as text that Markdown shows as it is: no markup, no HTML, on one line.

    Examples
    --------
    >>> print(plain("<b>\n`x`"))
    \<b\> \`x\`
    """
    readable = "".join(each if each.isprintable() else "?" for each in one_line(text))
    return _MARKS.sub(r"\\\1", shortened(readable, _MAX_CELL))


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(plain, cells))} |"
