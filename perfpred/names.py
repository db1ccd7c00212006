"""Names derived from texts that people gave: of files, safe on every file system, and short keys of contents.

``file_stem(("matmul", "openblas", "xeon-1t"))`` is ``matmul-openblas-xeon-1t``. A name that the hyphens, or a
file system without case, could confuse with another carries a hash of its exact parts after an underscore.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Sequence

_KEY_DIGITS = 16
_PLAIN = re.compile(r"[a-z0-9][a-z0-9.]*")
_PLAIN_LAST = re.compile(r"[a-z0-9][a-z0-9.-]*")
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE | re.DOTALL)
_MAX_PLAIN = 150
"""Characters; with a suffix and a temporary name's additions that stays far below the usual 255 bytes."""
_MAX_READABLE = 80
_HASH_DIGITS = 12


def slug(text: str, joiner: str = "-", keep: str = "") -> str:
    """Return a text with a joiner in place of whatever is not an ASCII letter, a digit, or one of `keep`.

    Examples
    --------
    >>> slug("block size (x)", "_"), slug("C++ 17.2", keep=".")
    ('block_size_x_', 'C-17.2')
    """
    return re.sub(rf"[^A-Za-z0-9{re.escape(keep)}]+", joiner, text)


def content_key(content: bytes) -> str:
    """Return a key that other contents do not have, for the name of a file in a cache."""
    return hashlib.sha256(content).hexdigest()[:_KEY_DIGITS]


def file_stem(parts: Sequence[str], known: Iterable[str] = ()) -> str:
    """Return a file name without suffix for `parts`; other parts have another one, whatever their case.

    Parameters
    ----------
    parts : sequence of str
        At least one, such as a kernel, a variant and a hardware.
    known : iterable of str
        First parts that may be written with hyphens for underscores: those that the caller registers.

    Returns
    -------
    str
        ASCII letters, digits, ``.``, ``-`` and, before a hash, ``_``.

    Examples
    --------
    >>> file_stem(("conv2d_nchw", "eigen", "xeon-avx2-1t"), known=["conv2d_nchw"])
    'conv2d-nchw-eigen-xeon-avx2-1t'
    >>> file_stem(("nbody", "C++", "i7")), file_stem(("nbody", "C#", "i7"))
    ('nbody-C-i7_51b002f423d9', 'nbody-C-i7_b9b076536fe8')
    """
    stem = "-".join(slug(part, keep=".") for part in parts)
    if len(stem) <= _MAX_PLAIN and _owner(stem, len(parts), known) == tuple(parts):
        return stem
    readable = re.sub(r"-+", "-", stem)[:_MAX_READABLE].strip(".-") or "model"
    if _RESERVED.fullmatch(readable):
        readable = f"model-{readable}"
    exact = json.dumps(list(parts))
    return f"{readable}_{hashlib.sha256(exact.encode()).hexdigest()[:_HASH_DIGITS]}"


def _owner(stem: str, n_parts: int, known: Iterable[str]) -> tuple[str, ...] | None:
    """Return the one sequence of parts that may be called `stem`, None if none may.

    The first part is the longest known one, else the text before the first hyphen; so is each further part
    but the last, which is the rest.
    """
    if _RESERVED.fullmatch(stem):
        return None
    written = {name.replace("_", "-"): name for name in known}
    first = max((each for each in written if f"{stem}-".startswith(f"{each}-")), key=len, default=None)
    parts: list[str] = []
    rest = stem
    if first is not None and n_parts > 1:
        parts, rest = [written[first]], stem[len(first) + 1 :]
    pieces = rest.split("-", n_parts - len(parts) - 1)
    middle, last = pieces[:-1], pieces[-1]
    if not all(_PLAIN.fullmatch(each) for each in middle) or not _PLAIN_LAST.fullmatch(last):
        return None
    return (*parts, *middle, last)
