"""``perfpred train``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app import completing
from perfpred.app.arguments import (
    ComplexityOption,
    Files,
    HardwareOption,
    Json,
    KernelOption,
    LikeOption,
    Models,
    Seed,
    TransferOption,
    VariantOption,
)
from perfpred.app.clusters import ClusterOption, kept_results, on_cluster
from perfpred.app.column_options import takes_columns
from perfpred.app.console import notice, percent, print_json, progress_bar, table
from perfpred.app.notices import data_warnings_as_notices
from perfpred.errors import PerfpredError, shortlist
from perfpred.schemas.learning import TrainedDocument

if TYPE_CHECKING:
    from perfpred.predict.predictor import Predictor
    from perfpred.profile.columns.mapping import ColumnMapping


NO_MODELS = (
    "no model was written, and those that were there are as they were; the same command starts it again"
)


@takes_columns
def train(
    files: Files,
    columns: ColumnMapping,
    models: Models,
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            help="Model to train. Default: augmented, or related with --transfer-from.",
            autocompletion=completing.models,
        ),
    ] = None,
    transfer_from: TransferOption = None,
    like: LikeOption = None,
    complexity: ComplexityOption = None,
    train_size: Annotated[
        int | None, typer.Option("--train-size", help="Rows drawn for each fit. Default: all.")
    ] = None,
    seed: Seed = 0,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    cluster: ClusterOption = None,
    json: Json = False,
) -> None:
    """Train one predictor per combination of kernel, variant and hardware.

    Example: perfpred train datasets/softmax-intel-xeon-6-207.csv --models mine
    """
    from perfpred.app.reading import complexity_option, read, transfer_option
    from perfpred.documents.atomic import require_writable
    from perfpred.learn import registry, training

    named = complexity_option(complexity)
    profile = read(files, kernel, variant, hardware, columns)
    require_writable(models)
    sources = transfer_option(transfer_from, like)
    with kept_results("train", models) as journal:
        with on_cluster(cluster), data_warnings_as_notices(), progress_bar("training", NO_MODELS) as bar:
            bank = training.train(
                profile,
                model=model,
                transfer_from=sources,
                train_size=train_size,
                complexity=named,
                random_state=seed,
                progress=bar,
                journal=journal,
            )
        paths = bank.save(models)
    _write_card(models)
    documents = [_describe(predictor, path) for predictor, path in zip(bank, paths, strict=True)]
    _tell_terms(documents)
    _tell_few(documents, registry.model(documents[0].model).useful_rows)
    if json:
        print_json(documents)
        return
    _show(documents)


def _write_card(models: Path) -> None:
    """Write the card of all models of the folder; that it cannot be written does not undo the training."""
    from perfpred.cards.models import write_card
    from perfpred.predict.bank import load

    try:
        write_card(load(models), models)
    except (PerfpredError, OSError) as error:
        notice(f"the models are saved, but their card is not: {error}")


def _tell_terms(documents: list[TrainedDocument]) -> None:
    """Say once for each kernel which complexities were found in its rows, so that they can be corrected."""
    found: dict[tuple[str, str], list[str]] = {}
    for d in documents:
        if d.complexity_found:
            terms = ", ".join(d.complexity.values())
            found.setdefault((d.kernel, terms), []).append(d.variant)
    for (kernel, terms), variants in found.items():
        of = shortlist(list(dict.fromkeys(variants)), shown=5)
        if terms:
            notice(
                f"no complexity is known for kernel '{kernel}': its time was found to follow {terms} ({of}); "
                "correct it with --complexity NAME=EXPR"
            )
        else:
            notice(
                f"no complexity is known for kernel '{kernel}', and none was found in its rows ({of}): "
                "trained on its parameters alone; --complexity NAME=EXPR makes it more accurate"
            )


def _tell_few(documents: list[TrainedDocument], useful: int) -> None:
    """Say once which combinations have few sizes."""
    few = [d for d in documents if d.sizes < useful]
    if few:
        named = [f"{d.kernel} / {d.variant} / {d.hardware} ({d.sizes})" for d in few]
        notice(
            f"with fewer than {useful} sizes {few[0].model} is smaller than it could be: "
            f"{shortlist(named, '; ', 5)}"
        )


def _describe(predictor: Predictor, path: Path) -> TrainedDocument:
    key, training = predictor.combination, predictor.training
    low, high = predictor.interval.at_median()
    return TrainedDocument(
        key.kernel,
        key.variant,
        key.hardware,
        training.model,
        training.rows,
        training.sizes or training.rows,
        training.judged_on,
        predictor.formula.n_parameters,
        (math.expm1(low), math.expm1(high)),
        training.noise,
        training.complexity,
        training.found,
        str(path),
    )


def _show(documents: list[TrainedDocument]) -> None:
    rows = [
        [
            d.kernel,
            d.variant,
            d.hardware,
            str(d.rows),
            str(d.n_parameters),
            " ".join(f"{bound:+.1%}" for bound in d.interval90),
            percent(d.noise),
        ]
        for d in documents
    ]
    columns = {
        "kernel": "left",
        "variant": "left",
        "hardware": "left",
        "rows": "right",
        "parameters": "right",
    }
    table(f"{documents[0].model}", {**columns, "90% interval": "right", "noise floor": "right"}, rows)
