"""A model must have an answer where it should know best: at the centre of what training saw."""

from __future__ import annotations

import numpy as np

from perfpred.errors import InputError, ModelFileError
from perfpred.predict.checks import MAX_TIME_S, MIN_TIME_S
from perfpred.predict.predictor import Predictor


def require_sane(predictor: Predictor) -> None:
    """Raise `ModelFileError` if a predictor's time at the centre of its ranges is no time of a program.

    A centre where a complexity has no value says nothing: rows of training need not be near it.
    """
    centre: dict[str, float | str] = {
        name: seen.low / 2 + seen.high / 2 for name, seen in predictor.ranges.items()
    }
    centre.update({name: levels[0] for name, levels in predictor.encoding.categories.items()})
    try:
        with np.errstate(all="ignore"):
            [time_s] = predictor.formula.seconds(predictor.encoding.encode(centre))
    except InputError:
        return
    except (ArithmeticError, ValueError, IndexError, MemoryError) as error:
        reason = f"its formula cannot be evaluated ({type(error).__name__})"
        raise ModelFileError(reason) from None
    if not MIN_TIME_S <= time_s <= MAX_TIME_S:
        raise ModelFileError(f"it predicts {time_s:g} s for the centre of its training range; train it again")
