"""From files to a report: what each file is, and which sections it feeds."""

from __future__ import annotations

from perfpred.errors import InputError
from perfpred.predict.bank import Bank
from perfpred.profile.merge import concat
from perfpred.progress import Progress
from perfpred.report.inputs import Inputs
from perfpred.report.judged import judged_all, without_model
from perfpred.report.page import build_page
from perfpred.report.sections import SECTIONS, Section, Sources


def sources_of(
    inputs: Inputs, bank: Bank | None, *, curves: int = 0, progress: Progress | None = None
) -> Sources:
    """Return what figures and sections are made from; parameters as of `report`.

    Parameters
    ----------
    inputs : Inputs
    bank : Bank, optional
    curves : int
        As of `report`.
    progress : Progress, optional
        Told how far it is.
    """
    known = set() if bank is None else set(bank.combinations)
    predicted = {n: p for n, p in inputs.profiles.items() if any(key in known for key, _ in p.combinations())}
    spaces = {name: profile for name, profile in inputs.profiles.items() if name not in predicted}
    together = concat(list(predicted.values())) if predicted else None
    judged = judged_all(together, bank) if together is not None and bank is not None else []
    return Sources(
        profile=together,
        bank=bank if judged else None,
        judged=judged,
        spaces=spaces,
        schedules=inputs.schedules,
        speedups=inputs.speedups,
        searches=inputs.searches,
        campaigns=inputs.campaigns,
        curves=curves,
        progress=progress,
    )


def report(
    inputs: Inputs,
    bank: Bank | None,
    *,
    title: str = "perfpred report",
    curves: int = 0,
    refresh_s: float | None = None,
    progress: Progress | None = None,
) -> str:
    """Return the HTML of a report.

    Parameters
    ----------
    inputs : Inputs
    bank : Bank or None
        Predictors to judge; files of combinations that it does not know are shown as tuning spaces.
    title : str
    curves : int
        Combinations whose learning curve is computed.
    refresh_s : float, optional
        For a page that is watched: seconds until it loads itself again.
    progress : Progress, optional

    Raises
    ------
    InputError
        If there is nothing to show.
    """
    sources = sources_of(inputs, bank, curves=curves, progress=progress)
    sections = _made(sources, progress)
    if not sections:
        raise InputError("there is nothing to show: no file holds measurements")
    return build_page(title, _lead(inputs, sources), sections, refresh_s)


def _made(sources: Sources, progress: Progress | None) -> list[Section]:
    sections = []
    for number, make in enumerate(SECTIONS):
        found = make(sources)
        if found is not None:
            sections.append(found)
        if progress is not None:
            progress.update(number + 1, len(SECTIONS), "" if found is None else found.title)
    return sections


def _lead(inputs: Inputs, sources: Sources) -> str:
    rows = sum(len(profile) for profile in inputs.profiles.values())
    others = (inputs.schedules, inputs.searches, inputs.campaigns)
    files = len(inputs.profiles) + sum(map(len, others)) + bool(inputs.speedups)
    said = f"Made from {rows} measurements in {files} file{'s' if files != 1 else ''}."
    if sources.profile is not None and sources.bank is not None:
        missing = without_model(sources.profile, sources.bank)
        if missing:
            names = ", ".join(f"{k.kernel} {k.variant} {k.hardware}" for k in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            said += f" Without a model: {names}{more}."
    return said
