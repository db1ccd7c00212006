"""``perfpred evaluate``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import (
    ComplexityOption,
    Files,
    HardwareOption,
    Json,
    KernelOption,
    LikeOption,
    Seed,
    VariantOption,
)
from perfpred.app.column_options import takes_columns
from perfpred.app.console import percent, print_json, progress_bar, table
from perfpred.app.notices import data_warnings_as_notices

if TYPE_CHECKING:
    import pandas as pd

    from perfpred.profile.columns.mapping import ColumnMapping

KEYS = ["kernel", "variant", "hardware"]


@takes_columns
def evaluate(
    files: Files,
    columns: ColumnMapping,
    model: Annotated[
        list[str] | None, typer.Option("--model", help="Model to judge; repeatable. Default: augmented.")
    ] = None,
    like: LikeOption = None,
    complexity: ComplexityOption = None,
    train_size: Annotated[
        int | None,
        typer.Option("--train-size", help="Training rows; the rest tests. Default: 250, or 80% if less."),
    ] = None,
    repeats: Annotated[int, typer.Option("--repeats", help="Random splits.")] = 5,
    seed: Seed = 0,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    json: Json = False,
) -> None:
    """Judge models on sizes (or inputs) they have not seen, beside the noise floor of the data."""
    from perfpred.app.reading import complexity_option, like_option, read
    from perfpred.learn import evaluation

    named = complexity_option(complexity)
    profile = read(files, kernel, variant, hardware, columns)
    with data_warnings_as_notices(), progress_bar("evaluating") as bar:
        results = evaluation.evaluate(
            profile,
            models=model or None,
            like=like_option(like),
            train_size=train_size,
            repeats=repeats,
            complexity=named,
            random_state=seed,
            progress=bar,
        )
    if json:
        print_json(results.to_dict(orient="records"))
        return
    show_errors(results)


def show_errors(results: pd.DataFrame) -> None:
    """Print mean errors a combination and model, then each model's mean over combinations."""
    keys = KEYS if results["kernel"].nunique() > 1 else KEYS[1:]
    rows = [[*map(str, key), *_cells(group)] for key, group in results.groupby([*keys, "model"], sort=False)]
    rows += [
        [*["all"] * len(keys), str(name), *_cells(group)]
        for name, group in results.groupby("model", sort=False)
    ]
    text = dict.fromkeys([*keys, "model"], "left")
    numbers = ["MAPE", "± splits", "slowest 70%", "noise floor", "in 90%", "parameters"]
    kernels = ", ".join(results["kernel"].unique())
    judged = "; ".join(f"new {each}" for each in results["judged_on"].unique())
    title = (
        f"{kernels}: errors on {judged}; {_span(results['train_size'])} training rows, "
        f"{results['repeat'].nunique()} splits"
    )
    table(title, {**text, **dict.fromkeys(numbers, "right")}, rows)


def _span(counts: pd.Series[int]) -> str:
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"


def _cells(group: pd.DataFrame) -> list[str]:
    spread = group.groupby("repeat")["mape"].mean().std(ddof=0)
    return [
        percent(group["mape"].mean()),
        percent(float(spread)),
        percent(group["mape_slowest70"].mean()),
        percent(group["noise"].mean()),
        percent(group["coverage90"].mean()),
        str(int(group["n_parameters"].max())),
    ]
