"""Choosing among predictions: what is within its trained range first, then by predicted value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from perfpred.errors import InputError, UnknownNameError, shortlist
from perfpred.predict.predictor import Predictor
from perfpred.predict.quantity import TIME, InUnit, Quantity

MAX_NAMED = 4
"""A reason names this many choices and counts the others."""


@dataclass(frozen=True)
class Choice(InUnit[float]):
    """One entry of a ranking: a variant on a hardware with its predicted time, or another quantity.

    Attributes
    ----------
    kernel, variant, hardware : str
    value : float
        What is predicted.
    low : float
        The lower end of the 90% interval.
    high : float
        The upper end of the 90% interval.
    in_range : bool
        Whether it lies within what training saw.
    predicts : Quantity
        What is predicted, and its unit.
    """

    kernel: str
    variant: str
    hardware: str
    value: float
    low: float
    high: float
    in_range: bool
    predicts: Quantity = TIME

    @property
    def label(self) -> str:
        """The variant and where it runs."""
        return f"{self.variant} on {self.hardware}"


@dataclass(frozen=True)
class LeftOut:
    """A variant on a hardware that cannot answer a query, and why.

    Attributes
    ----------
    kernel, variant, hardware : str
    reason : str
        Why it has no answer.
    """

    kernel: str
    variant: str
    hardware: str
    reason: str

    @property
    def label(self) -> str:
        """The variant, where it runs, and why it is left out."""
        return f"{self.variant} on {self.hardware} ({self.reason})"


@dataclass(frozen=True)
class Selection:
    """A ranking of choices: those within their trained range, fastest first, then the others.

    `best` is the first of the ranking, or the default that was asked to be kept where the data cannot
    tell them apart. `ties` are the other choices whose predicted value is within the measuring noise of the
    best one's: between these the data cannot decide. A choice out of range ties with nothing in range.
    `left_out` are variants that cannot answer the query.

    Attributes
    ----------
    best : Choice
        What is chosen.
    ranking : tuple of Choice
        Best first.
    ties : tuple of Choice
        Other choices within the noise of the best.
    reason : str
        Why the best was chosen.
    left_out : tuple of LeftOut
        What has no answer.
    """

    best: Choice
    ranking: tuple[Choice, ...]
    ties: tuple[Choice, ...]
    reason: str
    left_out: tuple[LeftOut, ...] = ()


def selection_of(
    choices: Iterable[tuple[Choice, float]],
    *,
    default: str | None = None,
    top: int | None = None,
    left_out: Sequence[LeftOut] = (),
) -> Selection:
    """Return the ranking of choices, each with the relative noise of its measurements, and the best.

    Parameters
    ----------
    choices : iterable of (Choice, float)
        At least one.
    default : str, optional
        A variant to stay with unless the interval of another choice, one in range, lies wholly below its
        own.
    top : int, optional
        The length of the ranking; by default all.
    left_out : sequence of LeftOut
        What could not be ranked; the reason names it.

    Raises
    ------
    InputError
        If a predicted value is not > 0, or the default is left out.
    UnknownNameError
        If there is no variant of the default's name.
    """
    ranked = sorted(choices, key=lambda pair: (not pair[0].in_range, pair[0].value))
    ranking = [choice for choice, _ in ranked]
    _require_positive(ranking)
    kept = None if default is None else _of_variant(ranking, default, left_out)
    best, why = (ranking[0], "") if kept is None else _kept_unless_slower(ranking, kept)
    [noise_of_best] = (noise for choice, noise in ranked if choice is best)
    ties = tuple(c for c, noise in ranked if c is not best and _is_tie(best, c, max(noise, noise_of_best)))
    parts = [why or _comparison(ranking, best, ties), _passed_over(ranking, best), _omitted(left_out)]
    reason = "; ".join(part for part in parts if part)
    return Selection(best, tuple(ranking[:top]), ties, reason, tuple(left_out))


def named(labels: Sequence[str]) -> str:
    """Return labels with commas, the first few by name and the others as a count."""
    return shortlist(labels, shown=MAX_NAMED)


def _of_variant(ranking: Sequence[Choice], variant: str, left_out: Sequence[LeftOut]) -> Choice:
    """Return the first choice of a variant; an unknown name is an error that offers the nearest."""
    for choice in ranking:
        if choice.variant == variant:
            return choice
    noun = ranking[0].predicts.noun
    for each in left_out:
        if each.variant == variant:
            raise InputError(f"the default has no predicted {noun} here: {each.label}")
    raise UnknownNameError("variant", variant, {choice.variant for choice in ranking})


def _kept_unless_slower(ranking: Sequence[Choice], kept: Choice) -> tuple[Choice, str]:
    """Return the choice to make where one is a default, and why unless it is simply the first."""
    if kept == ranking[0]:
        return kept, ""
    of = kept.predicts
    guess = "" if kept.in_range else f"; the {of.noun} of {kept.label} is a guess, out of its trained range"
    for choice in ranking:
        if choice.in_range and choice.high < kept.low and choice.variant != kept.variant:
            ratio = kept.value / choice.value
            return choice, f"{choice.label} is predicted {ratio:.2f}x {of.smaller} than {kept.label}{guess}"
    first = ranking[0]
    if not first.in_range:
        why = f"no choice is within its trained range, so all {of.plural} are guesses"
        return kept, f"{kept.label} is kept: {why}"
    if kept.high < first.low:  # out of range, or it would be first
        return kept, f"{kept.label} is kept: no choice in range is predicted {of.smaller}{guess}"
    return kept, f"{kept.label} is kept: its interval overlaps that of {first.label}{guess}"


def common_quantity(predictors: Iterable[Predictor]) -> Quantity:
    """Return what predictors predict; raises `InputError` if it is not the same, as joules are no seconds."""
    by_name = {each.quantity: each for each in predictors}
    if len(by_name) > 1:
        first, second = list(by_name.values())[:2]
        raise InputError(
            f"choices of one ranking must be predicted in one quantity, but {first.combination} is of "
            f"{first.predicts.described} and {second.combination} of {second.predicts.described}"
        )
    [predictor] = by_name.values()
    return predictor.predicts


def _require_positive(choices: Iterable[Choice]) -> None:
    for choice in choices:
        if not choice.value > 0:
            of = choice.predicts
            rule = f"a predicted {of.noun} must be > 0 {of.unit}, but is {choice.value:g}"
            raise InputError(f"{choice.label}: {rule}; train this model again")


def _is_tie(best: Choice, other: Choice, noise: float) -> bool:
    if best.in_range and not other.in_range:
        return False
    low, high = best.value, other.value
    return high <= low * (1 + noise) if low <= high else low <= high * (1 + noise)


def _comparison(ranking: Sequence[Choice], best: Choice, ties: Sequence[Choice]) -> str:
    guess = "" if best.in_range else "no choice is within its trained range: a guess; "
    if ties:
        names = named([choice.label for choice in ties])
        return f"{guess}{best.label} is predicted {best.predicts.smallest}, within the noise of {names}"
    others = [choice for choice in ranking if choice is not best and choice.in_range == best.in_range]
    if others:
        ratio = others[0].value / best.value
        return f"{guess}{best.label} is predicted {ratio:.2f}x {best.predicts.smaller} than {others[0].label}"
    only = "the only choice" if len(ranking) == 1 else "the only choice within its trained range"
    return f"{guess}{best.label} is {only}"


def _passed_over(ranking: Sequence[Choice], best: Choice) -> str:
    if not best.in_range:
        return ""
    labels = [c.label for c in ranking if not c.in_range and c.value < best.value]
    if not labels:
        return ""
    of = best.predicts
    subject = f"its {of.noun} is a guess" if len(labels) == 1 else f"their {of.plural} are guesses"
    return f"passed over though predicted {of.smaller}: {named(labels)}: out of range, {subject}"


def _omitted(left_out: Sequence[LeftOut]) -> str:
    return f"left out: {named([each.label for each in left_out])}" if left_out else ""
