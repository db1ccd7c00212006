"""A campaign as a file: what is measured, how well, and where it goes; it documents what was measured.

A TOML file with the output, the effort, and a ``[[measure]]`` table a group of combinations:

.. code-block:: toml

    out = "{kernel}-{cpu}.csv"
    samples = 500

    [[measure]]
    kernels = ["matvec", "softmax"]
    threads = [1, 2]
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeGuard

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from perfpred.documents.reading import read_bytes
from perfpred.errors import InputError, ProblemsError, shortened
from perfpred.hardware import Machine, isa_level
from perfpred.kernels import kernel
from perfpred.measure.campaign import Effort
from perfpred.measure.destination import Destination
from perfpred.measure.plan import Plan, Request, make_plan
from perfpred.variants import variant, variants_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


MAX_BYTES = 1 << 16
"""Enough for any campaign, and little enough for a parser whose time grows with the square of some parts."""
MAX_SAMPLES = 20_000
MAX_LISTED = 100
MAX_COMBINATIONS = 2_000
"""A campaign is a product of lists: more than any machine gets through is a mistake, or worse."""
_Names = Annotated[list[Annotated[str, Field(max_length=100)]], Field(max_length=MAX_LISTED)]
_Seconds = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
_Threads = Annotated[int, Field(ge=1, le=1 << 20)]
_Rounds = Annotated[int, Field(ge=2, le=100_000)]


class _Group(_Strict):
    """Combinations: every kernel in every variant at every ISA level and thread count."""

    kernels: _Names = Field(min_length=1)
    variants: _Names = []
    isas: _Names = []
    threads: Annotated[list[_Threads], Field(min_length=1, max_length=MAX_LISTED)] = [1]


class _File(_Strict):
    out: str
    measure: list[_Group] = Field(min_length=1, max_length=MAX_LISTED)
    samples: int = Field(500, ge=1, le=MAX_SAMPLES)
    seed: int = Field(0, ge=0, lt=1 << 63)
    min_rounds: _Rounds = 12
    max_rounds: _Rounds = 40
    target_noise: float = Field(0.02, gt=0, allow_inf_nan=False)
    row_budget_s: _Seconds = 5.0
    row_limit_s: _Seconds = 60.0


@dataclass(frozen=True)
class CampaignFile:
    """What a campaign file says, made definite for a machine."""

    plan: Plan
    where: Destination
    effort: Effort

    @property
    def out(self) -> str:
        """The path of the CSVs, with placeholders."""
        return str((self.where.within or Path()) / self.where.out)


def read_campaign(path: Path, machine: Machine, out: str | None = None) -> CampaignFile:
    """Return the campaign that a TOML file describes.

    Combinations that cannot run on `machine` are in the plan's `skipped`. An `out` that the user gave takes
    the place of the file's, and may be anywhere.

    Raises
    ------
    InputError
        If the file cannot be read, is not TOML, or breaks a rule; all broken rules are listed.
    """
    file = _checked(path)
    where = _destination(file, path, out)
    _check_names(file)
    requests = [
        Request(name, tuple(group.variants), tuple(group.threads), tuple(group.isas))
        for group in file.measure
        for name in dict.fromkeys(group.kernels)
    ]
    asked = sum(_combinations(request) for request in requests)
    if asked > MAX_COMBINATIONS:
        raise InputError(f"{path} asks for {asked} combinations, but at most {MAX_COMBINATIONS} are measured")
    effort = Effort(
        file.min_rounds,
        max(file.min_rounds, file.max_rounds),
        file.target_noise,
        file.row_budget_s,
        row_limit_s=file.row_limit_s,
    )
    return CampaignFile(make_plan(requests, machine, file.samples, file.seed), where, effort)


def read_destination(path: Path, out: str | None = None) -> Destination:
    """Return where a campaign file writes, whatever can run on this machine; raises as `read_campaign`."""
    return _destination(_checked(path), path, out)


def _checked(path: Path) -> _File:
    try:
        return _File.model_validate(_document(path))
    except ValidationError as error:
        problems = [_sentence(each) for each in error.errors(include_url=False)]
        raise ProblemsError(str(path), problems) from None


def _destination(file: _File, path: Path, out: str | None) -> Destination:
    return Destination(out, path.stem) if out else Destination(file.out, path.stem, path.parent)


def _combinations(request: Request) -> int:
    """Return how many combinations are asked for."""
    variants = len(set(request.variants)) or len(variants_of(request.kernel))
    return variants * max(1, len(set(request.isas))) * len(set(request.threads))


def _document(path: Path) -> dict[str, Any]:
    """Return what a TOML file holds, unchecked."""
    try:
        data = read_bytes(path, "TOML", MAX_BYTES)
    except InputError as error:
        raise InputError(f"cannot read {path}: {error}") from None
    try:
        return tomllib.loads(data.decode())
    except RecursionError:
        raise InputError(f"{path} is not a campaign: it nests too deeply") from None
    except ValueError as error:  # no TOML, no UTF-8, a number of more digits than Python reads
        raise InputError(f"{path} is not TOML: {str(error)[:200]}") from None


def _check_names(file: _File) -> None:
    for group in file.measure:
        for names, find in ((group.kernels, kernel), (group.variants, variant), (group.isas, isa_level)):
            for name in names:
                find(name)


def _sentence(error: ErrorDetails) -> str:
    where = ".".join(part if _is_plain(part) else shortened(repr(part)) for part in error["loc"])
    return f"{where}: {error['msg']}, but got {shortened(_shown(error['input']))}"


def _is_plain(part: int | str) -> TypeGuard[str]:
    return isinstance(part, str) and part.isidentifier() and len(part) < 40


def _shown(value: object) -> str:
    try:
        return repr(value)
    except (ValueError, RecursionError):  # a number of thousands of digits; a list in a list in a list ...
        return "what is too long to show"
