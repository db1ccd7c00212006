"""Schedules to be judged: of every source that a profile has, and wild ones that no rule keeps in."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np

from perfpred.errors import InputError
from perfpred.halide.cost.machine import Target
from perfpred.halide.measure.generate import BASELINES, PROPORTIONS, generate_candidates
from perfpred.halide.measure.workers import HalideWorkers
from perfpred.halide.schedule.candidate import Candidate, distinct
from perfpred.halide.space.loop_nests import LoopNestSpace

from . import wild
from .session import Session

VARIED, WILD = "varied", "wild"
SOURCES = (*BASELINES, *PROPORTIONS, VARIED)
"""Whom schedules are asked of by default; `WILD` is one more."""
VARIED_SHARE = 0.15


def drawn(
    session: Session, workers: HalideWorkers, count: int, sources: Sequence[str], rng: np.random.Generator
) -> list[Candidate]:
    """Return about `count` schedules, no two alike: a share of them neighbours of others."""
    described, site = session.described, session.experiment.site
    if WILD in sources:
        return _wild(session, count, rng)
    proper = [name for name in sources if name != VARIED]
    varied = round(count * VARIED_SHARE) if VARIED in sources else 0
    found, _ = generate_candidates(described, site, workers, count - varied, proper, rng)
    space = LoopNestSpace(described.graph, Target.of(site))
    more: list[Candidate] = []
    for index in rng.permutation(len(found)):
        if len(more) >= varied:
            break
        try:
            around = space.neighbours(found[index], rng)
        except (InputError, ValueError, KeyError):
            continue
        more += [around[place] for place in rng.permutation(len(around))[:3]]
    return distinct([*found, *more[:varied]])


def _wild(session: Session, count: int, rng: np.random.Generator) -> list[Candidate]:
    """Return schedules of our space without its rules, changed in ways that it does not know."""
    with_rules = LoopNestSpace(session.graph, Target.of(session.experiment.site))
    base = with_rules._pool(max(10, count // 2), rng)
    print(f"{session.case.name}: {len(base)} schedules to begin with", file=sys.stderr)
    found: dict[Candidate, None] = {}
    for _ in range(20 * count):
        if len(found) >= count:
            break
        made = wild.changed(base[int(rng.integers(len(base)))], session.graph, rng)
        if made is not None:
            found.setdefault(made)
    return list(found)
