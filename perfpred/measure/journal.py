"""The journal of a campaign: every raw timing, and what else a campaign must remember."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfpred.documents.claim import Claim
from perfpred.documents.journal import Journal
from perfpred.measure.entries import problem


class CampaignJournal(Journal):
    """A journal whose entries are those that a campaign writes, see `perfpred.measure.entries`.

    Parameters
    ----------
    where, plan, resume, overwrite
        As for `Journal`.
    """

    def __init__(
        self, where: Path | Claim, plan: Mapping[str, Any], *, resume: bool, overwrite: bool = False
    ) -> None:
        super().__init__(where, plan, resume=resume, overwrite=overwrite, problem=problem)
