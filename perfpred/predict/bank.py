"""The `Bank` noun: predictors by kernel, variant and hardware; it predicts and it selects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError, shortlist
from perfpred.predict.checks import Floats
from perfpred.predict.folder import save_all
from perfpred.predict.lazy import lazy_models
from perfpred.predict.predictor import Prediction, Predictor


@dataclass(frozen=True)
class Choice:
    """One entry of a ranking: a variant on a hardware with its predicted time."""

    kernel: str
    variant: str
    hardware: str
    time_s: float
    low_s: float
    high_s: float
    in_range: bool

    @property
    def label(self) -> str:
        """The variant and where it runs."""
        return f"{self.variant} on {self.hardware}"


@dataclass(frozen=True)
class Selection:
    """A ranking of choices, fastest first.

    `best` is the first of the ranking, or the default that was asked to be kept where the data cannot
    tell them apart. `ties` are the other choices whose predicted time is within the measuring noise of the
    best one's: between these the data cannot decide.
    """

    best: Choice
    ranking: tuple[Choice, ...]
    ties: tuple[Choice, ...]
    reason: str


class Bank:
    """Predictors by combination.

    Parameters
    ----------
    predictors : iterable of Predictor, or mapping from Combination to Predictor
        At most one a combination. A mapping is kept as it is: it may read a predictor when asked for it.
    """

    def __init__(self, predictors: Iterable[Predictor] | Mapping[Combination, Predictor]) -> None:
        self._predictors = predictors if isinstance(predictors, Mapping) else _by_combination(predictors)
        self._found: dict[tuple[str, str | None, str | None], tuple[Predictor, ...]] = {}

    def __len__(self) -> int:
        return len(self._predictors)

    def __iter__(self) -> Iterator[Predictor]:
        return iter(self._predictors.values())

    @property
    def combinations(self) -> tuple[Combination, ...]:
        """What there is a predictor for; none is read for it."""
        return tuple(self._predictors)

    def find(
        self, kernel: str, variant: str | None = None, hardware: str | None = None
    ) -> tuple[Predictor, ...]:
        """Return the predictors that match; an unknown name is an error that offers the nearest."""
        key = (kernel, variant, hardware)
        if key not in self._found:  # only names that exist are kept, so this stays small
            matching = self._matching(kernel, variant, hardware)
            self._found[key] = tuple(self._predictors[combination] for combination in matching)
        return self._found[key]

    def predict(
        self,
        kernel: str,
        parameters: Mapping[str, float | str] | None = None,
        /,
        *,
        variant: str | None = None,
        hardware: str | None = None,
        **named: float | str,
    ) -> Prediction:
        """Return the predicted time of one query.

        Parameters are given by name, or as a mapping where a name would clash with an argument here.
        `variant` and `hardware` may be left out where the bank holds only one.

        Raises
        ------
        InputError
            If several predictors match, or a parameter is missing, unknown or not finite.
        """
        return self._only(kernel, variant, hardware).predict({**(parameters or {}), **named})

    def predict_table(
        self,
        kernel: str,
        columns: Any,
        *,
        variant: str | None = None,
        hardware: str | None = None,
    ) -> Floats:
        """Return predicted seconds for a table of queries, a DataFrame say, shape (n,), in row order.

        Columns that are no parameters are ignored.

        Raises
        ------
        InputError
            If several predictors match, a column is missing, a value is not finite or is negative where
            training saw none negative (the message names its row), or there is no row.
        """
        return self._only(kernel, variant, hardware).predict_table(columns)

    def select(
        self,
        kernel: str,
        parameters: Mapping[str, float | str] | None = None,
        /,
        *,
        hardware: str | None = None,
        default: str | None = None,
        top: int | None = None,
        **named: float | str,
    ) -> Selection:
        """Return the kernel's variants ranked by predicted time; parameters are given as to `predict`.

        Parameters
        ----------
        hardware : str, optional
            Rank only the variants on this hardware; by default every hardware the bank knows.
        default : str, optional
            A variant to stay with, on whichever hardware it is fastest, unless the 90% interval of the
            fastest choice lies wholly below its own.
        top : int, optional
            The length of the ranking; by default all.
        """
        if top is not None and top < 1:
            raise InputError(f"top must be >= 1, but got {top}")
        found = self.find(kernel, hardware=hardware)
        query = {**(parameters or {}), **named}
        choices = {_choice(p, p.predict(query)): p for p in found}
        ranking = sorted(choices, key=lambda choice: choice.time_s)
        best = ranking[0]
        ties = tuple(
            choice
            for choice in ranking[1:]
            if choice.time_s <= best.time_s * (1 + _noise(choices, best, choice))
        )
        reason = _reason(ranking, ties)
        if default is not None and best.variant != default:
            kept = _of_variant(ranking, default)
            if best.high_s >= kept.low_s:
                kept_because = f"{kept.label} is kept: its interval overlaps that of {best.label}"
                return Selection(kept, tuple(ranking[:top]), ties, kept_because)
        return Selection(best, tuple(ranking[:top]), ties, reason)

    def save(self, folder: str | Path) -> list[Path]:
        """Write one JSON file per predictor into `folder`, all or none; returns their paths.

        Models of other combinations that are there stay. A killed save leaves the folder as it was, or as
        it was to be.

        Raises
        ------
        InputError
            If there can be no such folder.
        WriteError
            If the disk is full, say, or another process is saving there for long.
        """
        return save_all(tuple(self), Path(folder))

    def _matching(self, kernel: str, variant: str | None, hardware: str | None) -> tuple[Combination, ...]:
        """Return the combinations that match; an unknown name is an error that offers the nearest."""
        found = _matching(self.combinations, "kernel", kernel)
        if variant is not None:
            found = _matching(found, "variant", variant)
        if hardware is not None:
            found = _matching(found, "hardware", hardware)
        return found

    def _only(self, kernel: str, variant: str | None, hardware: str | None) -> Predictor:
        if (kernel, variant, hardware) not in self._found:
            matching = self._matching(kernel, variant, hardware)
            if len(matching) > 1:  # said before any of them is read
                labels = shortlist(matching, "; ")
                raise InputError(
                    f"{len(matching)} predictors match; say which variant and hardware: {labels}"
                )
        return self.find(kernel, variant, hardware)[0]


def load(path: str | Path) -> Bank:
    """Return the bank stored in a folder, or the bank of one model file.

    Raises
    ------
    InputError
        If there is no such folder, or no model in it.
    ModelFileError
        If a file is no model, here; if it was edited, truncated, or is of a newer format, when it is read:
        here for the one file of `path`, for those of a folder when a query first needs it.
    """
    return Bank(lazy_models(Path(path)))


def _by_combination(predictors: Iterable[Predictor]) -> dict[Combination, Predictor]:
    found: dict[Combination, Predictor] = {}
    for predictor in predictors:
        if predictor.combination in found:
            raise InputError(f"two predictors for {predictor.combination}")
        found[predictor.combination] = predictor
    return found


def _matching(combinations: tuple[Combination, ...], field: str, name: str) -> tuple[Combination, ...]:
    found = tuple(each for each in combinations if getattr(each, field) == name)
    if not found:
        raise UnknownNameError(field, name, {str(getattr(each, field)) for each in combinations})
    return found


def _of_variant(ranking: list[Choice], variant: str) -> Choice:
    """Return the first choice of a variant; an unknown name is an error that offers the nearest."""
    found = [choice for choice in ranking if choice.variant == variant]
    if not found:
        raise UnknownNameError("variant", variant, {choice.variant for choice in ranking})
    return found[0]


def _choice(predictor: Predictor, prediction: Prediction) -> Choice:
    key = predictor.combination
    return Choice(
        key.kernel,
        key.variant,
        key.hardware,
        prediction.time_s,
        prediction.low_s,
        prediction.high_s,
        prediction.in_range,
    )


def _noise(predictors: Mapping[Choice, Predictor], first: Choice, second: Choice) -> float:
    """Return the larger noise of two choices; what is not known counts as none."""
    return max(predictors[choice].training.noise or 0.0 for choice in (first, second))


def _reason(ranking: list[Choice], ties: tuple[Choice, ...]) -> str:
    best = ranking[0]
    unfamiliar = "" if best.in_range else "; outside the range seen in training"
    if ties:
        names = ", ".join(choice.label for choice in ties)
        return f"{best.label} is predicted fastest, within the noise of {names}{unfamiliar}"
    if len(ranking) == 1:
        return f"{best.label} is the only choice{unfamiliar}"
    ratio = ranking[1].time_s / best.time_s
    return f"{best.label} is predicted {ratio:.2f}x faster than {ranking[1].label}{unfamiliar}"
