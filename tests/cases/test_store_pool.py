"""Worker processes end with their parent, even if it is killed; results and progress come in order."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from joblib import delayed

from perfpred.errors import InputError, PerfpredError, UnknownNameError
from perfpred.learn.training import train
from perfpred.parallel.pool import run
from perfpred.predict.store import dumps
from perfpred.profile import read_profile

SLEEPERS = """
import os, time
from joblib import delayed
from perfpred.parallel.pool import run

def sleep():
    print(os.getpid(), flush=True)
    time.sleep(100)

run([delayed(sleep)() for _ in range(2)], 2, 2)
"""


class Told:
    def __init__(self):
        self.seen = []

    def update(self, done, total, note):
        self.seen.append((done, total))


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def is_left(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def fail(name):
    raise UnknownNameError("model", name, ["a"])


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_results_come_in_order_and_errors_as_they_are(n_jobs):
    told = Told()
    assert run([delayed(divmod)(each, 3) for each in range(5)], 5, n_jobs, told) == [
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 0),
        (1, 1),
    ]
    assert told.seen == [(done, 5) for done in range(1, 6)]
    with pytest.raises(UnknownNameError, match="unknown model 'b'"):
        run([delayed(fail)("b")] * 2, 2, n_jobs)


def test_a_killed_worker_is_failed_work():
    with pytest.raises(PerfpredError, match="a worker process was killed") as caught:
        run([delayed(die)()] * 2, 2, 2)
    assert not isinstance(caught.value, InputError)
    assert run([delayed(abs)(-1)] * 2, 2, 2) == [1, 1]  # the next pool is a new one
    with pytest.raises(InputError, match="n_jobs must not be 0"):
        run([], 0, 0)


def test_one_process_is_this_one():
    assert run([delayed(os.getpid)()] * 3, 3, 1) == [os.getpid()] * 3
    assert run([delayed(os.getpid)()], 1, -1) == [os.getpid()]


def test_training_in_two_processes_is_training_in_one(csv):
    profile = read_profile(csv)
    first, second = (train(profile, model="linear-c", n_jobs=n_jobs) for n_jobs in (1, 2))
    assert [dumps(each) for each in first] == [dumps(each) for each in second]


def test_a_killed_parent_leaves_no_process():
    with subprocess.Popen([sys.executable, "-c", SLEEPERS], stdout=subprocess.PIPE, text=True) as parent:
        workers = [int(parent.stdout.readline()) for _ in range(2)]
        family = psutil.Process(parent.pid).children(recursive=True)
        assert set(workers) <= {each.pid for each in family}
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        end = time.monotonic() + 30
        while any(map(is_left, family)) and time.monotonic() < end:
            time.sleep(0.1)
        assert not [each for each in family if is_left(each)]
