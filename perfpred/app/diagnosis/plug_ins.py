"""What other packages bring: Halide and its autoschedulers, a GPU, and entry points that do not load."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib.metadata import EntryPoint, PackageNotFoundError, entry_points, version

from perfpred.app.diagnosis.check import Check

GROUPS = ("kernels", "variants", "models", "strategies", "formats")
"""Of entry points, each after ``perfpred.``."""


def halide() -> Iterator[Check]:
    """Say which of Halide's autoschedulers are in the installed package."""
    if importlib.util.find_spec("halide") is None:
        return  # the extra says how to get it
    from perfpred.halide.schedule.autoschedulers import PARAMETERS, plugin

    found: list[str] = []
    problems: list[str] = []
    for name in PARAMETERS:
        try:
            (found if plugin(name).is_file() else problems).append(name)
        except Exception as error:  # whatever loading another package raises
            problems.append(f"{name} ({' '.join(str(error).split())[:100]})")
    try:
        installed = f"Halide {version('halide')}"
    except PackageNotFoundError:
        installed = "Halide of an unknown version"
    detail = f"{installed} with {', '.join(found) or 'none'}"
    if problems:
        advice = "install the wheel again: pip install --force-reinstall 'perfpred[halide]'"
        yield Check("autoschedulers", "warning", f"{detail}; not found: {', '.join(problems)}", advice)
    else:
        yield Check("autoschedulers", "ok", detail)


def gpu() -> Iterator[Check]:
    """Say which GPU and CUDA compiler there are."""
    from perfpred.variants.native import nvidia

    found, compiler = nvidia.gpu(), nvidia.nvcc()
    if found is None:
        yield Check("GPU", "missing", "the CUDA driver shows none; needed for the CUDA variants")
    elif compiler is None:
        advice = "install the CUDA toolkit and put nvcc on the path, for the CUDA variants"
        yield Check("GPU", "warning", f"{found.name} ({found.architecture}), but no nvcc", advice)
    else:
        yield Check("GPU", "ok", f"{found.name} ({found.architecture}), {compiler[1]}")


def entry_points_that_load() -> Iterator[Check]:
    """Say of the kernels, variants, models, strategies and formats of other packages which cannot be used."""
    points = [point for group in GROUPS for point in entry_points(group=f"perfpred.{group}")]
    broken = [(point, problem) for point in points if (problem := _problem(point))]
    for point, problem in broken:
        owner = "a package" if point.dist is None else point.dist.name
        advice = f"mend or uninstall {owner}: what it brings is left out"
        yield Check(f"plug-in {point.name}", "broken", f"{point.group} of {owner}: {problem}", advice)
    if points and not broken:
        yield Check("plug-ins", "ok", ", ".join(f"{point.name} ({point.group})" for point in points))


def _problem(point: EntryPoint) -> str:
    """Return why an entry point does not load, empty if it does."""
    try:
        point.load()
    except Exception as error:  # whatever another package's code raises
        return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
    return ""
