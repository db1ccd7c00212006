"""``perfpred import``."""

from __future__ import annotations

import json as json_text
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from perfpred.app.arguments import Json
from perfpred.app.console import notice, percent, print_json
from perfpred.errors import InputError

if TYPE_CHECKING:
    from perfpred.exchange import Imported, StatedSpace

TABLES = (".csv", ".csv.gz")


def import_(
    file: Annotated[
        Path,
        typer.Argument(help="T4 results, Kernel Tuner cache or T1 space (also .gz).", show_default=False),
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
    variant: Annotated[str | None, typer.Option("--variant", help="Variant. Default: tuned.")] = None,
    space: Annotated[
        Path | None, typer.Option("--space", help="T1 space that the results belong to.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Turn tuning data of another tool into a profile CSV; the format is told by what the file holds."""
    from perfpred.exchange import Imported, Names, import_file
    from perfpred.profile import write_profile

    found = import_file(file, Names(kernel, variant, hardware), space)
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
    from perfpred.files import atomic_write

    if out.suffix != ".json" or out.resolve() == file.resolve():
        raise InputError(f"{file} is a T1 space: --out must name another file, ending in .json")
    source = {"file": file.name, "format": "T1 space"}
    content = {"kernel": found.name, "source": source, **found.space.to_json()}
    atomic_write(out, json_text.dumps(content, indent=2, ensure_ascii=False) + "\n")
    sizes = {name: len(values) for name, values in found.space.parameters.items()}
    notice(
        f"{file.name}: T1 space of {found.name or 'a kernel without a name'}, {found.space.size} combinations"
    )
    notice(_varying(sizes))
    notice(f"{len(found.space.conditions)} conditions; written to {out}")
    if as_json:
        print_json({"file": str(out), **content})


def _describe(found: Imported, file: Path, out: Path) -> dict[str, Any]:
    profile = found.profile
    table = profile.table
    return {
        "file": str(out),
        "source": file.name,
        "format": found.format,
        **{key: table[key].iloc[0] for key in ("kernel", "variant", "hardware")},
        "rows": len(profile),
        "statuses": {str(k): int(n) for k, n in table["status"].value_counts().items()},
        "failures": profile.metadata.get("failures", []),
        "objective": profile.metadata.get("objective", "time"),
        "unit": {"name": found.unit.name, "known": found.unit.known, "assumed": found.unit.assumed},
        "parameters": {name: int(table[name].nunique()) for name in profile.parameters},
        "noise": profile.noise_floor,
        "remarks": found.remarks,
        "rejected": found.rejected,
        "outside_space": found.outside,
    }


def _tell(found: Imported, document: dict[str, Any]) -> None:
    """Say on stderr what was read and what was not."""
    from perfpred.exchange.describing import summary
    from perfpred.exchange.failures import said_by_status

    words = said_by_status(document["failures"])
    counts = [
        f"{n} {status}" + (f" ({words[status]})" if words.get(status) else "")
        for status, n in document["statuses"].items()
    ]
    notice(f"{document['source']}: {found.format}, {document['rows']} rows: {', '.join(counts)}")
    warning = "warning: " if found.unit.assumed else ""
    notice(f"{warning}times are in {found.unit.full_name}: {found.unit.known}")
    notice(f"{_varying(document['parameters'])}; noise floor {percent(document['noise'])}")
    for remark in found.remarks:
        notice(f"warning: {remark}")
    for entries, what in (
        (found.rejected, "left out ('rejected' in the metadata)"),
        (found.outside, "kept, but outside the space ('outside_space' in the metadata)"),
    ):
        if entries:
            noun = "entry" if len(entries) == 1 else "entries"
            notice(f"warning: {len(entries)} {noun} {what}:\n{summary(entries)}")
    names = " / ".join(document[key] for key in ("kernel", "variant", "hardware"))
    notice(f"written to {document['file']} as {names}")


def _varying(sizes: dict[str, int]) -> str:
    """Return which parameters vary, with the number of their values, and which do not."""
    vary = [f"{name} ({n})" for name, n in sizes.items() if n > 1]
    constant = [name for name, n in sizes.items() if n == 1]
    told = f"vary: {', '.join(vary) or 'none'}"
    return f"{told}; constant: {', '.join(constant)}" if constant else told
