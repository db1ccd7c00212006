"""From sections to the text of a page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any

from perfpred.report.sections.base import Block, Chart, Code, Picture, Section, Table

MAX_BYTES = 2_000_000
"""What a page may weigh: it is to be sent by mail."""


def build_page(title: str, lead: str, sections: Sequence[Section], refresh_s: float | None = None) -> str:
    """Return the page's HTML.

    Parameters
    ----------
    title, lead : str
        Its heading, and a paragraph on what it was made from.
    sections : sequence of Section
    refresh_s : float, optional
        The page loads itself again after so many seconds, while what it shows still grows.
    """
    import jinja2

    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals["kind"] = _kind
    template = environment.from_string(_text("template.html"))
    charts = [block for section in sections for block in section.blocks if isinstance(block, Chart)]
    return template.render(
        title=title,
        lead=lead,
        sections=sections,
        style=_text("style.css"),
        script=_text("script.js"),
        library=_library() if charts else "",
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
