"""``perfpred evaluate``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perfpred.app import completing
from perfpred.app.arguments import (
    ComplexityOption,
    Files,
    HardwareOption,
    Json,
    KernelOption,
    LikeOption,
    Seed,
    TransferOption,
    VariantOption,
)
from perfpred.app.clusters import ClusterOption, kept_results, on_cluster
from perfpred.app.column_options import takes_columns
from perfpred.app.console import percent, print_json, progress_bar, table
from perfpred.app.frames import records
from perfpred.app.interrupts import NOTHING_KEPT
from perfpred.app.notices import data_warnings_as_notices
from perfpred.combination import KEYS
from perfpred.schemas.learning import EvaluationDocument, RegretDocument

if TYPE_CHECKING:
    import pandas as pd

    from perfpred.predict.bank import Bank
    from perfpred.profile import Profile
    from perfpred.profile.columns.mapping import ColumnMapping


QUICKER = f"{NOTHING_KEPT}; fewer --repeats are quicker"


@takes_columns
def evaluate(
    files: Files,
    columns: ColumnMapping,
    model: Annotated[
        list[str] | None,
        typer.Option(
            "--model",
            help="Model to evaluate; repeatable. Default: augmented.",
            autocompletion=completing.models,
        ),
    ] = None,
    transfer_from: TransferOption = None,
    like: LikeOption = None,
    complexity: ComplexityOption = None,
    train_size: Annotated[
        int | None,
        typer.Option(
            "--train-size", help="Training rows; the rest is for testing. Default: 250, or 80% if less."
        ),
    ] = None,
    repeats: Annotated[int, typer.Option("--repeats", help="Random splits.")] = 5,
    chosen: Annotated[
        str | None,
        typer.Option("--chosen", help="Column that names the variant you use today, to compare choices."),
    ] = None,
    seed: Seed = 0,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    cluster: ClusterOption = None,
    json: Json = False,
) -> None:
    """Evaluate models on sizes (or inputs) they have not seen, next to the noise floor of the data.

    Example: perfpred evaluate datasets/softmax-intel-xeon-6-207.csv --repeats 2
    """
    from perfpred.app.reading import complexity_option, read, transfer_option
    from perfpred.learn.evaluation import accuracy
    from perfpred.learn.evaluation.regret import judged_choices, without_column
    from perfpred.learn.training import train

    named = complexity_option(complexity)
    profile = read(files, kernel, variant, hardware, columns)
    with (
        kept_results("evaluate") as journal,
        on_cluster(cluster),
        data_warnings_as_notices(),
        progress_bar("evaluating", QUICKER) as bar,
    ):
        results = accuracy.evaluate(
            without_column(profile, chosen),
            models=model or None,
            transfer_from=transfer_option(transfer_from, like),
            train_size=train_size,
            repeats=repeats,
            complexity=named,
            random_state=seed,
            progress=bar,
            journal=journal,
        )

        def bank(rows: Profile) -> Bank:
            model = results["model"].iloc[0]
            return train(rows, model=model, complexity=named, random_state=seed, progress=bar)

        choices = judged_choices(profile, bank, train_size, seed, chosen)
    if json:
        print_json(_documents(results, choices))
        return
    show_errors(results)
    show_choices(choices)


def _documents(results: pd.DataFrame, choices: pd.DataFrame) -> list[EvaluationDocument]:
    return [EvaluationDocument(**row, regret=_regret(choices, row)) for row in records(results)]


def _regret(choices: pd.DataFrame, row: Mapping[str, Any]) -> tuple[RegretDocument, ...]:
    """Return what choices cost between the variants on a row's hardware, or between the kernel's hardware."""
    if choices.empty:
        return ()
    among = choices["among"].isin([row["hardware"], "hardware"])
    own = choices[(choices["kernel"] == row["kernel"]) & among]
    return tuple(RegretDocument(**each) for each in records(own))


def show_choices(choices: pd.DataFrame) -> None:
    """Print what choices of a variant or hardware cost on sizes that were not trained on."""
    if choices.empty:
        return
    rows = [
        [
            str(row["kernel"]),
            str(row["among"]),
            str(row["policy"]),
            f"{row['mean']:.3f}",
            f"{row['p90']:.3f}",
            percent(row["within_2_percent"]),
        ]
        for row in choices.to_dict(orient="records")
    ]
    text = dict.fromkeys(["kernel", "chosen among variants on", "policy"], "left")
    numbers = dict.fromkeys(["mean", "P90", "within 2%"], "right")
    table("choices on new sizes: time of the chosen over that of the best", {**text, **numbers}, rows)


def show_errors(results: pd.DataFrame, *, each: bool = True) -> None:
    """Print mean errors per combination and model, then each model's mean over combinations.

    With `each` false only the means over combinations are printed.
    """
    keys = list(KEYS) if results["kernel"].nunique() > 1 else list(KEYS[1:])
    groups = results.groupby([*keys, "model"], sort=False) if each else ()
    rows = [[*map(str, key), *_cells(group)] for key, group in groups]
    rows += [
        [*["all"] * len(keys), str(name), *_cells(group)]
        for name, group in results.groupby("model", sort=False)
    ]
    text = dict.fromkeys([*keys, "model"], "left")
    numbers = ["MAPE", "± splits", "slowest 70%", "noise floor", "90% coverage", "parameters"]
    kernels = ", ".join(results["kernel"].unique())
    judged = "; ".join(f"new {each}" for each in results["judged_on"].unique())
    splits = results["repeat"].nunique()
    title = (
        f"{kernels}: errors on {judged}; {_span(results['train_size'])} training rows, "
        f"{splits} split{'' if splits == 1 else 's'}"
    )
    table(title, {**text, **dict.fromkeys(numbers, "right")}, rows)


def _span(counts: pd.Series[int]) -> str:
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"


def _cells(group: pd.DataFrame) -> list[str]:
    means = group.groupby("repeat")["mape"].mean()
    spread = means.std(ddof=0) if len(means) > 1 else float("nan")  # one split says nothing of others
    return [
        percent(group["mape"].mean()),
        percent(float(spread)),
        percent(group["mape_slowest70"].mean()),
        percent(group["noise"].mean()),
        percent(group["coverage90"].mean()),
        str(int(group["n_parameters"].max())),
    ]
