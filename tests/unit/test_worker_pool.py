"""Jobs by name in processes that may end any way they like."""

import os
import time

import pytest

from perfpred.errors import InputError
from perfpred.sandbox.fork_server import function_named
from perfpred.sandbox.forking import ForkLimits, run_forked
from perfpred.sandbox.worker_pool import Job, WorkerPool

HERE = "tests.unit.test_worker_pool"
FATES = {
    "answer": ("ok", None),
    "raise": ("compile_error", "ZeroDivisionError: division by zero"),
    "refuse": ("compile_error", "no such thing"),
    "exit": ("compile_error", "SystemExit: set CAMERA first"),
    "ask": ("compile_error", "EOFError"),
    "abort": ("compile_error", "process ended with code -6 (Aborted): last words"),
    "hang": ("timeout", "not done within 1 s"),
    "memory": ("compile_error", "out of memory"),
}


def fate(which):
    """End as asked for."""
    if which == "raise":
        return 1 / 0
    if which == "refuse":
        raise InputError("no such thing")
    if which == "exit":
        raise SystemExit("set CAMERA first")
    if which == "ask":
        input()
    if which == "abort":
        os.write(2, b"last words")
        os.abort()
    if which == "hang":
        time.sleep(60)
    if which == "memory":
        bytearray(1 << 36)
    return {"pid": os.getpid()}


@pytest.fixture(scope="module")
def pool():
    with WorkerPool([HERE], ForkLimits(20.0), workers=2, failure="compile_error") as made:
        yield made


@pytest.mark.parametrize("which", FATES)
def test_whatever_a_job_does_it_has_a_reply(pool, which):
    status, message = FATES[which]
    limits = ForkLimits(1.0) if which == "hang" else ForkLimits(20.0, 4 << 30)
    reply = pool.run(Job(f"{HERE}:fate", {"which": which}), limits)
    assert reply["status"] == status
    if message is not None:
        assert message in reply["message"]


def test_every_job_has_a_process_of_its_own_and_the_servers_live_on(pool):
    found = {}
    pool.run_all(
        [Job(f"{HERE}:fate", {"which": "answer"})] * 6, lambda index, reply: found.update({index: reply})
    )
    assert sorted(found) == list(range(6))
    assert len({reply["pid"] for reply in found.values()}) == 6


def test_a_job_that_is_none_is_a_reply(pool):
    assert "no_such_module" in pool.run(Job("no_such_module:f"))["message"]
    assert pool.run(Job(f"{HERE}:fate", {"what": 1}))["status"] == "compile_error"


def test_names_of_functions():
    assert function_named("os:getpid") is os.getpid
    with pytest.raises(InputError, match="a time limit must be in"):
        ForkLimits(0.0)
    assert run_forked(lambda: {"answer": 42}, ForkLimits(5.0)) == {"status": "ok", "answer": 42}
