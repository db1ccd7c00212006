"""What a section of a page is made of, and what it is made from."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfpred.predict.bank import Bank
from perfpred.profile.table import Profile
from perfpred.progress import Progress
from perfpred.report.figures.style import for_page, themed
from perfpred.report.judged import Judged
from perfpred.report.running import CampaignSoFar, SearchSoFar

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
    speedups : sequence of mapping
        Entries of ``perfpred halide bench --json``.
    searches : sequence of SearchSoFar
    campaigns : sequence of CampaignSoFar
    curves : int
        Combinations whose learning curve is computed, which trains.
    progress : Progress or None
    """

    profile: Profile | None = None
    bank: Bank | None = None
    judged: Sequence[Judged] = ()
    spaces: Mapping[str, Profile] = field(default_factory=dict)
    schedules: Sequence[str] = ()
    speedups: Sequence[Mapping[str, Any]] = ()
    searches: Sequence[SearchSoFar] = ()
    campaigns: Sequence[CampaignSoFar] = ()
    curves: int = 0
    progress: Progress | None = None


@dataclass(frozen=True)
class Table:
    """A table of texts; a column whose name starts with ``#`` is of numbers and stands right.

    Parameters
    ----------
    columns : tuple of str
    rows : tuple of tuple of str
    caption : str
    is_folded : bool
        Whether it is opened by a click on its caption.
    need : int
        As of `Picture`.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str
    is_folded: bool = False
    need: int = 0


@dataclass(frozen=True)
class Picture:
    """A figure as SVG that takes its ink from the page.

    Parameters
    ----------
    svg : str
    alt : str
        What it shows, for who cannot see it.
    need : int
        How soon it is left out of a page that would grow too large: 0 is kept longest.
    """

    svg: str
    alt: str
    need: int = 1


@dataclass(frozen=True)
class Chart:
    """An interactive chart: a Vega-Lite specification, drawn by the page.

    Parameters
    ----------
    spec : dict
    alt : str
        What it shows, for who cannot see it.
    need : int
        As of `Picture`.
    """

    spec: dict[str, Any]
    alt: str
    need: int = 2


@dataclass(frozen=True)
class Code:
    """A text that keeps its lines, such as a loop nest.

    Parameters
    ----------
    text, caption : str
    need : int
        As of `Picture`.
    """

    text: str
    caption: str
    need: int = 1


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


def picture(
    draw: Callable[[Axes], None], alt: str, size: tuple[float, float] = (5.4, 3.3), *, need: int = 1
) -> Picture:
    """Return what `draw` draws.

    Parameters
    ----------
    draw : callable
        Takes the Axes to draw on.
    alt : str
    size : (float, float)
        Inches.
    need : int
        As of `Picture`.
    """
    from matplotlib.figure import Figure

    with themed("page"):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        out = io.StringIO()
        figure.savefig(out, format="svg", dpi=100, metadata={"Date": None, "Creator": None})
    return Picture(for_page(out.getvalue()), alt, need)


def csv_data(text: str) -> Any:
    """Return CSV text as the data of a chart: a third of what the same rows take as JSON."""
    import altair as alt

    return alt.InlineData(values=text, format=alt.CsvDataFormat(type="csv"))
