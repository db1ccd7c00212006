"""Names of columns that benchmark tools write beside the time, and that follow from it."""

from __future__ import annotations

from perfpred.profile.columns.units import is_rate, unit_of, words_of


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_RATES = _words(
    """
    bandwidth bandwith bw cpi flops fps gbps gcells gflop gflopps gflops gibps glups
    iops ipc kflops mbps mcells mflops mibps mlups pflops qps rps
    tbps tflop tflopps tflops throughput tps
    """
)
_WHOLE_RATES = _words("ops tops gops mops perf performance efficiency utilization utilisation speedup")
_RESULTS = _words(
    """
    cycles energy err error instructions joule joules misses outliers residual ticks watt watts
    """
)
_TIMES = _words(
    """
    cputime duration elapsed latency real realtime runtime sys system time times user wall walltime
    """
)
_STATISTICS = _words(
    """
    average avg ci confidence cv deviation geomean iqr mad max maximum mean med median min minimum p10
    p25 p50 p75 p90 p95 p99 percentile rsd sd sem std stddev stderr stdev var variance
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
    / 1 cpu device gpu host in kernel of p per process sum the total
    """
)


def suspicion(name: str) -> str | None:
    """Return what a name says a column is: ``rate``, ``time``, ``result``, ``count`` or None.

    A name is only a suspicion: whether a column gives the time away, its values have to say.

    Examples
    --------
    >>> [suspicion(name) for name in ("tflops", "items_per_second", "cpu_time", "Min (ns)", "iterations")]
    ['rate', 'rate', 'time', 'time', 'count']
    >>> [suspicion(name) for name in ("n", "max_nnz", "threads", "timesteps", "block_size_x")]
    [None, None, None, None, None]
    """
    words = [word for word in words_of(name) if not word.isdigit()]
    joined = "".join(words)
    if is_rate(name) or joined in (_RATES | _WHOLE_RATES) or any(word in _RATES for word in words):
        return "rate"
    if any(word in _RESULTS for word in words) or joined == "errratio":
        return "result"
    numbered = {*words_of(name), joined}
    if any(word in _TIMES for word in words) or unit_of(name):
        return "time"
    plain = [word for word in words if word not in _FILLERS]
    if (plain and all(word in _STATISTICS for word in plain)) or numbered & {
        f"p{q}" for q in (50, 90, 95, 99)
    }:
        return "time"
    return "count" if plain and all(word in _COUNTS for word in plain) else None
