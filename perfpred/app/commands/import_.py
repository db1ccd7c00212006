"""``perfpred import``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import Json, assignments
from perfpred.app.console import notice, percent, print_json, progress_bar
from perfpred.errors import InputError
from perfpred.schemas.files import ImportDocument, RejectionDocument, SpaceDocument, UnitDocument

if TYPE_CHECKING:
    from perfpred.exchange import Imported, StatedSpace

TABLES = (".csv", ".csv.gz")


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            help="T4 results, Kernel Tuner cache, T1 space, or JSON of hyperfine, Google Benchmark or "
            "pytest-benchmark (also .gz).",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", help="CSV to write; of a T1 space, JSON.", show_default=False)
    ],
    kernel: Annotated[
        str | None, typer.Option("--kernel", help="Kernel. Default: the name in the file.")
    ] = None,
    hardware: Annotated[
        str | None, typer.Option("--hardware", help="Hardware. Default: the device named in the file.")
    ] = None,
    variant: Annotated[
        str | None,
        typer.Option("--variant", help="Variant. Default: tuned, or the functions or commands in the file."),
    ] = None,
    space: Annotated[
        Path | None,
        typer.Option("--space", help="Space of the results: T1, or JSON made of it.", show_default=False),
    ] = None,
    estimate: Annotated[
        str,
        typer.Option(
            "--estimate", help="Time from the repeats in the file: median, min, mean, or recorded: as it is."
        ),
    ] = "median",
    param: Annotated[
        list[str] | None,
        typer.Option("--param", help="NAME=VALUE of a parameter that all rows share, such as n=4096."),
    ] = None,
    json: Json = False,
) -> None:
    """Turn tuning data of another tool into a profile CSV; the format is recognised by its content.

    Example: perfpred import cache.json --kernel gemm --hardware rtx-3090 --out gemm.csv
    """
    from perfpred.exchange import Imported, ImportOptions, Names, import_file
    from perfpred.profile import write_profile

    wishes = ImportOptions(estimate, assignments(param or (), "--param"))
    with progress_bar("reading", f"{out} was not written; the same command starts it again"):
        found = import_file(file, Names(kernel, variant, hardware), space, wishes)
    if not isinstance(found, Imported):
        _write_space(found, file, out, json)
        return
    if not out.name.endswith(TABLES):
        raise InputError(f"--out must end in {' or '.join(TABLES)}, but is '{out}'")
    write_profile(found.profile, out)
    document = _describe(found, file, out)
    _tell(found, document)
    if json:
        print_json(document)


def _write_space(found: StatedSpace, file: Path, out: Path, as_json: bool) -> None:
    from perfpred.exchange import write_space

    if out.suffix != ".json" or out.resolve() == file.resolve():
        raise InputError(f"{file} is a tuning space: --out must name another file, ending in .json")
    content = write_space(found, out, {"file": file.name})
    sizes = {name: len(values) for name, values in found.space.parameters.items()}
    name = found.name or "a nameless kernel"
    notice(f"{file.name}: a space of {found.space.size} combinations for {name}")
    notice(_varying(sizes))
    notice(f"{len(found.space.conditions)} conditions; written to {out}")
    if as_json:
        print_json(SpaceDocument(file=str(out), **content))


def _describe(found: Imported, file: Path, out: Path) -> ImportDocument:
    from perfpred.exchange.failures import KEY
    from perfpred.profile import STATUSES

    profile = found.profile
    table = profile.table
    variants = table["variant"].unique().tolist()
    return ImportDocument(
        file=str(out),
        source=file.name,
        format=found.format,
        kernel=table["kernel"].iloc[0],
        variant=variants[0] if len(variants) == 1 else None,
        variants=tuple(variants),
        hardware=table["hardware"].iloc[0],
        rows=len(profile),
        statuses={each: n for each in STATUSES if (n := int((table["status"] == each).sum()))},
        failure_words=tuple(profile.metadata.get(KEY, ())),
        objective=profile.metadata.get("objective", "time"),
        unit=UnitDocument(found.unit.name, found.unit.known, found.unit.assumed),
        parameters={name: int(table[name].nunique()) for name in profile.parameters},
        noise=profile.noise_floor,
        remarks=tuple(found.remarks),
        rejected=tuple(RejectionDocument(**vars(each)) for each in found.rejected),
        outside_space=tuple(RejectionDocument(**vars(each)) for each in found.outside),
    )


def _tell(found: Imported, document: ImportDocument) -> None:
    """Say on stderr what was read and what was not."""
    from perfpred.exchange.describing import summary
    from perfpred.exchange.failures import said_by_status

    words = said_by_status(document.failure_words)
    counts = [
        f"{n} {status}" + (f" ({words[status]})" if words.get(status) else "")
        for status, n in document.statuses.items()
    ]
    notice(f"{document.source}: {found.format}, {document.rows} rows: {', '.join(counts)}")
    warning = "warning: " if found.unit.assumed else ""
    notice(f"{warning}times are in {found.unit.full_name}: {found.unit.known}")
    notice(f"{_varying(document.parameters)}; noise floor {percent(document.noise)}")
    for remark in found.remarks:
        notice(f"warning: {remark}")
    for entries, what in (
        (found.rejected, "left out ('rejected' in the metadata)"),
        (found.outside, "kept, but outside the space ('outside_space' in the metadata)"),
    ):
        if entries:
            noun = "entry" if len(entries) == 1 else "entries"
            notice(f"warning: {len(entries)} {noun} {what}:\n{summary(entries)}")
    variants = ", ".join(document.variants)
    names = f"{document.kernel} / {variants} / {document.hardware}"
    notice(f"written to {document.file} as {names}")


def _varying(sizes: Mapping[str, int]) -> str:
    """Return which parameters vary, with the number of their values, and which do not."""
    vary = [f"{name} ({n})" for name, n in sizes.items() if n > 1]
    constant = [name for name, n in sizes.items() if n == 1]
    told = f"vary: {', '.join(vary) or 'none'}"
    return f"{told}; constant: {', '.join(constant)}" if constant else told
