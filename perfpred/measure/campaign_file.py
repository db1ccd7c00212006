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

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from perfpred.errors import InputError, ProblemsError
from perfpred.hardware import Machine, isa_level
from perfpred.kernels import kernel
from perfpred.measure.campaign import Effort
from perfpred.measure.plan import Plan, Request, make_plan
from perfpred.variants import variant


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Group(_Strict):
    """Combinations: every kernel in every variant at every ISA level and thread count."""

    kernels: list[str] = Field(min_length=1)
    variants: list[str] = []
    isas: list[str] = []
    threads: list[int] = [1]


class _File(_Strict):
    out: str
    measure: list[_Group] = Field(min_length=1)
    samples: int = Field(500, ge=1)
    seed: int = Field(0, ge=0)
    min_rounds: int = Field(12, ge=2)
    max_rounds: int = Field(40, ge=2)
    target_noise: float = Field(0.02, gt=0)
    row_budget_s: float = Field(5.0, gt=0)
    row_limit_s: float = Field(60.0, gt=0)


@dataclass(frozen=True)
class CampaignFile:
    """What a campaign file says, made definite for a machine; `out` is relative to the file's folder."""

    plan: Plan
    out: str
    effort: Effort


def read_campaign(path: Path, machine: Machine) -> CampaignFile:
    """Return the campaign that a TOML file describes.

    Combinations that cannot run on `machine` are in the plan's `skipped`.

    Raises
    ------
    InputError
        If the file cannot be read, is not TOML, or breaks a rule; all broken rules are listed.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        file = _File.model_validate(data)
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}") from None
    except ValidationError as error:
        raise ProblemsError(str(path), [_sentence(each) for each in error.errors()]) from None
    _check_names(file)
    requests = [
        Request(name, tuple(group.variants), tuple(group.threads), tuple(group.isas))
        for group in file.measure
        for name in group.kernels
    ]
    effort = Effort(
        file.min_rounds,
        max(file.min_rounds, file.max_rounds),
        file.target_noise,
        file.row_budget_s,
        row_limit_s=file.row_limit_s,
    )
    plan = make_plan(requests, machine, file.samples, file.seed)
    return CampaignFile(plan, str(path.parent / file.out), effort)


def _check_names(file: _File) -> None:
    for group in file.measure:
        for names, find in ((group.kernels, kernel), (group.variants, variant), (group.isas, isa_level)):
            for name in names:
                find(name)


def _sentence(error: object) -> str:
    assert isinstance(error, dict)
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg']}, but got {error['input']!r}"
