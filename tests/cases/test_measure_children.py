"""Processes that are asked from threads can be ended while they are: nobody waits for their limit."""

import threading
import time

from perfpred.sandbox.child import Child, Command

SLOW = """
import json, sys, time
for line in sys.stdin:
    time.sleep(float(json.loads(line).get("seconds", 0)))
    print('{"status": "ready"}', flush=True)
"""


def test_a_child_is_ended_while_a_thread_waits_for_its_reply():
    child = Child(Command("the child", ["-c", SLOW]))
    replies = []
    asking = threading.Thread(target=lambda: replies.append(child.ask({"seconds": 60}, 100.0)))
    asking.start()
    time.sleep(0.5)
    start = time.monotonic()
    child.end()
    asking.join(20)
    assert time.monotonic() - start < 20 and not asking.is_alive()
    assert replies[0]["status"] == "runtime_error"
    assert child.ask({}, 1.0) == {"status": "runtime_error", "message": "the process was ended"}


def test_a_closed_child_is_started_again_and_garbage_is_no_reply():
    child = Child(Command("the child", ["-c", SLOW]))
    assert child.ask({}, 20.0) == {"status": "ready"}
    first = child.pid
    child.close()
    assert child.ask({}, 20.0) == {"status": "ready"} and child.pid != first
    child.end()
    talker = Child(
        Command("the child", ["-c", SLOW.replace("print('", "print('x' * bool('seconds' in line) + '")])
    )
    reply = talker.ask({"seconds": 0}, 20.0)
    assert reply["status"] == "runtime_error" and "the process replied" in reply["message"]
    talker.end()
