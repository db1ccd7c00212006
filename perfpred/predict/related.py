"""Nets and a process that are given what a kernel takes in other variants, or on other machines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from perfpred.documents.texts import require_text
from perfpred.predict.checks import Floats, require, require_few, require_finite
from perfpred.predict.expressions import Columns
from perfpred.predict.gaussian_process import GaussianProcess
from perfpred.predict.lowered import Lowered
from perfpred.predict.nets import PosynomialNet
from perfpred.program import Builder

MAX_NETS = 100
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
        require_text(self.combination, "a combination of a relative")


@dataclass(frozen=True, eq=False)
class RelatedNets:
    """K nets and a Gaussian process that know relatives, averaged in log time.

    ``log t = (1 - s) mean_k log t_k + s log t_p``, with the process's share s and time t_p.

    Parameters
    ----------
    relatives : tuple of Relative
        Of distinct columns; may be none.
    nets : tuple of PosynomialNet
        At least one, on columns and those of relatives.
    process : GaussianProcess, optional
        On the same columns.
    share : float
        s, 0 without a process.
    """

    relatives: tuple[Relative, ...]
    nets: tuple[PosynomialNet, ...]
    process: GaussianProcess | None = None
    share: float = 0.0

    def __post_init__(self) -> None:
        require(len(self.nets) > 0, self, "len(nets) > 0", 0)
        require(len(self.nets) <= MAX_NETS, self, f"len(nets) <= {MAX_NETS}", len(self.nets))
        require_few(self, "relatives", len(self.relatives))
        columns = [relative.column for relative in self.relatives]
        require(len(set(columns)) == len(columns), self, "columns of relatives are distinct", columns)
        require_finite(self, "share")
        require(0 <= self.share <= 1, self, "0 <= share <= 1", self.share)
        require(self.process is not None or not self.share, self, "share is a process's", self.share)

    @property
    def n_parameters(self) -> int:
        """Number of fitted numbers of all nets and the process, relatives' included."""
        parts = (*self._parts, *(relative.net for relative in self.relatives))
        return sum(part.n_parameters for part in parts)

    @property
    def _parts(self) -> tuple[PosynomialNet | GaussianProcess, ...]:
        return self.nets if self.process is None else (*self.nets, self.process)

    @property
    def _weights(self) -> Floats:
        """Return the weight of each part in log time."""
        nets = np.full(len(self.nets), (1 - self.share) / len(self.nets))
        return nets if self.process is None else np.append(nets, self.share)

    def seconds(self, columns: Columns) -> Floats:
        """Return predicted seconds, shape (n,), of encoded columns of shape (n,)."""
        known = with_relatives(columns, self.relatives)
        return np.asarray(np.exp(self._weights @ [np.log(part.seconds(known)) for part in self._parts]))

    def lower(self, builder: Builder) -> Lowered:
        """Return the same as scalar operations; relatives' times are computed once."""
        per_second = builder.constant(PER_SECOND)
        parts = [relative.net.lower(builder) for relative in self.relatives]
        times = [builder.apply("*", part.seconds, per_second) for part in parts]
        columns = (relative.column for relative in self.relatives)
        with builder.names(dict(zip(columns, times, strict=True))):
            own = [part.lower(builder) for part in self._parts]
        logs = [builder.apply("log2", part.seconds) for part in own]
        mean = builder.weighted_sum(logs, self._weights)
        seconds = builder.apply("**", builder.constant(2.0), mean)
        parts += own
        return Lowered(
            seconds,
            positive=tuple(value for part in parts for value in part.positive),
            finite=tuple(value for part in parts for value in part.finite),
        )


def with_relatives(columns: Columns, relatives: tuple[Relative, ...]) -> dict[str, Floats]:
    """Return `columns`, and one of each relative."""
    times = {each.column: PER_SECOND * each.net.seconds(columns) for each in relatives}
    return {**columns, **times}
