"""What a model of a profile's rows is made of can be written to a model file: said before it is trained."""

from __future__ import annotations

from perfpred.combination import Combination
from perfpred.documents.texts import require_text
from perfpred.errors import InputError
from perfpred.profile import Profile


def require_storable(combination: Combination, rows: Profile) -> None:
    """Raise `InputError` if a name or a level could not be read back from a model file."""
    try:
        for part in ("kernel", "variant", "hardware"):
            require_text(getattr(combination, part), f"a {part}")
        for name in rows.parameters:
            require_text(name, "a column's name")
            values = rows.X[name]
            if values.dtype.kind not in "biuf":
                for level in sorted({str(value) for value in values}):
                    require_text(level, f"a value of {name}")
    except InputError as error:
        raise InputError(f"{error}: rename it in the CSV") from None
