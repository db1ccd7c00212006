"""Who else keeps the processors busy, waiting for quiet, and the fastest probe of the last day."""

import json
import math
import os
import time

import pytest

from perfpred.halide.measure.contention.fastest import DAY_S, KEPT, recalled, remember
from perfpred.halide.measure.contention.load import LOOK_S, ProcessorLoad, busy_s, wait_for_quiet
from perfpred.halide.measure.estimating import in_moments
from perfpred.measure.campaign import Row, RowRecord

TICKS = os.sysconf("SC_CLK_TCK")


class System:
    """Two processors, the second of which others use to some extent that changes with time."""

    def __init__(self, used):
        self.now, self.used, self.busy = 0.0, used, 0.0

    def read(self):
        ticks = round(self.busy * TICKS)
        return f"cpu  1 2 3\ncpu0 5 0 0 900 9 0 0 0 0 0\ncpu1 {ticks} 0 0 900 9 0 0 0 {ticks} 0\nintr 1 2"

    def sleep(self, time_s):
        self.busy += time_s * self.used(self.now)
        self.now += time_s

    def wait(self, limit_s):
        return wait_for_quiet([0, 1], limit_s, self.read, self.sleep, lambda: self.now)


def test_others_are_told_from_idle_processors():
    system = System(lambda now: 0.9)
    load = ProcessorLoad([0, 1], system.read, lambda: system.now)
    system.sleep(10.0)
    assert load.others() == pytest.approx(0.9, abs=0.05)
    assert ProcessorLoad([0], system.read, lambda: system.now).others() == 0.0


@pytest.mark.parametrize("text", ["", "cpu0 1 2", "cpu0 1 2 3 x 5 6 7 8", "cpu1 1 2 3 4 5 6 7 8", "\n\n"])
def test_counters_of_another_form_say_nothing(text):
    assert busy_s(text, [0]) is None
    assert ProcessorLoad([0], lambda: text, time.perf_counter).others() == 0.0


def test_quiet_is_waited_for_up_to_a_limit():
    assert System(lambda now: 0.0).wait(10.0) == 0.0  # a look is no waiting
    assert System(lambda now: 0.9 if now < 3.0 else 0.1).wait(10.0) == pytest.approx(3.0, abs=3 * LOOK_S)
    assert System(lambda now: 0.9).wait(10.0) == pytest.approx(10.0, abs=2 * LOOK_S)
    idle = System(lambda now: 0.9)
    assert idle.wait(0.0) == 0.0 and idle.now == 0.0


def test_the_fastest_pulse_of_the_last_day_is_kept(tmp_path):
    path = tmp_path / "probe.json"
    assert recalled(path) == math.inf
    for time_s in (3e-5, 2e-5, 4e-5, math.nan, -1.0, 5.0):
        remember(path, time_s)
    assert recalled(path) == 2e-5
    kept = json.loads(path.read_text())
    kept[1][0] -= 2 * DAY_S
    path.write_text(json.dumps(kept))
    assert recalled(path) == 3e-5
    for _ in range(2 * KEPT):
        remember(path, 3.5e-5)
    assert len(json.loads(path.read_text())) == KEPT
    remember(tmp_path / "no" / "folder", 1e-5)  # a cache that cannot be written to keeps nothing


@pytest.mark.parametrize(
    "text", ["", "{}", "[1]", "[[1e12, 1e-9]]", '[["a", 1]]', "[[0, NaN]]", "[" * 9999], ids=range(7)
)
def test_a_damaged_file_of_pulses_holds_none(tmp_path, text):
    path = tmp_path / "probe.json"
    path.write_text(text)
    assert recalled(path) == math.inf
    remember(path, 2e-5)
    assert recalled(path) == 2e-5


def test_a_session_that_was_never_calm_is_seen_against_earlier_ones():
    row = Row("s1", {"width": 4, "height": 4})
    record = RowRecord([1e-3] * 4, [1, 2, 3, 4], [3.1e-5, 3.2e-5, 3.1e-5, 3.3e-5])
    assert in_moments([(row, record)])[0].slowdown == 1.0  # as fast as it ever was, for all that is known
    busy = in_moments([(row, record)], fastest_s=1.6e-5)[0]
    assert busy.slowdown == pytest.approx(2.0, abs=0.1) and busy.estimate.time_s == pytest.approx(1e-3)
    record.monitors_s[:2] = [1.6e-5, 1.7e-5]
    record.times_s[:2] = [0.5e-3, 0.5e-3]
    quiet = in_moments([(row, record)], fastest_s=1.6e-5, few=2)[0]
    assert quiet.slowdown == 1.0 and quiet.estimate.time_s == pytest.approx(0.5e-3)
