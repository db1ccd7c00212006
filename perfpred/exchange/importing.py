"""A file of another tool to a profile, or to a tuning space."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

from perfpred.errors import InputError
from perfpred.exchange import t1
from perfpred.exchange.document import Document, read_document
from perfpred.exchange.estimates import require_estimate
from perfpred.exchange.formats import recognise
from perfpred.exchange.imported import Imported, ImportOptions, Names
from perfpred.exchange.results import Results
from perfpred.exchange.shared_parameters import with_shared_parameters
from perfpred.exchange.t1 import StatedSpace
from perfpred.exchange.to_profile import Source, to_profile


def import_file(
    path: Path, names: Names | None = None, space: Path | None = None, options: ImportOptions | None = None
) -> Imported | StatedSpace:
    """Read a file of any known format: results of a tuner or a benchmark tool, or a tuning space.

    Parameters
    ----------
    path : Path
        Gzipped or not; its format is told by what it holds.
    names : Names, optional
        Needed as far as the file does not say what it is for; the variant is else ``tuned``.
    space : Path, optional
        The tuning space that the configurations of a results file belong to.
    options : ImportOptions, optional
        How a results file is to be read.

    Raises
    ------
    InputError
        If the file is of no known format, a name is missing, or no entry became a row.
    """
    names, options = names or Names(), options or ImportOptions()
    require_estimate(options.estimate)
    document = read_document(path)
    try:
        return _imported(document, names, space, options)
    except RecursionError:
        raise InputError(f"{path}: the JSON nests too deeply") from None


def _imported(
    document: Document, names: Names, space: Path | None, options: ImportOptions
) -> Imported | StatedSpace:
    kind = recognise(document)
    content = kind.read(document)
    if isinstance(content, Results):
        stated = None if space is None else read_space(space)
        results = with_shared_parameters(content, options.constants)
        return to_profile(Source(document, kind, results), names, options.estimate, stated)
    given = [
        f"--{name}"
        for name, value in (asdict(names) | {"space": space, "param": options.constants}).items()
        if value and name != "kernel"
    ]
    if given:
        raise InputError(
            f"{document.path} is a {kind.name}, which holds no results: leave out {', '.join(given)}"
        )
    return replace(content, name=names.kernel or content.name)


def read_space(path: Path) -> StatedSpace:
    """Read a tuning space, T1 or as `write_space` writes it; raises `InputError` for any other file."""
    document = read_document(path)
    kind = recognise(document)
    content = kind.read(document)
    if isinstance(content, Results):
        raise InputError(f"{path} holds {kind.name}; a tuning space is needed, such as a {t1.NAME}")
    return content
