"""The selection map as an interactive chart."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from perfpred.report.figures.style import colour
from perfpred.report.sections.base import Chart, csv_data
from perfpred.report.selection_map import SelectionMap


def map_chart(found: SelectionMap) -> Chart:
    """Return the chart: a cell per size, coloured by the winner, and a slider per further parameter."""
    import altair as alt

    variants = list(found.variants)
    encodings = _axes(found)
    tooltip = [
        *(alt.Tooltip(f"{key}:N", title=name) for key, name in _names(found).items()),
        alt.Tooltip("name:N", title="fastest"),
        alt.Tooltip("gain:Q", format=".1%", title="faster than the second by"),
    ]
    scale = alt.Scale(domain=variants, range=[colour(index) for index in range(len(variants))])
    legend = alt.Legend(orient="top", columns=min(3, len(variants)), title=None)
    rects = (
        alt.Chart()
        .mark_rect()
        .encode(
            **encodings,
            color=alt.Color("name:N", scale=scale, legend=legend),
            opacity=alt.condition("datum.inside", alt.value(1.0), alt.value(0.35)),
            tooltip=tooltip,
        )
    )
    strokes = alt.Chart().mark_text(text="/", color="white", fontSize=11).encode(**encodings)
    layered = alt.layer(rects, strokes.transform_filter("datum.tied"), data=csv_data(_cells(found)))
    layered = layered.transform_window(row="row_number()").transform_calculate(**_values(found))
    for index in range(len(found.sliders)):
        layered = layered.transform_filter(f"datum.i{index} == s{index}")
    title = alt.TitleParams(text=alt.ExprRef(_title(found)))
    chart = layered.add_params(*_sliders(found)).properties(width="container", height=260, title=title)
    over = f"{found.x} and {found.y}" if found.y else found.x
    return Chart(chart.to_dict(), f"Fastest variant of {found.kernel} on {found.hardware} over {over}")


def _names(found: SelectionMap) -> dict[str, str]:
    """Return the columns of a cell's parameters, which any name may have, and these names."""
    return {"x": found.x, **({"y": found.y} if found.y else {})}


def _cells(found: SelectionMap) -> str:
    """Return winner, gain and flags of each cell, in the order of a grid over axes and sliders."""
    flags = found.cells["tied"].astype(int) + 2 * found.cells["in_range"].astype(int)
    rows = zip(found.cells["winner"], found.cells["gain"], flags, strict=True)
    return "\n".join(["w,g,f", *(f"{winner},{gain:.3g},{flag}" for winner, gain, flag in rows)])


def _levels(found: SelectionMap) -> dict[str, list[float]]:
    names = {**_names(found), **{f"s{i}": name for i, name in enumerate(found.sliders)}}
    return {key: [float(f"{v:g}") for v in np.unique(found.cells[name])] for key, name in names.items()}


def _values(found: SelectionMap) -> dict[str, Any]:
    """Return expressions that tell a cell's values from its row number; the last slider moves fastest."""
    levels = _levels(found)
    expressions: dict[str, Any] = {}
    step = 1
    for key, values in reversed(levels.items()):
        index = f"floor((datum.row - 1) / {step}) % {len(values)}"
        if key.startswith("s"):
            expressions[f"i{key[1:]}"] = index
        else:
            expressions[key] = f"{values!r}[{index}]"
        step *= len(values)
    expressions["name"] = f"{_texts(found.variants)}[toNumber(datum.w)]"
    expressions["gain"] = "toNumber(datum.g)"
    expressions["tied"] = "toNumber(datum.f) % 2 == 1"
    expressions["inside"] = "toNumber(datum.f) >= 2"
    return expressions


def _axes(found: SelectionMap) -> dict[str, Any]:
    import altair as alt

    axis = alt.Axis(labelAngle=-40, labelOverlap=True)
    x = alt.X("x:O", title=found.x, axis=axis)
    if not found.y:
        return {"x": x}
    return {"x": x, "y": alt.Y("y:O", sort="descending", title=found.y)}


def _sliders(found: SelectionMap) -> list[Any]:
    import altair as alt

    params = []
    for index, (name, levels) in enumerate(found.sliders.items()):
        bind = alt.binding_range(min=0, max=len(levels) - 1, step=1, name=f"{name} ")
        params.append(alt.param(f"s{index}", value=len(levels) // 2, bind=bind))
    return params


def _title(found: SelectionMap) -> str:
    """Return the expression of the title: the parameters that the axes do not show."""
    levels = _levels(found)
    moved = [f"{_text(f'{name} = ')} + {levels[f's{i}']!r}[s{i}]" for i, name in enumerate(found.sliders)]
    held = [f"{k} = {v:g}" if isinstance(v, float) else f"{k} = {v}" for k, v in found.held.items()]
    parts = [*moved, *([_text(", ".join(held))] if held else [])]
    return " + ', ' + ".join(parts) or "''"


def _text(text: str) -> str:
    """Return a text as one of an expression, whatever it holds."""
    return json.dumps(text)


def _texts(texts: Sequence[str]) -> str:
    return f"[{', '.join(map(_text, texts))}]"
