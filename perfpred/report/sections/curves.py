"""How errors fall with measurements, for the combinations that need attention most."""

from __future__ import annotations

import numpy as np

from perfpred.errors import InputError
from perfpred.report.figures.learning import learning_curve
from perfpred.report.judged import Judged
from perfpred.report.sections.base import Block, Section, Sources, picture

TRAIN_SIZES = (25, 50, 100, 250)
MODELS = ("augmented",)


def section(sources: Sources) -> Section | None:
    """Return the section, or None where no curve is wanted or can be computed."""
    if sources.profile is None or sources.curves < 1:
        return None
    blocks: list[Block] = []
    for judged in [each for each in sources.judged if len(each.time_s)][: sources.curves]:
        drawn = _curve(sources, judged)
        if drawn is not None:
            blocks.append(drawn)
    if not blocks:
        return None
    intro = (
        "Errors on sizes that training did not see, over the number of rows trained on, for the combinations "
        "that need attention most. A curve that still falls asks for more rows; one on the noise floor "
        "has enough."
    )
    return Section("curves", "What more measurements would bring", intro, tuple(blocks))


def _curve(sources: Sources, judged: Judged) -> Block | None:
    import pandas as pd

    from perfpred.learn.evaluation.accuracy import evaluate

    assert sources.profile is not None
    key = judged.combination
    rows = next(part for other, part in sources.profile.ok.combinations() if other == key)
    sizes = [size for size in TRAIN_SIZES if size <= 0.8 * len(judged.time_s)]
    parts = []
    for size in sizes:
        try:
            parts.append(evaluate(rows, models=list(MODELS), train_size=size, repeats=1, random_state=0))
        except InputError:
            continue  # too few rows for this model's parameters
    if len(parts) < 2:
        return None
    curve = pd.concat(parts)
    noise = judged.noise if np.isfinite(judged.noise) else None

    def draw(axes: object) -> None:
        learning_curve(axes, curve, noise)  # type: ignore[arg-type]
        axes.set_title(judged.name, fontsize=9)  # type: ignore[attr-defined]

    return picture(draw, f"Error of {judged.name} over the number of training rows.", (5.4, 2.8))
