"""Which variant wins where, and what choosing by prediction costs."""

from __future__ import annotations

from perfpred.audit.regrets import losses_of_bank
from perfpred.report.figures.choices import regret
from perfpred.report.sections.base import Block, Section, Sources, picture
from perfpred.report.sections.maps import map_chart
from perfpred.report.selection_map import maps_of

STEPS, LEVELS, SLIDERS = 14, 4, 1
"""Cells along an axis, positions of a slider, and sliders: all maps of a page are to fit in it."""
MAX_MAPS = 20


def section(sources: Sources) -> Section | None:
    """Return the section, or None where there is nothing to choose."""
    if sources.bank is None:
        return None
    blocks: list[Block] = []
    kernels = {each.combination.kernel for each in sources.judged}
    maps = maps_of(sources.bank, kernels, steps=STEPS, levels=LEVELS, sliders=SLIDERS)[:MAX_MAPS]
    blocks.extend(map_chart(found) for found in maps)
    losses = {} if sources.profile is None else losses_of_bank(sources.profile, sources.bank)
    if losses:
        blocks.insert(
            0,
            picture(
                lambda axes: regret(axes, losses), "How much slower than the fastest the chosen variants are."
            ),
        )
    if not blocks:
        return None
    intro = (
        "The maps show which variant is predicted to win; strokes mark the zone of indifference, where the "
        "winner is not clearly faster than the second, and pale cells lie outside the trained range. The "
        "curve shows what choosing by prediction costs where several variants were measured."
    )
    return Section("choices", "Which variant wins", intro, tuple(blocks))
