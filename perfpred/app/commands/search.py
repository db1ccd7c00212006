"""``perfpred search``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app import completing
from perfpred.app.arguments import (
    Files,
    HardwareOption,
    Json,
    KernelOption,
    Seed,
    VariantOption,
    comma_integers,
    comma_list,
)
from perfpred.app.clusters import ClusterOption, kept_results, on_cluster
from perfpred.app.console import notice, percent, print_json, progress_bar, table
from perfpred.app.frames import records
from perfpred.app.interrupts import NOTHING_KEPT
from perfpred.combination import KEYS
from perfpred.errors import InputError
from perfpred.profile.time_units import seconds_text
from perfpred.schemas.tuning import SearchDocument

if TYPE_CHECKING:
    import pandas as pd

    from perfpred.profile import Profile

_KEYS = ("file", *KEYS)


def search(
    files: Files,
    budget: Annotated[
        str, typer.Option("--budget", help="Evaluations, failed ones included; several as 25,50,100.")
    ] = "100",
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy",
            help="model, random, evolution or annealing; repeatable. Default: model.",
            autocompletion=completing.strategies,
        ),
    ] = None,
    repeats: Annotated[
        int, typer.Option("--repeats", help="Number of searches, each with its own seed.")
    ] = 20,
    warm_start: Annotated[
        list[Path] | None,
        typer.Option(
            "--warm-start", help="Measurements of another machine or size to start from; repeatable."
        ),
    ] = None,
    until: Annotated[
        float,
        typer.Option(
            "--until",
            min=0.0,
            help="Stop early when the expected gain of 20 more runs is below this percentage.",
        ),
    ] = 0.0,
    fixed: Annotated[
        str | None,
        typer.Option(
            "--fixed",
            help="Parameters not to choose, such as the problem size, as m,n: one search per value of them. "
            "none: all are chosen.",
        ),
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", help="Plot the best found over evaluations to this file (PNG, SVG)."),
    ] = None,
    seed: Seed = 0,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    cluster: ClusterOption = None,
    json: Json = False,
) -> None:
    """Replay searches for the fastest configuration on recorded measurements.

    Example: perfpred search gemm.csv --budget 50 --strategy model --strategy random
    """
    import pandas as pd

    from perfpred.app import plots
    from perfpred.app.reading import read
    from perfpred.tuning.replay import Trial, replay_all

    budgets = comma_integers(budget, "--budget")
    if plot is not None:
        plots.require_matplotlib()
    read_off = range(1, max(budgets) + 1) if plot is not None and budgets else budgets
    held = () if fixed in (None, "none") else tuple(dict.fromkeys(comma_list(fixed or "")))
    trial = Trial(tuple(strategy or ["model"]), tuple(read_off), repeats, until / 100, seed, held)
    sources = [read([path], kernel, variant, hardware=None) for path in warm_start or ()]
    profiles = [(path, read([path], kernel, variant, hardware)) for path in files]
    for path, profile in profiles:
        _require_few_values(path, profile, held)
    if fixed is None:
        for path, profile in profiles:
            _require_no_sizes(path, profile)
    found = []
    with kept_results("search") as journal, on_cluster(cluster):
        for path, profile in profiles:
            with progress_bar(
                f"searching {path.name}", f"{NOTHING_KEPT}; fewer --repeats are quicker"
            ) as bar:
                results = replay_all(profile, trial, warm_start=sources, progress=bar, journal=journal)
            found.append(results.assign(file=str(path)))
    results = pd.concat(found, ignore_index=True)
    if plot is not None:
        panels = [f"{Path(each).name.split('.')[0]} {values}".strip() for each, values in _searched(results)]
        plots.draw_searches(results.assign(panel=panels), plot)
        results = results[results["budget"].isin(budgets)]
    if json:
        print_json([SearchDocument(**row) for row in records(results)])
        return
    _show(results)


def _require_few_values(path: Path, profile: Profile, fixed: tuple[str, ...]) -> None:
    """Refuse a file with too many values of categories, before any other is searched."""
    from perfpred.tuning.replay import require_few_values

    for _, part in profile.combinations():
        try:
            require_few_values(part, fixed)
        except InputError as error:
            raise InputError(f"{path}: {error}") from None


def _require_no_sizes(path: Path, profile: Profile) -> None:
    """Refuse a file with a column that is named like a size and acts like one; warn of one that only acts."""
    from perfpred.tuning.sizes import suspects

    for _, part in profile.combinations():
        found = suspects(part)
        if found and found[0].is_named:
            raise InputError(f"{path}: {found[0].describe()}")
        for each in found:
            notice(f"warning: {path}: {each.describe()}")


def _searched(results: pd.DataFrame) -> list[tuple[str, str]]:
    """Return the file and the fixed values of each row, as texts."""
    from perfpred.tuning.sizes import label

    fixed = results["fixed"].map(label) if "fixed" in results else [""] * len(results)
    return list(zip(results["file"], fixed, strict=True))


def _show(results: pd.DataFrame) -> None:
    rows = []
    has_fixed = "fixed" in results
    results = results.assign(fixed=[values for _, values in _searched(results)])
    for (file, kernel, variant, hardware, fixed, strategy, budget), group in results.groupby(
        [*_KEYS, "fixed", "strategy", "budget"], sort=False
    ):
        names = (kernel, variant, hardware, *([fixed] if has_fixed else []), strategy, budget)
        rows.append(
            [
                Path(str(file)).name,
                *map(str, names),
                seconds_text(float(group["best_time_s"].mean())),
                seconds_text(float(group["optimum_s"].iloc[0])),
                f"{group['ratio'].mean():.3f}",
                f"{group['ratio'].max():.3f}",
                f"{group['evaluations'].mean():.0f}",
                percent(float(group["expected_gain"].mean())),
            ]
        )
    text = dict.fromkeys([*_KEYS, *(["fixed"] if has_fixed else []), "strategy"], "left")
    numbers = ["budget", "found", "optimum", "ratio", "worst", "runs", "20 more may gain"]
    title = f"the fastest found, mean of {results['repeat'].nunique()} searches"
    table(title, {**text, **dict.fromkeys(numbers, "right")}, rows)
