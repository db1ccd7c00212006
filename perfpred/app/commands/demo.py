"""``perfpred demo``."""

from __future__ import annotations

from perfpred.app.arguments import Json
from perfpred.app.commands.evaluate import show_errors
from perfpred.app.console import heading, notice, print_json, progress_bar, say
from perfpred.app.frames import records
from perfpred.profile.time_units import seconds_text
from perfpred.schemas.learning import DemoDocument, ErrorsDocument, SizesDocument
from perfpred.schemas.prediction import SelectionDocument

KERNEL = "matmul"
SIZES: tuple[dict[str, float | str], ...] = (
    {"m": 16, "n": 16, "k": 16},
    {"m": 384, "n": 128, "k": 900},
    {"m": 800, "n": 800, "k": 800},
)
MODELS = ("augmented", "paper-nnc")
TRAIN_SIZE = 250


def demo(json: Json = False) -> None:
    """Train, evaluate and use predictors on the shipped measurements.

    Example: perfpred demo
    """
    from perfpred import shipped
    from perfpred.app.reading import read
    from perfpred.learn import training
    from perfpred.learn.evaluation import accuracy

    files = shipped.datasets(KERNEL)
    profile = read(files)
    if not json:
        combinations = len(list(profile.combinations()))
        notice(f"{len(profile)} measured rows of {combinations} combinations in {files[0].parent}")
    with progress_bar("judging on unseen rows") as bar:
        results = accuracy.evaluate(profile, models=MODELS, train_size=TRAIN_SIZE, repeats=2, progress=bar)
    with progress_bar("training on all rows") as bar:
        bank = training.train(profile, progress=bar)
    selections = [(sizes, bank.select(KERNEL, sizes)) for sizes in SIZES]
    if json:
        errors = tuple(ErrorsDocument(**row) for row in records(results))
        chosen = tuple(SizesDocument(sizes, SelectionDocument.of(found)) for sizes, found in selections)
        print_json(DemoDocument(errors, chosen))
        return
    show_errors(results, each=False)
    say(f"per combination: perfpred evaluate {files[0].parent}/{KERNEL}*.csv")
    heading("selected without running anything")
    for sizes, selection in selections:
        query = " ".join(f"{name}={value}" for name, value in sizes.items())
        say(f"  {query}: {seconds_text(selection.best.time_s)}")
        say(f"    {selection.reason}")
    say("\nnext: perfpred select matmul m=384 n=128 k=900")
