"""The measuring process: real timings, wrong results, limits, death of child and parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfpred.hardware import probe
from perfpred.kernels import kernel
from perfpred.measure.process import Limits, MeasuringProcess, Subject
from perfpred.measure.worker import Pool, Worker

PLACE = probe().hardware(probe().best_isa(), 1)
SUBJECT = Subject("matmul", "openblas", PLACE)
SIZES = {"m": 8, "n": 8, "k": 8}


@pytest.fixture
def process():
    child = MeasuringProcess(SUBJECT, Limits(row_s=30))
    yield child
    child.close()


def test_it_times_and_survives_its_own_death(process):
    first = process.ask(SIZES, check=True)
    assert first["status"] == "ok"
    assert 0 < first["time_s"] < 1
    assert first["monitor_s"] > 0
    os.kill(process._child.pid, signal.SIGKILL)
    process._child._process.wait()
    assert process.ask(SIZES, check=False)["status"] == "ok"


def test_a_row_over_its_limit_is_a_timeout_and_the_next_row_goes_on(process):
    process.ask(SIZES, check=False)
    process.limits = Limits(row_s=0.0)
    reply = process.ask({"m": 1024, "n": 1024, "k": 1024}, check=True)
    assert reply == {"status": "timeout", "message": "no answer within 0 s"}
    process.limits = Limits(row_s=30)
    assert process.ask(SIZES, check=False)["status"] == "ok"


def test_too_little_memory_is_a_runtime_error():
    child = MeasuringProcess(SUBJECT, Limits(row_s=30, memory_bytes=2 << 30))
    try:
        reply = child.ask({"m": 30000, "n": 30000, "k": 30000}, check=False)
    finally:
        child.close()
    assert reply["status"] == "runtime_error"
    assert "memory" in reply["message"]


def test_a_limit_that_is_there_is_lowered_and_never_raised():
    script = (
        "import resource; from perfpred.sandbox.limits import limit_process as limit; "
        "resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30)); limit(8 << 30); "
        "print(resource.getrlimit(resource.RLIMIT_AS)); limit(2 << 30); "
        "print(resource.getrlimit(resource.RLIMIT_AS))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == [str((4 << 30, 4 << 30)), str((2 << 30, 2 << 30))]


@pytest.mark.skipif(sys.platform != "linux", reason="uses Linux's parent-death signal")
def test_children_die_with_a_killed_parent():
    script = (
        "import sys, time\n"
        "from perfpred.measure.process import *\n"
        "from perfpred.hardware import probe\n"
        "place = probe().hardware(probe().best_isa(), 1)\n"
        "child = MeasuringProcess(Subject('matmul', 'openblas', place), Limits())\n"
        f"child.ask({SIZES!r}, check=False)\n"
        "print(child._child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    pid = int(parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _alive(pid)


def _alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_a_wrong_result_is_not_timed(monkeypatch):
    worker = Worker(kernel("matmul"), "openblas", PLACE)
    monkeypatch.setattr("perfpred.kernels.base.Kernel.difference", lambda *_: "1 of 4 values is wrong")
    answer = worker.answer({"sizes": SIZES, "check": True})
    assert answer == {"status": "wrong_result", "message": "1 of 4 values is wrong"}


def test_pool_views_are_aligned_and_reuse_memory():
    pool = Pool(kernel("matmul"))
    (large,) = pool.views(((100, 10),))
    views = [pool.views(((3, 5),))[0] for _ in range(50)]
    starts = [view.ctypes.data for view in views]
    assert large.ctypes.data % 64 == 0
    assert all(start % 64 == 0 for start in starts)
    assert max(starts) - min(starts) < 4096
    assert len(set(starts)) > 10
    assert views[0].shape == (3, 5)


def test_a_process_times_a_row_a_few_times_then_is_replaced():
    child = MeasuringProcess(Subject("matmul", "openblas", PLACE), Limits())
    other = {**SIZES, "m": SIZES["m"] + 1}
    pids = []
    for _ in range(4):
        for sizes in (SIZES, other):
            assert child.ask(sizes, check=False)["status"] == "ok"
            pids.append(child._child.pid)
    child.close()
    assert len(set(pids[:6])) == 1
    assert len(set(pids[6:])) == 1
    assert pids[6] != pids[0]
