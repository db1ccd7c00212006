"""What a folder knows of an algorithm: looked up by what is computed, not by what a function is called."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from perfpred.errors import DataWarning, InputError, ModelFileError
from perfpred.halide.choose.database import ScheduleDatabase, loaded
from perfpred.halide.choose.database_folder import Filed, everything, places
from perfpred.halide.graph.identity import Identity, compared, is_same
from perfpred.halide.graph.model import Graph
from perfpred.halide.measure.sized import remedy, why_another
from perfpred.halide.measure.workers import HalideWorkers
from perfpred.halide.pipeline.sizes import Size, size_text
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.document import StaleScheduleError
from perfpred.halide.schedule.rules import require_sizes

MAX_LOOKED_AT = 3
"""Sizes at which a pipeline is built to see whether it is what was measured there."""
Damaged = list[tuple[Path, InputError]]


class AnotherAlgorithmError(StaleScheduleError):
    """Only other algorithms of that name were measured; `measured` holds each one's hash and first size."""

    def __init__(self, message: str, measured: Sequence[tuple[str, Size]] = ()) -> None:
        super().__init__(message)
        self.measured = tuple(measured)


def find(
    folder: Path, pipeline: str, hardware: str, identity: Identity | None = None
) -> ScheduleDatabase | None:
    """Return what `folder` holds of a pipeline on a machine, None if it holds nothing.

    Parameters
    ----------
    folder : Path
        Of models.
    pipeline : str
        Its name, which other pipelines may have as well.
    hardware : str
        The id of the hardware.
    identity : Identity, optional
        What it computes: measurements of that are found under any name. Without it the name decides.

    Raises
    ------
    AnotherAlgorithmError
        If nothing of this algorithm is known, but something of another one of this name.
    InputError
        If the name alone does not decide.
    ModelFileError
        If the file that should hold it is damaged; others that are damaged are left out with a warning.
    """
    known, damaged = _sorted_out(folder)
    here = [each for each in known if each.hardware == hardware]
    named = [each for each in here if each.pipeline == pipeline]
    if identity is None:
        found, own = named, set(places(folder, pipeline, "", hardware))
        if len({each.algorithm for each in named}) > 1:
            raise InputError(
                f"{folder}/halide must hold one algorithm called {pipeline} on {hardware}, but holds "
                f"{', '.join(each.algorithm or 'one without a hash' for each in named)}"
            )
    else:
        found = _best_first(here, identity, pipeline) or [each for each in named if not each.algorithm]
        own = set(places(folder, pipeline, identity.algorithm, hardware))
    if not found:
        _refuse(damaged, own)
    _warn(damaged)
    if not found and identity is not None and named:
        raise _another(folder, named, identity)
    return _read(found[0], known, identity) if found else None


def known(
    folder: Path, workload: Workload, hardware: str, graph: Graph, workers: HalideWorkers
) -> ScheduleDatabase:
    """Return what `folder` holds of a pipeline, described at a size; `workers` finds out why it does not.

    Parameters
    ----------
    folder : Path
        Of models.
    workload : Workload
        The pipeline and its size.
    hardware : str
        The id of the hardware.
    graph : Graph
        The pipeline at its size.
    workers : HalideWorkers
        The processes that compile and check.

    Raises
    ------
    InputError
        If it holds nothing of it: what was measured is another algorithm, perhaps because the pipeline is
        another one at each size.
    """
    identity, source = graph.identity, workload.pipeline
    try:
        found = find(folder, source.name, hardware, identity)
    except AnotherAlgorithmError as error:
        for algorithm, other in error.measured[:MAX_LOOKED_AT]:
            if is_same(algorithm, _identity(workers, Workload(source, other))):
                said = why_another(Workload(source, other), workload.size, workers)
                raise StaleScheduleError(
                    f"{source.name} is another algorithm at {size_text(workload.size)} "
                    f"({identity.algorithm}) than at {size_text(other)}, where it was measured "
                    f"({algorithm}){said}; {remedy(graph)}, or measure each size by itself"
                ) from None
        raise
    if found is None:
        raise InputError(
            f"{folder}/halide holds nothing of {source.name} on {hardware}: measure it with "
            f"'perfpred halide profile {source.location}', then 'perfpred halide train'"
        )
    return found


def _identity(workers: HalideWorkers, workload: Workload) -> Identity:
    try:
        return workers.describe(workload).graph.identity
    except InputError:  # it cannot be built at that size any more
        return Identity("")


def find_algorithm(folder: Path, identity: Identity, hardware: str) -> ScheduleDatabase | None:
    """Return what `folder` holds of an algorithm on a machine, whatever its name; None if nothing.

    Raises
    ------
    ModelFileError
        If the file that should hold it is damaged; others that are damaged are left out with a warning.
    """
    known, damaged = _sorted_out(folder)
    found = _best_first([each for each in known if each.hardware == hardware], identity, "")
    if not found:
        _refuse(damaged, {path for path, _ in damaged if f"-{identity.algorithm}-" in path.name})
    _warn(damaged)
    return _read(found[0], known, identity) if found else None


def _sorted_out(folder: Path) -> tuple[list[Filed], Damaged]:
    known: list[Filed] = []
    damaged: Damaged = []
    for each in everything(folder):
        if isinstance(each, Filed):
            known.append(each)
        else:
            damaged.append(each)
    return known, damaged


def _best_first(known: Sequence[Filed], identity: Identity, pipeline: str) -> list[Filed]:
    """Return the files of an algorithm: today's hash before an earlier version's, then by the name."""
    found = [each for each in known if is_same(each.algorithm, identity)]
    return sorted(found, key=lambda each: (each.algorithm != identity.algorithm, each.pipeline != pipeline))


def _read(found: Filed, known: Sequence[Filed], identity: Identity | None) -> ScheduleDatabase:
    """Return the content of a file, without what any file says was faulty of the same algorithm."""
    same = Identity(found.algorithm) if identity is None else identity
    failed: dict[str, str] = {}
    for each in known:
        if is_same(each.algorithm, same):
            failed |= each.failed
    try:
        return loaded(found.document).without_failed(failed)
    except InputError as error:
        raise ModelFileError(f"{found.path}: {error}") from None


def _refuse(damaged: Damaged, own: set[Path]) -> None:
    for path, error in damaged:
        if path in own:
            raise ModelFileError(f"{path}: {error}") from None


def _warn(damaged: Damaged) -> None:
    for path, error in damaged:
        warnings.warn(f"{path} is left out: {error}", DataWarning, stacklevel=3)


def _another(folder: Path, named: Sequence[Filed], identity: Identity) -> AnotherAlgorithmError:
    first, measured = named[0], []
    for each in named:
        try:
            measured.append((each.algorithm, require_sizes(each.document["experience"]["sizes"])[0]))
        except (InputError, KeyError):
            continue
    message = (
        f"what {folder}/halide holds is {first.pipeline} as it was ({compared(first.algorithm, identity)}), "
        "unless another pipeline has its name: profile it again, which leaves what was measured as it is"
    )
    return AnotherAlgorithmError(message, measured)
