"""Finding out whether there is a Dask scheduler at an address, soon and in a sentence.

Dask's own client tries for long, and leaves threads behind where it fails.
"""

from __future__ import annotations

import asyncio
import errno
import re
import socket
from concurrent.futures import ThreadPoolExecutor

from perfpred.errors import InputError, quoted

ANSWER_S = 5.0
"""How long a scheduler may take to answer."""
_ADDRESS = re.compile(
    r"((tcp|tls|ws|wss|ucx)://)?(?P<host>[\w.-]+|\[[\da-fA-F:.%]+\]):(?P<port>[0-9]{1,5})", re.ASCII
)


def require_scheduler(address: str) -> None:
    """Raise `InputError` unless a Dask scheduler answers at an address such as ``tcp://host:8786``."""
    found = _ADDRESS.fullmatch(address)
    if found is None or not 0 < int(found["port"]) < 1 << 16:
        raise InputError(
            "a cluster is local, or the address of its scheduler such as tcp://host:8786, but got "
            f"{quoted(address)}"
        )
    why = _problem(address, found["host"].strip("[]"), int(found["port"]))
    if why is not None:
        raise InputError(
            f"there is no Dask scheduler at {address}: {why}; start one with 'dask scheduler', which prints "
            "its address, or use local"
        )


def _problem(address: str, host: str, port: int) -> str | None:
    try:
        socket.create_connection((host, port), timeout=ANSWER_S).close()
    except TimeoutError:
        return f"nothing answered within {ANSWER_S:g} s"
    except UnicodeError:
        return "there can be no host of that name"
    except OSError as error:
        return error.strerror or str(error) or errno.errorcode.get(error.errno or 0, "it cannot be reached")
    with ThreadPoolExecutor(1) as thread:  # this one may be within an event loop already, as in a notebook
        kind = thread.submit(lambda: asyncio.run(_kind(address))).result()
    return None if kind == "Scheduler" else "what answers there is none"


async def _kind(address: str) -> str | None:
    """Return what a server of Dask says that it is; None of anything else."""
    from distributed.core import rpc

    server = rpc(address, timeout=ANSWER_S)
    try:
        return str((await asyncio.wait_for(server.identity(), ANSWER_S))["type"])
    except Exception:  # whatever reading a stranger's bytes as Dask's may come to
        return None
    finally:
        await server.close_rpc()
