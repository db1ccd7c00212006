"""Running a compiler that must not outlive its caller, not even one that is killed.

The command runs in a process group of its own, beside a small process that kills the group as soon as the
caller's end of a pipe closes: the system closes it, however the caller ends. Run as a script, this file is
that process, so it needs the standard library alone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence


def run_supervised(
    command: Sequence[str], limit_s: float, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command, without input, whose processes all end with this one.

    Parameters
    ----------
    command : sequence of str
    limit_s : float
        Seconds it may take.
    environment : mapping of str to str, optional
        Added to this process's.

    Returns
    -------
    subprocess.CompletedProcess
        With what it printed; the exit code of a command that could not be started is not 0 either.

    Raises
    ------
    subprocess.TimeoutExpired
        If it takes longer; all its processes are killed.
    """
    ours, theirs = os.pipe()[::-1]
    try:
        running = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__, *command],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    except BaseException:
        os.close(ours)
        raise
    finally:
        os.close(theirs)
    with running:
        try:
            said, complained = running.communicate(timeout=limit_s)
        finally:
            os.close(ours)  # which ends what is still running
        return subprocess.CompletedProcess(list(command), running.returncode, said, complained)


def _kill_group_when_closed(descriptor: int) -> None:
    while os.read(descriptor, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def main() -> None:
    """Run a command in this process group, which ends when standard input does."""
    threading.Thread(target=_kill_group_when_closed, args=[0], daemon=True).start()
    try:
        code = subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL)
    except OSError as error:
        sys.stderr.write(f"{sys.argv[1]} cannot be started: {error.strerror}\n")
        sys.stderr.flush()
        code = 127
    os._exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()
