"""The entry point of the command line: what a user is told and the exit code, whatever happens.

0: done. 1: the work failed. 2: the request was wrong. 130: interrupted. Nothing heavy is imported before
`main` runs, so that an interrupt while modules load ends as quietly as a later one.
"""

from __future__ import annotations

import contextlib
import os
import sys

DONE, FAILED, WRONG, INTERRUPTED = 0, 1, 2, 130
TRACEBACK_SWITCH = "PERFPRED_TRACEBACK"
"""Environment variable: set to 1, an unexpected error prints its traceback."""


def main() -> None:
    """Run the command line and exit."""
    try:
        code = _run()
    except KeyboardInterrupt:
        code = _interrupted()
    sys.exit(code)


def _run() -> int:
    from perfpred.app.shown import make_streams_safe

    make_streams_safe()
    try:
        from perfpred.app.cli import app
        from perfpred.app.notices import data_warnings_as_notices

        with data_warnings_as_notices():
            code = int(app(standalone_mode=False) or DONE)
        sys.stdout.flush()
        return _interrupted() if code == INTERRUPTED else code
    except BrokenPipeError:
        code = FAILED
    except Exception as error:
        code = _told(error)
    _settle_stdout()
    return code


def _told(error: Exception) -> int:
    """Say what went wrong on stderr; return the exit code."""
    from perfpred.app.console import notice
    from perfpred.app.interrupts import WorkInterrupted
    from perfpred.errors import InputError, PerfpredError
    from perfpred.extras import missing_package

    if isinstance(error, ImportError):
        error = missing_package(error) or error
    elif type(error).__name__ == "NoSuchOption":  # of the option parser
        from perfpred.app.verbs import unknown_option

        error = unknown_option(error)
    if isinstance(error, WorkInterrupted):
        with contextlib.suppress(OSError, ValueError):  # the terminal may be gone
            notice(f"interrupted: {error}")
        return error.code
    if isinstance(error, InputError):
        notice(f"error: {error}")
        return WRONG
    if isinstance(error, PerfpredError):
        notice(f"failed: {error}")
    elif hasattr(error, "format_message"):  # of the option parser
        return _usage(error)
    elif type(error).__name__ == "Abort":  # of the option parser, where an answer was asked for
        notice("failed: aborted")
    else:
        notice(_unexpected(error))
        if os.environ.get(TRACEBACK_SWITCH) == "1":
            import traceback

            notice("".join(traceback.format_exception(error)))
    return FAILED


def _usage(error: Exception) -> int:
    import io

    from perfpred.app.console import notice
    from perfpred.errors import shortened

    text = io.StringIO()
    error.show(file=text)  # type: ignore[attr-defined]
    notice("\n".join(shortened(line, 2000) for line in text.getvalue().rstrip("\n").splitlines()))
    return int(getattr(error, "exit_code", WRONG))


def _unexpected(error: Exception) -> str:
    """Return a sentence about an error that nothing in perfpred raises on purpose."""
    from perfpred.errors import shortened

    if isinstance(error, OSError):
        return f"failed: {shortened(str(error), 400)}"
    if isinstance(error, MemoryError):
        return "failed: there is not enough memory; use fewer rows, or --train-size"
    if isinstance(error, RecursionError):
        return "failed: something in the input nests too deeply to be worked through"
    said = " ".join(str(error).split())
    return (
        f"failed: {type(error).__name__}{_place(error)}{f': {said[:300]}' if said else ''}\n"
        f"this is a bug in perfpred: please report this line, the command and, if you can, its input "
        f"({TRACEBACK_SWITCH}=1 shows more)"
    )


def _place(error: Exception) -> str:
    """Return where the error arose: the innermost line of perfpred."""
    import traceback
    from pathlib import Path

    own = Path(__file__).parents[1]
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if own in Path(each.filename).parents
    ]
    return f" in {Path(frames[-1].filename).name} line {frames[-1].lineno}" if frames else ""


def _interrupted() -> int:
    with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody may be left to tell
        sys.stderr.write("interrupted\n")
        sys.stderr.flush()
    return INTERRUPTED


def _settle_stdout() -> None:
    """Write what is left; where that cannot be, let it go nowhere, so that the end is quiet."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
