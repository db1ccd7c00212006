"""Choosing for each row of a table: what is within its trained range first, then by predicted value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfpred.errors import UnknownNameError
from perfpred.predict.checks import Floats
from perfpred.predict.range_check import KnownDistances
from perfpred.predict.reading import Reader
from perfpred.predict.selection import common_quantity, named
from perfpred.predict.table_rows import RowAnswers, Texts, answer_rows

_RANKED, _PASSED, _LEFT_OUT = 0, 1, 2


@dataclass(frozen=True, eq=False)
class RowChoices:
    """The choice of each of n rows: the index of its reader, its answer and why; `refused` by position.

    `ties`, of shape (n, number of readers), says which others are within the noise of the chosen one.

    Attributes
    ----------
    chosen : ndarray of intp
        The index of the chosen reader, shape (n,).
    ties : ndarray of bool
        Which others are within the noise of the chosen one, shape (n, number of readers).
    answers : RowAnswers
        Those of the chosen readers.
    reasons : list of str
        Why, by row.
    refused : dict of int to str
        What is wrong with a row, by its position.
    """

    chosen: NDArray[np.intp]
    ties: NDArray[np.bool_]
    answers: RowAnswers
    reasons: list[str]
    refused: dict[int, str]


def select_rows(readers: Sequence[Reader], texts: Texts, default: str | None = None) -> RowChoices:
    """Return the choice among predictors for each row of text; the rules are those of `Bank.select`."""
    known = KnownDistances()
    each = [answer_rows(reader, texts, known) for reader in readers]
    predicts = common_quantity([reader.predictor for reader in readers])
    values = np.column_stack([answers.value for answers in each])
    inside = np.column_stack([answers.in_range for answers in each])
    low = np.column_stack([answers.low for answers in each])
    high = np.column_stack([answers.high for answers in each])
    refused = {row: text for answers in reversed(each) for row, text in answers.refused.items()}
    for row in np.flatnonzero(np.isnan(values).all(axis=1)):
        refused.setdefault(int(row), _no_answer(readers, each, int(row)))
    first = chosen = _ranks(values, inside).argmin(axis=1)
    kept = np.zeros(len(values), dtype=bool)
    if default is not None:
        chosen, is_default = _with_default(readers, default, (values, inside, low, high), refused)
        kept = is_default & (chosen != first)
    place = np.arange(len(values)), chosen
    found = RowAnswers(values[place], low[place], high[place], inside[place], predicts)
    texts_of = _reasons(readers, chosen, kept, values, inside)
    return RowChoices(chosen, _ties(readers, chosen, values, inside), found, texts_of, refused)


def _ties(
    readers: Sequence[Reader], chosen: NDArray[np.intp], values: Floats, inside: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which choices tie with the chosen one, by the rule of `selection_of`, shape (n, k)."""
    noise = np.array([reader.predictor.training.noise or 0.0 for reader in readers])
    rows = np.arange(len(values))
    best = values[rows, chosen][:, None]
    allowed = 1 + np.maximum(noise, noise[chosen][:, None])
    with np.errstate(invalid="ignore"):  # NaN where there is no answer
        ties = np.maximum(values, best) <= np.minimum(values, best) * allowed
    ties &= inside | ~inside[rows, chosen][:, None]
    ties[rows, chosen] = False
    return np.asarray(ties, dtype=bool)


def _ranks(values: Floats, inside: NDArray[np.bool_]) -> Floats:
    """Return numbers, least for the first of the ranking of each row: out of range comes after all others."""
    comparable = np.where(np.isnan(values), np.inf, values)
    out = inside.any(axis=1, keepdims=True) & ~inside
    return np.where(out, np.inf, comparable)


def _with_default(
    readers: Sequence[Reader],
    default: str,
    table: tuple[Floats, NDArray[np.bool_], Floats, Floats],
    refused: dict[int, str],
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the choices with a default variant, and where they are the default."""
    values, inside, low, high = table
    variants = [reader.predictor.combination.variant for reader in readers]
    if default not in variants:
        raise UnknownNameError("variant", default, set(variants))
    noun = readers[0].predictor.predicts.noun
    own = np.array([variant == default for variant in variants])
    for row in np.flatnonzero(np.isnan(values[:, own]).all(axis=1)):
        refused.setdefault(int(row), f"the default {default} has no predicted {noun} here")
    rows = np.arange(len(values))
    own_ranks = np.where(own, _ranks(np.where(own, values, np.nan), inside & own), np.inf)
    kept = own_ranks.argmin(axis=1)
    faster = inside & ~own & (high < low[rows, kept][:, None])
    challenger = np.where(faster, values, np.inf).argmin(axis=1)
    chosen = np.where(faster.any(axis=1), challenger, kept)
    return chosen, chosen == kept


def _reasons(
    readers: Sequence[Reader],
    chosen: NDArray[np.intp],
    kept: NDArray[np.bool_],
    values: Floats,
    inside: NDArray[np.bool_],
) -> list[str]:
    """Return a sentence for each row, made once for all rows that are alike."""
    rows = np.arange(len(values))
    best, best_inside = values[rows, chosen][:, None], inside[rows, chosen][:, None]
    passed = best_inside & ~inside & (values < best)
    states = np.where(np.isnan(values), _LEFT_OUT, np.where(passed, _PASSED, _RANKED)).astype(np.uint8)
    key = np.column_stack([chosen, kept, best_inside[:, 0], states]).astype(np.uint16)
    packed = np.ascontiguousarray(key).view(f"V{key.itemsize * key.shape[1]}")[:, 0]
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    sentences = [_sentence(readers, key[row]) for row in first]
    return [sentences[index] for index in inverse.reshape(-1).tolist()]


def _sentence(readers: Sequence[Reader], key: NDArray[np.uint16]) -> str:
    labels = [f"{r.predictor.combination.variant} on {r.predictor.combination.hardware}" for r in readers]
    predicts = readers[0].predictor.predicts
    chosen, kept, is_inside, states = int(key[0]), bool(key[1]), bool(key[2]), key[3:]
    why = f"is predicted {predicts.smallest}"
    if kept:
        why = f"is kept: no other choice in range is clearly {predicts.smaller}"
    parts = [f"{labels[chosen]} {why}"]
    if not is_inside:
        parts.insert(0, "no choice is within its trained range: a guess")
        if kept:
            parts[0] = f"the {predicts.noun} of the default is a guess, out of its trained range"
    for state, title in (
        (_PASSED, f"passed over though predicted {predicts.smaller}, because out of range"),
        (_LEFT_OUT, "left out, without an answer"),
    ):
        which = [label for label, each in zip(labels, states, strict=True) if each == state]
        if which:
            parts.append(f"{title}: {named(which)}")
    return "; ".join(parts)


def _no_answer(readers: Sequence[Reader], each: Sequence[RowAnswers], row: int) -> str:
    whys = {a.unanswered[row] for a in each if row in a.unanswered}
    if len(whys) == 1:
        return whys.pop()
    labels = [
        f"{reader.predictor.combination.variant} on {reader.predictor.combination.hardware} "
        f"({answers.unanswered[row]})"
        for reader, answers in zip(readers, each, strict=True)
        if row in answers.unanswered
    ]
    return f"no variant can answer: {named(labels)}"
