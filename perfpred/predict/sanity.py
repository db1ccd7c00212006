"""A model must have an answer where it should know best: at the centre of what training saw."""

from __future__ import annotations

import numpy as np

from perfpred.errors import InputError, ModelFileError
from perfpred.predict.checks import MAX_TIME_S, MIN_TIME_S
from perfpred.predict.predictor import Predictor
from perfpred.predict.quantity import TIME

MIN_VALUE, MAX_VALUE = 1e-300, 1e300
"""Of a quantity other than time."""


def require_sane(predictor: Predictor) -> None:
    """Raise `ModelFileError` if what a predictor says of the centre of its ranges cannot be.

    A time must be that of a program, another quantity finite and > 0.

    A centre where a complexity has no value says nothing: rows of training need not be near it.
    """
    centre: dict[str, float | str] = {
        name: seen.low / 2 + seen.high / 2 for name, seen in predictor.ranges.items()
    }
    centre.update({name: levels[0] for name, levels in predictor.encoding.categories.items()})
    try:
        with np.errstate(all="ignore"):
            [value] = predictor.formula.seconds(predictor.encoding.encode(centre))
    except InputError:
        return
    except (ArithmeticError, ValueError, IndexError, MemoryError) as error:
        reason = f"its formula cannot be evaluated ({type(error).__name__})"
        raise ModelFileError(reason) from None
    low, high = (MIN_TIME_S, MAX_TIME_S) if predictor.predicts == TIME else (MIN_VALUE, MAX_VALUE)
    if not low <= value <= high:
        raise ModelFileError(
            f"it predicts {value:g} {predictor.unit} for the centre of its training range; train it again"
        )
