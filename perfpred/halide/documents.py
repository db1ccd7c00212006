"""Reading JSON files that strangers may have written."""

from __future__ import annotations

import json
import os
from typing import Any

from perfpred.errors import InputError
from perfpred.files import read_bytes


def read_json(path: str | os.PathLike[str], kind: str = "JSON") -> Any:
    """Return what a JSON file holds, gzipped or not.

    Parameters
    ----------
    path : path-like
    kind : str
        What the file should be, for the message.

    Raises
    ------
    InputError
        If it is missing, too large, or not JSON; the message names the file.
    """
    try:
        return json.loads(read_bytes(path, kind))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except RecursionError:
        raise InputError(f"{path}: this is no JSON document: it is nested too deeply") from None
    except (ValueError, MemoryError) as error:  # ValueError: also bytes that are no text, and endless numbers
        raise InputError(f"{path}: this is no JSON document: {error}") from None
