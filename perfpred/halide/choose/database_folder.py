"""Where measured schedules lie in a folder: one file per pipeline's name, algorithm and machine.

Names such as ``build`` are common, so the algorithm decides what belongs to what. Earlier versions named
files by pipeline and machine alone; such a file is found by what it holds, and stays where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfpred.documents.layout import parse_document
from perfpred.documents.reading import read_text
from perfpred.errors import InputError
from perfpred.halide.choose.database_file import BROKEN, WRONG, check_names, is_id
from perfpred.halide.pipeline.suite import PIPELINES
from perfpred.halide.schedule.rules import require
from perfpred.names import file_stem, slug

SUFFIX = ".json.gz"


@dataclass(frozen=True)
class Filed:
    """A file that can be read, and what it says it holds; its content has not been checked.

    Attributes
    ----------
    path : Path
    document : mapping of str to object
        Its content.
    pipeline : str
    algorithm : str
        The hash of what the pipeline computes.
    hardware : str
        The id of the hardware.
    failed : mapping of str to str
        Schedules that failed, with the reason.
    """

    path: Path
    document: Mapping[str, Any]
    pipeline: str
    algorithm: str
    hardware: str
    failed: Mapping[str, str]


def filed(path: Path) -> Filed:
    """Return what a file says it holds.

    Raises
    ------
    InputError
        If it cannot be read, or does not say which pipeline and algorithm were measured, and where.
    """
    document = parse_document(read_text(path, "model"))
    body = document.get("experience") if isinstance(document, dict) else None
    require(isinstance(body, dict), "experience", "a JSON object", body)
    assert isinstance(body, dict)
    for key in ("pipeline", "algorithm", "hardware"):
        if key not in body:
            raise InputError(f"experience must have '{key}', but it is missing")
    names = body["pipeline"], body["algorithm"], body["hardware"]
    check_names(*names)
    failed = body.get("failed")
    known = failed.items() if isinstance(failed, dict) else ()
    kept = {key: status for key, status in known if is_id(key) and status in (WRONG, BROKEN)}
    return Filed(path, document, *names, kept)


def place(folder: Path, pipeline: str, algorithm: str, hardware: str) -> Path:
    """Return where measurements lie that are written today.

    Parameters
    ----------
    folder : Path
    pipeline, algorithm, hardware : str
        The pipeline's name, the hash of what it computes, and the id of the hardware.
    """
    parts = (pipeline, algorithm, hardware) if algorithm else (pipeline, hardware)
    return folder / "halide" / f"{file_stem(parts, PIPELINES)}{SUFFIX}"


def places(folder: Path, pipeline: str, algorithm: str, hardware: str) -> list[Path]:
    """Return where measurements may lie, today's place first, then those of earlier versions.

    Parameters
    ----------
    folder : Path
    pipeline, algorithm, hardware : str
        The pipeline's name, the hash of what it computes, and the id of the hardware.
    """
    earlier = slug(f"{pipeline}-{hardware}", keep=".")
    found = [place(folder, pipeline, algorithm, hardware), place(folder, pipeline, "", hardware)]
    return [*found, folder / "halide" / f"{earlier}{SUFFIX}"] if len(earlier) <= 200 else found


def before(folder: Path, pipeline: str, algorithm: str, hardware: str) -> Filed | None:
    """Return the file that new measurements of the same replace, None if there is none.

    Parameters
    ----------
    folder : Path
    pipeline, algorithm, hardware : str
        The pipeline's name, the hash of what it computes, and the id of the hardware.
    """
    wanted = (pipeline, algorithm, hardware)
    for path in places(folder, *wanted):
        if not path.exists():
            continue
        try:
            found = filed(path)
        except InputError:
            continue
        if (found.pipeline, found.algorithm, found.hardware) == wanted:
            return found
    return None


def everything(folder: Path) -> Iterator[Filed | tuple[Path, InputError]]:
    """Yield each file of a folder, or its path and what is wrong with it."""
    for path in sorted((folder / "halide").glob(f"*{SUFFIX}")):
        try:
            yield filed(path)
        except InputError as error:
            yield path, error
