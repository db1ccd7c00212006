"""Files as benchmark tools write them: recognised by their header, their names taken apart."""

from perfpred.profile.formats.recognised import Recognised
from perfpred.profile.formats.recognising import recognise

__all__ = ["Recognised", "recognise"]
