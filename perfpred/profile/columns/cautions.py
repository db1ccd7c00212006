"""What a user should know of how columns were taken, in sentences, and names that no parameter can have."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from perfpred.combination import KEYS
from perfpred.profile.columns.draft import Draft
from perfpred.profile.columns.forms import many_values
from perfpred.profile.rules import RESERVED

_MAX_SHOWN = 200
"""Characters of a list of columns in a message."""


def warnings(
    draft: Draft, suspects: Mapping[str, str], kinds: Mapping[str, str], keys: Mapping[str, str]
) -> list[str]:
    """Return what the user should know: columns left out, and texts of many values.

    Parameters
    ----------
    draft : Draft
    suspects : mapping of str to str
        The columns left out, with the reason.
    kinds : mapping of str to str
        The parameters, each ``parameter`` or ``category``.
    keys : mapping of str to str
        The columns of kernel, variant and hardware.
    """
    sentences = []
    results = [name for name in draft.read.results if name in draft.grid.columns and name not in kinds]
    results = [name for name in results if draft.times is None or name not in draft.times.labels]
    if results:
        sentences.append(f"left out as what {draft.read.tool} wrote beside the time: {', '.join(results)}")
    for name, reason in suspects.items():
        ask = shlex.quote(",".join([*kinds, name]))
        ask = ask if len(ask) <= _MAX_SHOWN else f"..,{name}"
        sentences.append(
            f"column '{name}' is left out: {reason}; no one has it for a run not made "
            f"(--parameters {ask} keeps it)"
        )
    texts = [name for name, kind in kinds.items() if kind == "category"]
    combinations = _combinations(draft, keys) if texts else []
    remarks = [many_values(name, draft.grid.texts(name), combinations) for name in texts]
    return sentences + [remark for remark in remarks if remark is not None]


def _combinations(draft: Draft, keys: Mapping[str, str]) -> list[Any]:
    return list(zip(*(draft.grid.texts(name) for name in keys.values()), strict=True)) or [()] * len(
        draft.grid
    )


def naming_problems(draft: Draft, parameters: Sequence[str]) -> list[str]:
    """Say which parameters have a name that is reserved, or nearly so."""
    problems = []
    for name in parameters:
        lower = name.lower()
        if draft.mapping.parameters is None and name not in RESERVED and lower in RESERVED:
            also = f" (or --{lower}-column {shlex.quote(name)})" if lower in KEYS else ""
            problems.append(f"column '{name}' would be a parameter; is it '{lower}'{also}?")
        elif draft.times is not None and name in draft.times.labels:
            problems.append(f"column '{name}' is the time, so --parameters cannot name it")
        elif name in RESERVED:
            problems.append(
                f"column '{name}' cannot be a parameter of that name; rename it, or --ignore {name}"
            )
    return problems


def may_follow_time(name: str) -> str:
    """Say that a parameter may be known only after a run."""
    return (
        f"column '{name}' follows the time more closely than the other parameters do; if it is known only "
        f"after a run, leave it out with --ignore {shlex.quote(name)}"
    )
