"""`Style`: what the loop nests of one candidate have in common."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """What the nests of one candidate have in common, so that they fit each other.

    Parameters
    ----------
    vector_bytes : int
        Bytes per vector.
    registers : int
        Vector registers.
    threads : int
        For which outer loops are cut.
    strip : int
        Rows per task.
    column : int
        Points along the contiguous dimension of a tile, 0 for all.
    level : str
        Where producers are preferably computed: ``task``, ``tile``, ``row``, ``block``.
    fuse, slide, inline : float
        Probabilities of computing a producer in its consumer's loops, of sliding, and a factor on that of
        inlining.
    block : float
        The probability that a nest has blocks.
    turn : bool
        Whether dimensions beyond the contiguous one are nested the other way round.
    across : bool
        Whether the contiguous dimension's loop goes around the others'.
    """

    vector_bytes: int
    registers: int
    threads: int
    strip: int
    column: int
    level: str
    fuse: float
    slide: float
    inline: float
    block: float
    turn: bool = False
    across: bool = False
