"""What a service is started with: its models, its token, its limits."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from perfpred.errors import InputError, quoted

MIN_TOKEN, MAX_TOKEN = 16, 4096
"""Characters of a token: fewer can be guessed."""


@dataclass(frozen=True)
class Limits:
    """What one client may take of the service.

    Attributes
    ----------
    body_bytes : int
        Of a request.
    rows : int
        Of a batch or a table.
    request_s : float
        For reading a body, for working out an answer, and for a client that does not read it.
    header_s : float
        For the head of a request, from its first byte or from the opening of the connection.
    requests : int
        Worked on at one time, per worker.
    connections : int
        Open at one time, per worker.
    shutdown_s : float
        For requests under way when the service is asked to end.
    """

    body_bytes: int = 16 << 20
    rows: int = 100_000
    request_s: float = 30.0
    header_s: float = 10.0
    requests: int = 64
    connections: int = 1000
    shutdown_s: float = 10.0


@dataclass(frozen=True)
class Settings:
    """A service.

    Attributes
    ----------
    models : Path
        Folder of models, or one model file.
    token : str, optional
        What a client must show; everybody may ask where it is None.
    limits : Limits
    reload_s : float
        Seconds between two looks at the files of the models.
    metrics : Path, optional
        Folder in which the workers of one service share their counters.
    """

    models: Path
    token: str | None = field(default=None, repr=False)
    limits: Limits = Limits()
    reload_s: float = 1.0
    metrics: Path | None = None


def is_loopback(host: str) -> bool:
    """Say whether an address to listen at is reached from this machine alone.

    Parameters
    ----------
    host : str

    Examples
    --------
    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def read_token(path: Path | None, host: str) -> str | None:
    """Return the token in a file; None where none is needed and none is given.

    Parameters
    ----------
    path : Path, optional
    host : str
        The address to listen at.

    Raises
    ------
    InputError
        If other machines can reach the address and there is no token, or the file holds none that is fit.
    """
    if path is None:
        if is_loopback(host):
            return None
        raise InputError(
            f"{quoted(host)} can be reached from other machines, so a token is needed: write "
            f"{MIN_TOKEN} or more random characters into a file and name it with --token-file"
        )
    try:
        with path.open("rb") as file:
            text = file.read(MAX_TOKEN + 2).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not ASCII text"
        raise InputError(f"cannot read a token from {path}: {why}") from None
    if not MIN_TOKEN <= len(text) <= MAX_TOKEN or not text.isprintable() or " " in text:
        raise InputError(
            f"{path}: a token is one word of {MIN_TOKEN} to {MAX_TOKEN:,} printable ASCII characters, "
            f"but the file holds {len(text.split()):,} words of {len(text):,} characters; "
            "python -c 'import secrets; print(secrets.token_urlsafe())' makes one"
        )
    return text
