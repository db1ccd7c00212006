"""Colours and labels that all figures share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from perfpred.profile.time_units import seconds_text

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999933", "#882255")
"""Okabe and Ito's palette (2008), made for colour-blind readers, with two of Tol's for black and yellow."""
MANY = 300
"""From so many points on, a scatter is a picture within the SVG: one element per point weighs megabytes."""
MUTED = "#8a8a8a"
INK = {"light": "#222222", "dark": "#e6e6e6", "page": "#010203"}
"""Ink by theme; that of a page stands for the colour of the text around, see `for_page`."""


def colour(index: int) -> str:
    """Return the colour of the index-th series; colours recur after eight."""
    return COLOURS[index % len(COLOURS)]


@contextmanager
def themed(theme: str) -> Iterator[None]:
    """Draw with ink for a light or a dark ground, or for a page of both, on a transparent ground."""
    import matplotlib as mpl

    ink = INK[theme]
    settings: dict[str, Any] = dict.fromkeys(
        ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), ink
    )
    settings |= {
        "figure.facecolor": "none",
        "axes.facecolor": "none",
        "savefig.transparent": True,
        "legend.framealpha": 0.0,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "svg.fonttype": "none",
        "svg.hashsalt": "perfpred",
        "text.parse_math": False,
    }
    with mpl.rc_context(settings):  # type: ignore[arg-type]  # its keys are listed one by one
        yield


def for_page(svg: str) -> str:
    """Return a figure drawn with `themed("page")` as part of a page: its ink is the colour of the text there.

    One drawing then serves light and dark pages. Comments and metadata are left out.

    Examples
    --------
    >>> for_page('<?xml?><svg><!-- t --><path style="fill: #010203"/></svg>')
    '<svg><path style="fill: currentColor"/></svg>'
    """
    text = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", text).replace(INK["page"], "currentColor")


def as_percent(axis: Any) -> None:
    """Label an axis of fractions in percent."""
    axis.set_major_formatter(lambda value, _: f"{100 * value:g}%")


def as_seconds(axis: Any) -> None:
    """Label an axis of seconds with a fitting unit."""
    from matplotlib.ticker import NullFormatter

    axis.set_major_formatter(lambda value, _: seconds_text(value) if value else "0")
    axis.set_minor_formatter(NullFormatter())
