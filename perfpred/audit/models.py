"""`audit`: whether predictors are still as good on frozen measurements as was agreed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfpred.audit.bounds import FALSE_ALARMS, Estimate, holm, mean_of, require_rate
from perfpred.audit.documents import FAILING
from perfpred.audit.regrets import choices_of
from perfpred.combination import Combination
from perfpred.errors import InputError, UnknownNameError
from perfpred.learn.rows.sizes import Sizes
from perfpred.predict.bank import Bank
from perfpred.profile.table import Profile

MAX_MAPE, MAX_REGRET = 0.05, 0.02
"""What is agreed where nobody says otherwise."""


@dataclass(frozen=True)
class Finding:
    """One question of the audit and its answer.

    Parameters
    ----------
    subject : str
        The combination, or the kernel and hardware whose variants are chosen among.
    quantity : str
        ``mape`` or ``regret``, both fractions.
    state : str
        ``within`` the limit, ``worse``, ``undecided`` (above it, but the rows are too few to be sure), or
        ``no model``.
    value, low, high : float
        The mean over rows, and its interval at the audit's confidence.
    limit : float
    n : int
        Sizes judged on.
    noise : float
        Noise floor of the rows: below it no error means anything.
    out_of_range : int
        Sizes that the predictor says it was not trained for.
    reason : str
        In a sentence.
    trained_on : bool
        Whether the predictor was trained on these very rows, which flatters it.
    """

    subject: str
    quantity: str
    state: str
    value: float
    low: float
    high: float
    limit: float
    n: int
    noise: float
    out_of_range: int
    reason: str
    trained_on: bool = False


@dataclass(frozen=True)
class Audit:
    """All findings, the rows that failed when they were measured, and the rate of false alarms."""

    findings: tuple[Finding, ...]
    failed_rows: int
    false_alarms: float

    @property
    def failed(self) -> bool:
        """Whether anything is worse than agreed, or has no model any more."""
        return any(finding.state in FAILING for finding in self.findings)


@dataclass(frozen=True, eq=False)
class _Question:
    subject: str
    quantity: str
    losses: NDArray[np.float64]
    limit: float
    noise: float
    out_of_range: int
    trained_on: bool = False


def audit(
    frozen: Profile,
    bank: Bank,
    max_mape: float = MAX_MAPE,
    max_regret: float = MAX_REGRET,
    *,
    false_alarms: float = FALSE_ALARMS,
) -> Audit:
    """Judge predictors on rows kept aside for that, never trained on.

    Parameters
    ----------
    frozen : Profile
    bank : Bank
    max_mape : float
        Agreed mean absolute error of each combination, as a fraction.
    max_regret : float
        Agreed mean of the chosen variant's time over that of the fastest, minus 1.
    false_alarms : float
        How often all findings together may hold one "worse" too many, were the rows drawn anew.

    Raises
    ------
    InputError
        If no row succeeded, no predictor is of any combination, or a limit is out of its range.
    """
    for name, limit in (("error", max_mape), ("regret", max_regret)):
        if not 0 <= limit < 100:
            raise InputError(f"the agreed {name} must be from 0 to 100 (10000%), but got {limit:g}")
    require_rate(false_alarms)
    measured = frozen.ok
    if not len(measured):
        raise InputError("nothing to audit on: no row of the file succeeded")
    known = set(bank.combinations)
    missing = [key for key, _ in measured.combinations() if key not in known]
    if len(missing) == len(list(measured.combinations())):
        raise InputError(_nothing(missing, bank))
    questions = [*_errors(measured, bank, known, max_mape), *_choices(measured, bank, max_regret)]
    means = [mean_of(question.losses) for question in questions]
    p_values = [mean.p_greater(each.limit) for mean, each in zip(means, questions, strict=True)]
    worse = holm(p_values, false_alarms)
    share = false_alarms / max(1, len(questions))
    answered = [_finding(*each, share) for each in zip(questions, means, worse, strict=True)]
    return Audit(
        (*answered, *(_missing(key, max_mape) for key in missing)),
        len(frozen) - len(measured),
        false_alarms,
    )


def _nothing(missing: list[Combination], bank: Bank) -> str:
    have = sorted(" ".join(_names(key)) for key in bank.combinations)
    unknown = UnknownNameError("combination", " ".join(_names(missing[0])), have)
    return f"nothing to audit: no model is of a combination of the file ({unknown})"


def _errors(measured: Profile, bank: Bank, known: set[Combination], limit: float) -> Iterator[_Question]:
    """Yield one question per combination: its relative errors, one per size."""
    for key, rows in measured.combinations():
        if key not in known:
            continue
        sizes = Sizes.of(rows)
        predictor = bank.reader(*_names(key)).predictor
        answers = predictor.answers(sizes.X)
        losses = np.abs(answers.time_s / sizes.time_s - 1)
        outside = int((~answers.in_range).sum())
        seen = rows.data_hash == predictor.training.data_sha256
        yield _Question(" ".join(_names(key)), "mape", losses, limit, rows.noise_floor, outside, seen)


def _choices(measured: Profile, bank: Bank, limit: float) -> Iterator[_Question]:
    """Yield one question per kernel and hardware with a choice: what choices cost, per size."""
    for found, losses, outside in choices_of(measured, bank):
        subject = f"{found.kernel} on {found.among}"
        yield _Question(subject, "regret", losses, limit, measured.noise_floor, outside)


def _finding(question: _Question, mean: Estimate, worse: bool, share: float) -> Finding:
    low, high = max(0.0, mean.below(share)), mean.above(share)
    above = mean.value > question.limit
    state = "worse" if worse and above else "undecided" if above else "within"
    return Finding(
        question.subject,
        question.quantity,
        state,
        mean.value,
        low,
        high,
        question.limit,
        len(question.losses),
        question.noise,
        question.out_of_range,
        _reason(question, mean, state),
        question.trained_on,
    )


def _reason(question: _Question, mean: Estimate, state: str) -> str:
    what = "error" if question.quantity == "mape" else "regret"
    n = len(question.losses)
    said = {
        "worse": f"{what} {mean.value:.1%} is beyond the agreed {question.limit:.1%}",
        "within": f"{what} {mean.value:.1%} is within the agreed {question.limit:.1%}",
        "undecided": f"{what} {mean.value:.1%} is above the agreed {question.limit:.1%}, "
        f"but {n} sizes are too few to be sure",
    }[state]
    if question.trained_on:
        said += "; these are the rows that it was trained on, which flatters it"
    if question.noise > question.limit:
        said += f"; the rows' own noise is {question.noise:.1%}"
    if question.out_of_range:
        said += f"; {question.out_of_range} of {n} sizes are outside the trained range"
    return said


def _missing(key: Combination, limit: float) -> Finding:
    nan = float("nan")
    subject = " ".join(_names(key))
    return Finding(
        subject, "mape", "no model", nan, nan, nan, limit, 0, nan, 0, "no model is of this combination"
    )


def _names(key: Combination) -> tuple[str, str, str]:
    return key.kernel, key.variant, key.hardware
