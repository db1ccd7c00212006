"""The notice that models are of another machine."""

from __future__ import annotations

from collections.abc import Iterable

from perfpred.app.console import notice
from perfpred.errors import shortlist
from perfpred.hardware import this_cpu
from perfpred.predict.machine import cpu_of, is_this_machine


def check_machine(kernel: str, hardware: Iterable[str], *, chosen: bool) -> bool | None:
    """Say whether models of these hardware ids are of this machine; print a notice if none is.

    Parameters
    ----------
    kernel : str
    hardware : iterable of str
        Ids of the models that answer.
    chosen : bool
        Whether the user named the hardware, and needs no notice.
    """
    ids = list(dict.fromkeys(hardware))
    here = is_this_machine(ids)
    if here is False and not chosen:
        others = shortlist(sorted({cpu_of(each) or each for each in ids}), shown=4)
        notice(
            f"no model of {kernel} used here is of this machine ({this_cpu()}), but of {others}: "
            "times of another machine were 34% off on average; name a hardware with --hardware, "
            "or profile the kernel here and train"
        )
    return here
