"""From sections to the text of a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib import resources
from typing import Any

from perfpred.report.page.budget import fitted
from perfpred.report.sections.base import Block, Chart, Code, Picture, Section, Table

MAX_BYTES = 2_000_000
"""What a page may weigh: it is to be sent by mail."""
MAX_TEXT = 2000
"""Characters of a heading or a paragraph: names of files may be of any length."""


def build_page(
    title: str,
    lead: str,
    sections: Sequence[Section],
    refresh_s: float | None = None,
    max_bytes: int = MAX_BYTES,
) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    title, lead : str
        Its heading, and a paragraph on what it was made from.
    sections : sequence of Section
    refresh_s : float, optional
        The page loads itself again after so many seconds, while what it shows still grows.
    max_bytes : int
        Blocks are left out, those that are needed least first, until the page weighs less; it says which.
    """
    blocks = [block for section in sections for block in section.blocks]
    library = _library() if any(isinstance(block, Chart) for block in blocks) else ""
    room = max_bytes - len(library.encode())
    while True:
        kept, left_out = fitted(sections, room)
        page = _rendered(title, f"{lead} {left_out}".strip(), kept, library, refresh_s)
        excess = len(page.encode()) - max_bytes
        if excess < 0 or room <= 0:
            return page
        room -= excess + 1


def _rendered(
    title: str, lead: str, sections: Sequence[Section], library: str, refresh_s: float | None
) -> str:
    import jinja2

    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals["kind"] = _kind
    charts = [block for section in sections for block in section.blocks if isinstance(block, Chart)]
    return environment.from_string(_text("template.html")).render(
        title=title[:MAX_TEXT],
        lead=lead[:MAX_TEXT],
        sections=[replace(each, intro=each.intro[:MAX_TEXT]) for each in sections if each.blocks],
        style=_text("style.css"),
        script=_text("script.js"),
        library=library if charts else "",
        specs=_as_script([block.spec for block in charts]),
        number_of=lambda block: next(number for number, chart in enumerate(charts) if chart is block),
        refresh_s=refresh_s,
    )


def _kind(block: Block) -> str:
    return {Table: "table", Picture: "picture", Chart: "chart", Code: "code"}[type(block)]


def _text(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _library() -> str:
    """Return the drawing library's JavaScript, which its Python wheel brings."""
    import vl_convert

    bundle = str(vl_convert.javascript_bundle())  # type: ignore[call-arg]  # its stub demands a snippet
    return bundle.replace("</script", "<\\/script")


def _as_script(document: Any) -> str:
    """Return JSON that may stand in a script element, whatever text it holds."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
