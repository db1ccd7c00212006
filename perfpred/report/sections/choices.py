"""Which variant wins where, and what choosing by prediction costs."""

from __future__ import annotations

from perfpred.audit.regrets import losses_of_bank
from perfpred.report.figures.choices import regret
from perfpred.report.figures.style import colour
from perfpred.report.sections.base import Block, Chart, Section, Sources, csv_data, picture
from perfpred.report.selection_map import SelectionMap, maps_of

STEPS, LEVELS, SLIDERS = 14, 4, 1
"""Cells along an axis, positions of a slider, and sliders: all maps of a page are to fit in it."""
MAX_MAPS = 20


def section(sources: Sources) -> Section | None:
    """Return the section, or None where there is nothing to choose."""
    if sources.bank is None:
        return None
    blocks: list[Block] = []
    maps = maps_of(sources.bank, steps=STEPS, levels=LEVELS, sliders=SLIDERS)[:MAX_MAPS]
    blocks.extend(_map(found) for found in maps)
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
        "winner is not clearly faster than the second, and pale cells lie outside the trained range. "
        "The curve "
        "shows what choosing by prediction costs where several variants were measured."
    )
    return Section("choices", "Which variant wins", intro, tuple(blocks))


def _map(found: SelectionMap) -> Chart:
    import altair as alt

    columns = [found.x, found.y, *found.sliders]
    names = {name: f"p{index}" for index, name in enumerate(columns) if name}
    lines = [",".join([*names.values(), "variant", "gain", "tied", "range"])]
    cells = found.cells
    for row in zip(
        *(cells[name] for name in names),
        cells["winner"],
        cells["gain"],
        cells["tied"],
        cells["in_range"],
        strict=True,
    ):
        *at, winner, gain, tied, inside = row
        lines.append(
            ",".join([*(f"{v:g}" for v in at), str(winner), f"{gain:.3f}", str(int(tied)), str(int(inside))])
        )
    data = csv_data("\n".join(lines))
    chart = alt.Chart(data).transform_calculate(name=f"{list(found.variants)!r}[datum.variant]")
    numbers = {"x": names[found.x], **({"y": names[found.y]} if found.y else {})}
    chart = chart.transform_calculate(
        **{axis: f"toNumber(datum.{column})" for axis, column in numbers.items()}
    )
    params = []
    for name, levels in found.sliders.items():
        middle = levels[len(levels) // 2]
        options = [f"{level:g}" for level in levels]
        bind = alt.binding_select(options=options, name=f"{name} ")
        params.append(alt.param(names[name], value=f"{middle:g}", bind=bind))
        chart = chart.transform_filter(f"toNumber(datum.{names[name]}) == toNumber({names[name]})")
    axis = alt.Axis(labelAngle=-40, labelOverlap=True)
    x = alt.X("x:O", title=found.x, axis=axis)
    y = alt.Y("y:O", sort="descending", title=found.y) if found.y else alt.Y(value=20)
    shown = list(found.variants)
    scale = alt.Scale(domain=shown, range=[colour(index) for index in range(len(shown))])
    rects = chart.mark_rect().encode(
        x=x,
        y=y,
        color=alt.Color("name:N", scale=scale, title=None, legend=alt.Legend(orient="top", columns=4)),
        opacity=alt.condition("datum.range == 1", alt.value(1.0), alt.value(0.35)),
        tooltip=[
            *(alt.Tooltip(f"{key}:N", title=name) for name, key in names.items()),
            "name:N",
            alt.Tooltip("gain:Q", format=".1%", title="faster than the second by"),
        ],
    )
    strokes = (
        chart.transform_filter("datum.tied == 1")
        .mark_text(text="/", color="white", fontSize=11)
        .encode(x=x, y=y)
    )
    held = ", ".join(f"{k}={v:g}" if isinstance(v, float) else f"{k}={v}" for k, v in found.held.items())
    title = f"{found.kernel} on {found.hardware}{f' ({held})' if held else ''}"
    layered = (
        alt.layer(rects, strokes).add_params(*params).properties(width="container", height=260, title=title)
    )
    alt_text = f"Fastest variant of {title} over {found.x}{f' and {found.y}' if found.y else ''}."
    return Chart(layered.to_dict(), alt_text)
