"""Nets that are given what a kernel takes in other variants, or on other machines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfpred.predict.checks import Floats, require
from perfpred.predict.design import Columns
from perfpred.predict.lowered import Lowered
from perfpred.predict.nets import PosynomialNet
from perfpred.program import Builder

PER_SECOND = 1e9
"""Times of relatives count in ns: as complexities, of the order of sizes."""


@dataclass(frozen=True, eq=False)
class Relative:
    """Another combination's net, whose time is one more column.

    Parameters
    ----------
    column : str
        Name of the column, by which nets know it: ns.
    combination : str
        Whose time it is, for a person to read.
    net : PosynomialNet
        On the columns that there are anyway.
    """

    column: str
    combination: str
    net: PosynomialNet

    def __post_init__(self) -> None:
        require(self.column.isidentifier(), self, "column is an identifier", repr(self.column))


@dataclass(frozen=True, eq=False)
class RelatedNets:
    """The mean in log time of K nets that know relatives: ``log t = mean_k log t_k``.

    Parameters
    ----------
    relatives : tuple of Relative
        Of distinct columns; may be none.
    nets : tuple of PosynomialNet
        At least one, on columns and those of relatives.
    """

    relatives: tuple[Relative, ...]
    nets: tuple[PosynomialNet, ...]

    def __post_init__(self) -> None:
        require(len(self.nets) > 0, self, "len(nets) > 0", 0)
        columns = [relative.column for relative in self.relatives]
        require(len(set(columns)) == len(columns), self, "columns of relatives are distinct", columns)

    @property
    def n_parameters(self) -> int:
        """Number of fitted numbers of all nets, relatives' included."""
        nets = (*self.nets, *(relative.net for relative in self.relatives))
        return sum(net.n_parameters for net in nets)

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        known = with_relatives(columns, self.relatives)
        return np.asarray(np.exp(np.mean([np.log(net.seconds(known)) for net in self.nets], axis=0)))

    def lower(self, builder: Builder) -> Lowered:
        """Return the same as scalar operations; relatives' times are computed once."""
        per_second = builder.constant(PER_SECOND)
        parts = [relative.net.lower(builder) for relative in self.relatives]
        times = [builder.apply("*", part.seconds, per_second) for part in parts]
        columns = (relative.column for relative in self.relatives)
        with builder.names(dict(zip(columns, times, strict=True))):
            nets = [net.lower(builder) for net in self.nets]
        logs = [builder.apply("log2", net.seconds) for net in nets]
        mean = builder.weighted_sum(logs, [1 / len(nets)] * len(nets))
        seconds = builder.apply("**", builder.constant(2.0), mean)
        parts += nets
        return Lowered(
            seconds,
            positive=tuple(value for part in parts for value in part.positive),
            finite=tuple(value for part in parts for value in part.finite),
        )


def with_relatives(columns: Columns, relatives: tuple[Relative, ...]) -> dict[str, Floats]:
    """Return `columns`, and one of each relative."""
    times = {each.column: PER_SECOND * each.net.seconds(columns) for each in relatives}
    return {**columns, **times}
