"""Whether two pipelines are the same algorithm: one rule for everything that compares them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Identity:
    """What a pipeline computes, as hashes.

    Parameters
    ----------
    algorithm : str
        The hash, as it is written today.
    older : str, optional
        What earlier versions wrote for it; empty where their rule missed something of this pipeline, so
        that other algorithms could have the same.
    """

    algorithm: str
    older: str = ""


def is_same(stored: str, identity: Identity) -> bool:
    """Say whether the hash that a file holds is that of a pipeline, by the rule of the version that wrote it.

    Examples
    --------
    >>> is_same("7508e4c7ad49823f", Identity("0e4c7ad49823f7508e4c", older="7508e4c7ad49823f"))
    True
    >>> is_same("", Identity("0e4c7ad49823f7508e4c"))
    False
    """
    return bool(stored) and stored in (identity.algorithm, identity.older)
