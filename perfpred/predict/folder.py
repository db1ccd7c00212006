"""The models of a folder: one file per combination, changed as one.

A combination that is in the folder keeps the name of its file. Another one's file is never replaced.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from perfpred.combination import Combination
from perfpred.documents.bundle import SUFFIX, files_in, save_together
from perfpred.errors import ModelFileError
from perfpred.kernels import KERNELS
from perfpred.names import file_stem
from perfpred.predict import document
from perfpred.predict.predictor import Predictor

NOUN = "models"


def save_all(predictors: Sequence[Predictor], folder: Path) -> list[Path]:
    """Write predictors of distinct combinations into a folder, all or none; returns their files.

    Raises
    ------
    InputError
        If there can be no such folder.
    WriteError
        If they could not be written, or another process has the folder locked.
    """
    combinations = [predictor.combination for predictor in predictors]
    texts = (document.dumps(predictor).encode() for predictor in predictors)
    return save_together(texts, folder, lambda locked: _names(locked, combinations), NOUN)


def _names(folder: Path, combinations: Sequence[Combination]) -> list[str]:
    """Return a file name for each combination: the one it has, else one that nobody else has."""
    own: dict[Combination, str] = {}
    for name, path in files_in(folder).items():
        found = _combination_of(path)
        if found is not None:
            own.setdefault(found, name)
    taken = {name.lower() for name in own.values()} | _folders(folder)
    return [own.get(each) or _free_name(each, taken) for each in combinations]


def _free_name(combination: Combination, taken: set[str]) -> str:
    stem = file_stem((combination.kernel, combination.variant, combination.hardware), KERNELS)
    name, count = f"{stem}{SUFFIX}", 1
    while name.lower() in taken:
        count += 1
        name = f"{stem}_{count}{SUFFIX}"
    taken.add(name.lower())
    return name


def _combination_of(path: Path) -> Combination | None:
    """Return whose model a file is; None if it is none, and so may be replaced by one of its name."""
    try:
        head, _ = document.read(path, whole_up_to=document.HEAD_BYTES)
        return document.combination_in(head) or document.load(path).combination
    except ModelFileError:
        return None


def _folders(folder: Path) -> set[str]:
    return {each.name.lower() for each in os.scandir(folder) if each.is_dir(follow_symlinks=False)}
