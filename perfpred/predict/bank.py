"""The `Bank` noun: predictors by kernel, variant and hardware; it predicts and it selects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError, shortlist
from perfpred.predict.bulk import PredictedRows, SelectedRows, Table, predicted_rows, selected_rows
from perfpred.predict.checks import Floats
from perfpred.predict.folder import save_all
from perfpred.predict.lazy import lazy_models
from perfpred.predict.predictor import Prediction, Predictor
from perfpred.predict.reading import Reader, UnansweredError, require_known
from perfpred.predict.selection import Choice, LeftOut, Selection, common_quantity, selection_of

__all__ = ["Bank", "Choice", "LeftOut", "Selection", "load"]


class Bank:
    """Predictors by combination.

    Parameters
    ----------
    predictors : iterable of Predictor, or mapping from Combination to Predictor
        At most one per combination. A mapping is kept as it is: it may read a predictor when asked for it.
    """

    def __init__(self, predictors: Iterable[Predictor] | Mapping[Combination, Predictor]) -> None:
        self._predictors = predictors if isinstance(predictors, Mapping) else _by_combination(predictors)
        self._found: dict[tuple[str, str | None, str | None], tuple[Predictor, ...]] = {}
        self._readers: dict[Combination, Reader] = {}
        self._of_one_quantity: set[tuple[str, str | None]] = set()

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
        """Return the predicted value of one query: a time, or what the predictor's `quantity` says.

        Parameters
        ----------
        kernel : str
        parameters : mapping of str to float or str, optional
            Values by name, where a name would clash with an argument here.
        variant, hardware : str, optional
            May be left out where the bank holds only one.
        **named : float or str
            The other values; a parameter of which training saw one value may be left out.

        Raises
        ------
        InputError
            If several predictors match, a parameter is missing, unknown or not finite, or the kernel has no
            output of such sizes.
        """
        return self.reader(kernel, variant, hardware).predict({**(parameters or {}), **named})

    def predict_table(
        self,
        kernel: str,
        columns: Table,
        *,
        variant: str | None = None,
        hardware: str | None = None,
    ) -> Floats:
        """Return predicted values for a table of queries, shape (n,), in row order: seconds of a time.

        Parameters
        ----------
        kernel, variant, hardware : str
            As for `predict`.
        columns : Table
            A column per parameter; other columns are ignored.

        Raises
        ------
        InputError
            If several predictors match, a column is missing, a value is not finite or is negative where
            training saw none negative (the message names its row), or there is no row.
        """
        return self.reader(kernel, variant, hardware).predict_table(columns)

    def predict_rows(
        self, kernel: str, table: Table, *, variant: str | None = None, hardware: str | None = None
    ) -> PredictedRows:
        """Return what `predict` does of every row of a table, with intervals, range flags and reasons.

        Parameters
        ----------
        kernel, variant, hardware : str
            As for `predict`.
        table : Table
            One row per query.

        Raises
        ------
        InputError
            If several predictors match, or naming the rows that have no answer, and why.
        """
        return predicted_rows(self.reader(kernel, variant, hardware), table)

    def select_rows(
        self, kernel: str, table: Table, *, hardware: str | None = None, default: str | None = None
    ) -> SelectedRows:
        """Return what `select` chooses for every row of a table, with intervals, range flags and ties.

        An `InputError` names the rows for which no variant has an answer, and says why.

        Parameters
        ----------
        kernel, hardware, default : str
            As for `select`.
        table : Table
            As for `predict_rows`.
        """
        return selected_rows(self.readers(kernel, hardware), table, default)

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
        """Return the kernel's variants ranked by predicted value.

        Choices within their trained range come first, fastest first, and then the others. A variant takes
        the parameters it knows; one that cannot answer is left out, and the reason says why.

        Parameters
        ----------
        kernel, parameters, **named
            As for `predict`.
        hardware : str, optional
            Rank only the variants on this hardware; by default every hardware the bank knows.
        default : str, optional
            A variant to stay with, on whichever hardware it is fastest, unless the 90% interval of another
            choice, one in range, lies wholly below its own.
        top : int, optional
            The length of the ranking; by default all.

        Raises
        ------
        InputError
            If no variant can answer, one refuses a value, or they predict different quantities; and as
            `predict`.
        """
        if top is not None and top < 1:
            raise InputError(f"top must be >= 1, but got {top}")
        query = {**(parameters or {}), **named}
        readers = self.readers(kernel, hardware)
        require_known(kernel, readers, query)
        if (kernel, hardware) not in self._of_one_quantity:
            common_quantity(reader.predictor for reader in readers)
            self._of_one_quantity.add((kernel, hardware))
        choices: list[tuple[Choice, float]] = []
        left_out: list[LeftOut] = []
        for reader in readers:
            try:
                choices.append(_choice(reader.predictor, reader.select_from(query)))
            except UnansweredError as error:
                left_out.append(_left_out(reader.predictor, str(error)))
        if not choices:
            raise InputError(_no_answer(kernel, left_out))
        return selection_of(choices, default=default, top=top, left_out=left_out)

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

    def reader(self, kernel: str, variant: str | None = None, hardware: str | None = None) -> Reader:
        """Return the reader of the one predictor that matches; raises `InputError` if several do."""
        return self._reader(self._only(kernel, variant, hardware))

    def readers(self, kernel: str, hardware: str | None = None) -> list[Reader]:
        """Return a reader for each predictor of a kernel, or of a kernel on one hardware."""
        return [self._reader(predictor) for predictor in self.find(kernel, hardware=hardware)]

    def _reader(self, predictor: Predictor) -> Reader:
        key = predictor.combination
        if key not in self._readers:
            self._readers[key] = Reader(predictor)
        return self._readers[key]

    def _only(self, kernel: str, variant: str | None, hardware: str | None) -> Predictor:
        if len(self._found.get((kernel, variant, hardware), ())) != 1:
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
    found = tuple(combination for combination in combinations if getattr(combination, field) == name)
    if not found:
        raise UnknownNameError(
            field, name, {str(getattr(combination, field)) for combination in combinations}
        )
    return found


def _choice(predictor: Predictor, prediction: Prediction) -> tuple[Choice, float]:
    """Return a choice and the noise of its measurements; what is not known counts as none."""
    key, found = predictor.combination, prediction
    names = (key.kernel, key.variant, key.hardware)
    choice = Choice(*names, found.value, found.low, found.high, found.in_range, found.predicts)
    return choice, predictor.training.noise or 0.0


def _left_out(predictor: Predictor, reason: str) -> LeftOut:
    key = predictor.combination
    return LeftOut(key.kernel, key.variant, key.hardware, reason)


def _no_answer(kernel: str, left_out: list[LeftOut]) -> str:
    """Say why no variant can answer: once where they all say the same."""
    reasons = {each.reason for each in left_out}
    if len(reasons) == 1:
        return f"{kernel}: {reasons.pop()}"
    return f"no variant of {kernel} can answer: {shortlist([each.label for each in left_out], '; ')}"
