"""Children that answer by lines, and commands that end with their caller: whatever happens is a reply."""

import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfpred.errors import MeasurementError
from perfpred.sandbox.child import Child, Command
from perfpred.sandbox.fork_server import start as start_fork_server
from perfpred.sandbox.forking import ForkLimits, run_forked
from perfpred.sandbox.serving import serve
from perfpred.sandbox.supervised import run_supervised

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

ECHO = """
import json, os, subprocess, sys, time
print(json.dumps({"status": os.environ.get("FIRST", "ready"), "message": "no luck"}), flush=True)
sys.stdin.readline()
for line in sys.stdin:
    said = json.loads(line)
    if "print" in said:
        print(said["print"], flush=True)
        continue
    if "start" in said:
        started = subprocess.Popen(["sleep", "600"])
        print(json.dumps({"status": "ok", "pid": started.pid}), flush=True)
        continue
    if "die" in said:
        print("last words", file=sys.stderr, flush=True)
        os._exit(said["die"])
    time.sleep(said.get("sleep", 0))
    print(json.dumps({"status": "ok", "pid": os.getpid(), **said}), flush=True)
"""


@pytest.fixture
def child():
    made = Child(Command("the echo", ["-c", ECHO]))
    yield made
    made.end()


def test_a_child_answers_and_is_the_same_until_it_is_closed(child):
    assert child.pid is None
    first = child.ask({"x": 1}, 30)
    assert first == {"status": "ok", "x": 1, "pid": child.pid}
    assert child.ask({}, 30)["pid"] == first["pid"]
    child.close()
    assert child.pid is None
    assert child.ask({}, 30)["pid"] != first["pid"]


def test_one_that_died_says_with_what_code_and_what_it_said_last(child):
    reply = child.ask({"die": 7}, 30)
    assert reply == {"status": "runtime_error", "message": "process ended with code 7: last words"}
    assert child.ask({}, 30)["status"] == "ok"


@pytest.mark.parametrize("line", ["hello", "[1]", '{"no": "status"}', "[" * 5000, '"' + "x" * 300])
def test_what_a_library_printed_in_place_of_a_reply_is_shown_shortly(child, line):
    reply = child.ask({"print": line}, 30)
    assert reply == {"status": "runtime_error", "message": f"the process replied {(line + chr(10))[:100]!r}"}


def test_one_that_is_late_is_replaced(child):
    assert child.ask({"sleep": 60}, 0.1) == {"status": "timeout", "message": "no answer within 0.1 s"}
    assert child.ask({}, 30)["status"] == "ok"


def assert_ended(pid):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except FileNotFoundError:
            return
        if state == "Z":
            return
        time.sleep(0.02)
    raise AssertionError(f"process {pid} lives on")


@linux
@pytest.mark.parametrize("end", ["close", "late", "died"])
def test_what_a_child_started_ends_with_it(child, end):
    started = child.ask({"start": True}, 30)["pid"]
    if end == "close":
        child.close()
    else:
        child.ask({"sleep": 60} if end == "late" else {"die": 7}, 0.1 if end == "late" else 30)
    assert_ended(started)


@linux
@pytest.mark.parametrize("end", ["returns", "ends"])
def test_what_a_forked_call_started_ends_with_it(tmp_path, end):
    def starts():
        started = subprocess.Popen(["sleep", "600"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        (tmp_path / "pid").write_text(str(started.pid))
        if end == "ends":
            os._exit(3)
        return {}

    run_forked(starts, ForkLimits(30.0))
    assert_ended(int((tmp_path / "pid").read_text()))


def test_one_that_is_not_ready_says_why():
    made = Child(Command("the echo", ["-c", ECHO], environment={"FIRST": "failed"}))
    with pytest.raises(MeasurementError, match="the echo did not start: no luck"):
        made.ask({}, 30)
    made.end()


def served(*requests, answer):
    replies = io.StringIO()
    lines = "".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in ({}, *requests))
    serve(io.StringIO(lines), replies, lambda setup: answer)
    return [json.loads(line) for line in replies.getvalue().splitlines()]


def test_whatever_an_answer_raises_is_a_reply_and_the_next_is_served():
    def answer(request):
        if request["x"] == 0:
            raise MemoryError
        return {"status": "ok", "value": 6 / (request["x"] - 1)}

    assert served({"x": 3}, {"x": 0}, {"x": 1}, "no json", {"x": 4}, answer=answer) == [
        {"status": "ready"},
        {"status": "ok", "value": 3.0},
        {"status": "runtime_error", "message": "out of memory"},
        {"status": "runtime_error", "message": "ZeroDivisionError: division by zero"},
        {"status": "runtime_error", "message": "JSONDecodeError: Expecting value: line 1 column 1 (char 0)"},
        {"status": "ok", "value": 2.0},
    ]


def double(x):
    return {"twice": 2 * x}


def test_a_fork_server_does_jobs_by_name_within_their_limits():
    answer = start_fork_server({"preload": ["json"]})
    request = {
        "function": f"{__name__}:double",
        "arguments": {"x": 4},
        "limit_s": 20,
        "memory_bytes": 8 << 30,
    }
    assert answer(request) == {"status": "ok", "twice": 8}
    failed = answer({**request, "arguments": {"y": 4}, "failure": "compile_error"})
    assert failed["status"] == "compile_error" and "unexpected keyword argument 'y'" in failed["message"]
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        start_fork_server({"preload": ["no_such_module"]})


@pytest.mark.parametrize(
    ("signal_", "told"), [(9, "code -9 (Killed)"), (11, "code -11 (Segmentation fault)"), (40, "code -40")]
)
def test_a_call_that_kills_itself_says_by_which_signal(signal_, told):
    reply = run_forked(lambda: os.kill(os.getpid(), signal_), ForkLimits(20))
    assert reply["status"] == "runtime_error"
    assert reply["message"].startswith(f"process ended with {told}")


def test_what_json_cannot_say_is_a_failure():
    reply = run_forked(lambda: {"x": {1, 2}}, ForkLimits(20))
    assert reply["status"] == "runtime_error"


def test_a_long_reply_comes_whole():
    assert run_forked(lambda: {"text": "x" * 300_000}, ForkLimits(20))["text"] == "x" * 300_000


def test_a_command_that_is_none_says_so():
    done = run_supervised(["/no/such/compiler"], 30)
    assert done.returncode == 127
    assert done.stderr == "/no/such/compiler cannot be started: No such file or directory\n"


def test_nothing_stays_open_where_a_command_cannot_be_run_at_all():
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(ValueError, match="null byte"):
        run_supervised(["a\0b"], 1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
