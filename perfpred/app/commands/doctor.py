"""``perfpred doctor``."""

from __future__ import annotations

from perfpred.app.arguments import Json
from perfpred.app.console import print_json, say, table


def doctor(json: Json = False) -> None:
    """Say what is installed, what can run here and why not, and how steady this machine is.

    Example: perfpred doctor
    """
    from perfpred.app.diagnosis import diagnose
    from perfpred.schemas.measuring import CheckDocument

    checks = diagnose()
    if json:
        print_json([CheckDocument(each.name, each.state, each.detail, each.advice) for each in checks])
        return
    table(
        "",
        {"": "left", "state": "left", "found": "left"},
        [[each.name, each.state, each.detail] for each in checks],
    )
    for each in checks:
        if each.advice and each.state != "ok":
            say(f"{each.name}: {each.advice}")
