"""Single figures by name, as `perfpred plot NAME` draws them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfpred.audit.regrets import losses_of_bank
from perfpred.errors import InputError, UnknownNameError
from perfpred.report import figures
from perfpred.report.figures.style import themed
from perfpred.report.sections import Sources
from perfpred.report.selection_map import maps_of
from perfpred.report.tuning import tuning_summary

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDINGS = (".svg", ".png", ".pdf")


@dataclass(frozen=True)
class Plot:
    """A figure that can be asked for by name.

    Parameters
    ----------
    name, summary : str
    needs_models : bool
        Whether it shows predictions.
    draw : callable
        Takes the Axes and the `Sources`; raises `InputError` where these hold nothing to draw.
    """

    name: str
    summary: str
    needs_models: bool
    draw: Callable[[Axes, Sources], None]


def _judged(sources: Sources) -> Any:
    found = [each for each in sources.judged if len(each.time_s)]
    if not found:
        raise InputError("no row of a combination with a model has a time")
    return found


def _winners(axes: Axes, sources: Sources) -> None:
    known = {(each.combination.kernel, each.combination.hardware) for each in sources.judged}
    maps = [] if sources.bank is None else maps_of(sources.bank)
    found = next((each for each in maps if (each.kernel, each.hardware) in known), None)
    if found is None:
        raise InputError("no kernel of the files has models of two variants on one hardware")
    figures.winners(axes, found)


def _regret(axes: Axes, sources: Sources) -> None:
    assert sources.profile is not None
    assert sources.bank is not None
    losses = losses_of_bank(sources.profile, sources.bank)
    if not losses:
        raise InputError("no size was measured of two variants with models: there is nothing to choose from")
    figures.regret(axes, losses)


def _space(sources: Sources) -> Any:
    spaces = {**sources.spaces, **({} if sources.profile is None else {"the files": sources.profile})}
    if not spaces:
        raise InputError("no file holds configurations")
    return tuning_summary(*next(iter(spaces.items())))


def _slices(axes: Axes, sources: Sources) -> None:
    found = _space(sources)
    figures.slices(axes, found.table, next(iter(found.importances)))


PLOTS: Mapping[str, Plot] = {
    plot.name: plot
    for plot in (
        Plot(
            "predicted",
            "predicted over measured times",
            True,
            lambda axes, sources: figures.predicted_against_measured(axes, _judged(sources)),
        ),
        Plot(
            "errors",
            "errors over the measured time, of the combination that needs attention most",
            True,
            lambda axes, sources: figures.error_by_size(axes, _judged(sources)[0]),
        ),
        Plot(
            "coverage",
            "share of times within their 90% intervals",
            True,
            lambda axes, sources: figures.coverage(axes, _judged(sources)),
        ),
        Plot("winners", "which variant wins over two parameters", True, _winners),
        Plot("regret", "what choosing by prediction costs", True, _regret),
        Plot(
            "importance",
            "how much each parameter of a tuning space matters",
            False,
            lambda axes, sources: figures.importance(axes, _space(sources).importances),
        ),
        Plot(
            "parallel",
            "configurations as lines over their parameters",
            False,
            lambda axes, sources: figures.parallel_coordinates(axes, _space(sources).table),
        ),
        Plot("slices", "times over the most important parameter", False, _slices),
    )
}


def plot(name: str, sources: Sources, path: Path, theme: str = "light") -> None:
    """Draw one figure to a file.

    Parameters
    ----------
    name : str
        Of `PLOTS`.
    sources : Sources
    path : Path
        SVG, PNG or PDF, by its ending.
    theme : str
        ``light`` or ``dark``: the page it is for; the ground is transparent.

    Raises
    ------
    InputError
        If there is no such figure, nothing to draw, or it cannot be written there.
    """
    from matplotlib.figure import Figure

    if name not in PLOTS:
        raise UnknownNameError("figure", name, PLOTS)
    with themed(theme):
        figure = Figure(figsize=(6.4, 4.0), layout="constrained")
        PLOTS[name].draw(figure.subplots(), sources)
        save(figure, path)


def save(figure: Any, path: Path) -> None:
    """Write a figure; raises `InputError` if it cannot be written there, or in that format."""
    if path.suffix.lower() not in ENDINGS:
        raise InputError(f"a figure is written as {', '.join(ENDINGS)}, but got '{path.name}'")
    try:
        figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot write {path}: {error}") from None
