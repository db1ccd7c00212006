"""The card of a folder of models: what they predict, from which rows, how well, where, and where not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from perfpred.cards.markdown import document, plain, table
from perfpred.documents.atomic import atomic_write
from perfpred.predict.bank import Bank
from perfpred.predict.predictor import Predictor

NAME = "README.md"
"""Of the card in its folder, where people and forges look."""
MARK = "<!-- This card is written by `perfpred train`; without this line it is left alone. -->"
_MAX_LEVELS = 8
_LIMITS = (
    "a prediction holds for the machine, the thread count and the library versions that were measured: on "
    "another machine profile some rows and train. Sizes beyond the ranges above are answered with a wider "
    "interval and `in_range: false`. An interval holds for nine of ten sizes drawn as the training rows "
    "were, not for each size. A small mean error does not say that two close variants are told apart: "
    "`select` names such ties."
)


def card(bank: Bank, title: str = "Models") -> str:
    """Return the card, in Markdown, of predictors.

    Parameters
    ----------
    bank : Bank
        With at least one predictor.
    title : str
        Plain text.
    """
    predictors = list(bank)
    sections = {
        "What": _what(predictors),
        "Trained on": f"measured rows, by combination.\n\n{_trained(predictors)}",
        "Errors": f"{_judged(predictors)}\n\n{_errors(predictors)}",
        "Range": f"the values that training saw.\n\n{_ranges(predictors)}",
        "Limits": _LIMITS,
    }
    return f"{document(plain(title), sections)}\n{MARK}\n"


def write_card(bank: Bank, folder: Path) -> Path | None:
    """Write the card of a folder's models beside them; None if a README that a person wrote stands there.

    Parameters
    ----------
    bank : Bank
        All models of the folder.
    folder : Path

    Raises
    ------
    WriteError
        If it could not be written.
    """
    path = folder / NAME
    if path.is_file() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
        return None
    atomic_write(path, card(bank), follow_links=False)
    return path


def _what(predictors: Sequence[Predictor]) -> str:
    kernels = sorted({each.combination.kernel for each in predictors})
    quantities = sorted({f"{each.predicts.noun} in {each.predicts.unit}" for each in predictors})
    names = sorted({each.training.model for each in predictors})
    count = f"{len(predictors)} predictor{'' if len(predictors) == 1 else 's'}"
    return (
        f"{count} of {plain(', '.join(quantities))}, for {plain(', '.join(kernels))}; "
        f"model {plain(', '.join(names))}. `perfpred predict` and `perfpred select` ask them."
    )


def _trained(predictors: Sequence[Predictor]) -> str:
    rows = [
        [*_names(each), str(each.training.rows), _noise(each.training.noise), _terms(each)]
        for each in predictors
    ]
    return table(["kernel", "variant", "hardware", "rows", "noise floor", "complexity"], rows)


def _judged(predictors: Sequence[Predictor]) -> str:
    on = sorted({each.training.judged_on for each in predictors})
    return (
        f"nine of ten times of {plain(', '.join(on))} left out of training lay within these distances from "
        "the prediction, where times are shortest, typical and longest. `perfpred evaluate` measures errors "
        "on rows that training does not see."
    )


def _errors(predictors: Sequence[Predictor]) -> str:
    rows = [[*_names(each), *_widths(each)] for each in predictors]
    return table(["kernel", "variant", "hardware", "shortest", "typical", "longest"], rows)


def _widths(predictor: Predictor) -> list[str]:
    interval = predictor.interval
    ends = [
        interval.logs(math.exp(interval.knots[0])) if interval.knots else interval.at_median(),
        interval.at_median(),
        interval.logs(math.exp(interval.knots[-1])) if interval.knots else interval.at_median(),
    ]
    return [f"{math.expm1(low):+.0%} to {math.expm1(high):+.0%}" for low, high in ends]


def _ranges(predictors: Sequence[Predictor]) -> str:
    """Return a table of the values that were seen, a row for all combinations of which they are the same."""
    found: dict[tuple[str, str], int] = {}
    for each in predictors:
        key = (each.combination.kernel, ", ".join(_seen(each, name) for name in each.parameters))
        found[key] = found.get(key, 0) + 1
    rows = [[kernel, seen, str(count)] for (kernel, seen), count in found.items()]
    return table(["kernel", "parameters", "predictors"], rows)


def _seen(predictor: Predictor, name: str) -> str:
    if name in predictor.ranges:
        span = predictor.ranges[name]
        return f"{name} {span.low:g}" if span.low == span.high else f"{name} {span.low:g} to {span.high:g}"
    levels = predictor.encoding.categories[name]
    more = f" and {len(levels) - _MAX_LEVELS} more" if len(levels) > _MAX_LEVELS else ""
    return f"{name} {'/'.join(levels[:_MAX_LEVELS])}{more}"


def _names(predictor: Predictor) -> tuple[str, str, str]:
    key = predictor.combination
    return key.kernel, key.variant, key.hardware


def _noise(noise: float | None) -> str:
    return "unknown" if noise is None else f"{noise:.2%}"


def _terms(predictor: Predictor) -> str:
    terms = ", ".join(predictor.training.complexity.values())
    found = " (found in the rows)" if predictor.training.found and terms else ""
    return f"{terms}{found}" or "none"
