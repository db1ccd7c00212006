"""What a section of a page is made of, and what it is made from."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfpred.predict.bank import Bank
from perfpred.profile.table import Profile
from perfpred.progress import Progress
from perfpred.report.figures.style import themed
from perfpred.report.judged import Judged

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Sources:
    """All that a report is made from.

    Parameters
    ----------
    profile : Profile or None
        Measurements of kernels with models, or None.
    bank : Bank or None
    judged : sequence of Judged
        Most troubled first.
    spaces : mapping of str to Profile
        Tuning spaces and other measurements without a model, by file name.
    schedules : sequence of str
        Paths of profiles of Halide schedules.
    curves : int
        Combinations whose learning curve is computed, which trains.
    progress : Progress or None
    """

    profile: Profile | None = None
    bank: Bank | None = None
    judged: Sequence[Judged] = ()
    spaces: Mapping[str, Profile] = field(default_factory=dict)
    schedules: Sequence[str] = ()
    curves: int = 0
    progress: Progress | None = None


@dataclass(frozen=True)
class Table:
    """A table of texts; a column whose name starts with ``#`` is of numbers and stands right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str


@dataclass(frozen=True)
class Picture:
    """A figure as SVG, once for a light and once for a dark page.

    Parameters
    ----------
    light, dark : str
        SVG.
    alt : str
        What it shows, for who cannot see it.
    """

    light: str
    dark: str
    alt: str


@dataclass(frozen=True)
class Chart:
    """An interactive chart: a Vega-Lite specification, drawn by the page.

    Parameters
    ----------
    spec : dict
    alt : str
        What it shows, for who cannot see it.
    """

    spec: dict[str, Any]
    alt: str


@dataclass(frozen=True)
class Code:
    """A text that keeps its lines, such as a loop nest."""

    text: str
    caption: str


Block = Table | Picture | Chart | Code


@dataclass(frozen=True)
class Section:
    """One section of the page.

    Attributes
    ----------
    name, title, intro : str
    blocks : tuple of Block
    """

    name: str
    title: str
    intro: str
    blocks: tuple[Block, ...]


def picture(draw: Callable[[Axes], None], alt: str, size: tuple[float, float] = (6.4, 3.8)) -> Picture:
    """Return what `draw` draws, for both themes.

    Parameters
    ----------
    draw : callable
        Takes the Axes to draw on.
    alt : str
    size : (float, float)
        Inches.
    """
    return Picture(_svg(draw, size, "light"), _svg(draw, size, "dark"), alt)


def csv_data(text: str) -> Any:
    """Return CSV text as the data of a chart: a third of what the same rows take as JSON."""
    import altair as alt

    return alt.InlineData(values=text, format=alt.CsvDataFormat(type="csv"))


def _svg(draw: Callable[[Axes], None], size: tuple[float, float], theme: str) -> str:
    from matplotlib.figure import Figure

    with themed(theme):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        out = io.StringIO()
        figure.savefig(out, format="svg", dpi=100, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :]
