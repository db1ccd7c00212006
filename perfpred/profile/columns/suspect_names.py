"""Names of columns that benchmark tools write beside the time, and that follow from it."""

from __future__ import annotations

import re

from perfpred.profile.columns.units import is_rate, unit_of, words_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RATES = _words(
    """
    bandwidth bandwith bw cpi flops fps gbps gcells gflop gflopps gflops gibps glups
    iops ipc kflops mbps mcells mflops mibps mlups pflops qps rps speedup
    tbps tflop tflopps tflops throughput tps util utilisation utilization
    """
)
_WHOLE_RATES = _words("ops tops gops mops perf performance efficiency")
_RESULTS = _words(
    """
    cycles energy err error faults instr instructions joule joules misses outliers residual stalls ticks
    watt watts
    """
)
_TIMES = _words(
    """
    cputime duration elapsed latency realtime runtime time times wall walltime
    """
)
_OF_TIMES = _words("real sys system user")
"""What shells call times, and others much else: a time only where no further word says otherwise."""
_STATISTICS = _words(
    """
    average avg best ci confidence cv deviation fastest geomean iqr mad max maximum mean med median min
    minimum percentile rsd sd sem slowest std stddev stderr stdev var variance worst
    """
)
_COUNTS = _words(
    """
    calls count instances iteration iterations iters loops repeats repetitions reps rounds runs
    samples
    """
)
_FILLERS = _words(
    """
    / 1 cpu device gpu host in kernel n num number of p per process sum the total
    """
)
_QUANTILE = re.compile(r"(?<![a-z])p(?:10|25|50|75|9[0-9]+)(?![a-z0-9])", re.IGNORECASE)
_SETTINGS = _words("bound budget cap limit target threshold timeout tol tolerance")


def suspicion(name: str) -> str | None:
    """Return what a name says a column is: ``rate``, ``time``, ``result``, ``count`` or None.

    A name is only a suspicion: whether a column gives the time away, its values have to say.

    Examples
    --------
    >>> [suspicion(name) for name in ("tflops", "items_per_second", "cpu_time", "Min (ns)", "iterations")]
    ['rate', 'rate', 'time', 'time', 'count']
    >>> [suspicion(name) for name in ("n", "max_nnz", "threads", "timesteps", "error_tol", "system_size")]
    [None, None, None, None, None, None]
    """
    words = [word for word in words_of(name) if not word.isdigit()]
    joined = "".join(words)
    if any(word in _SETTINGS for word in words):
        return None
    if is_rate(name) or joined in (_RATES | _WHOLE_RATES) or any(word in _RATES for word in words):
        return "rate"
    if any(word in _RESULTS for word in words) or joined == "errratio":
        return "result"
    if any(word in _TIMES for word in words) or unit_of(name):
        return "time"
    plain = [word for word in words if word not in _FILLERS]
    if (plain and all(word in _STATISTICS | _OF_TIMES for word in plain)) or _QUANTILE.search(name):
        return "time"
    return "count" if plain and all(word in _COUNTS for word in plain) else None
