"""``perfpred audit``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import HardwareOption, Json, KernelOption, Models, VariantOption
from perfpred.app.column_options import takes_columns
from perfpred.app.console import notice, percent, print_json, progress_bar, say, table
from perfpred.app.gates import FalseAlarms, Junit, Markdown, Strict, finish, fraction, line

if TYPE_CHECKING:
    from perfpred.audit.models import Audit, Finding
    from perfpred.profile.columns.mapping import ColumnMapping


@takes_columns
def audit(
    frozen: Annotated[
        list[Path], typer.Argument(help="CSVs that no model was trained on.", show_default=False)
    ],
    models: Models,
    columns: ColumnMapping,
    max_mape: Annotated[str, typer.Option("--max-mape", help="Agreed mean error per combination.")] = "5%",
    max_regret: Annotated[str, typer.Option("--max-regret", help="Agreed mean cost of choices.")] = "2%",
    false_alarms: FalseAlarms = "1%",
    strict: Strict = False,
    junit: Junit = None,
    markdown: Markdown = None,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    json: Json = False,
) -> None:
    """Fail (exit code 1) if predictors are worse on frozen measurements than agreed.

    Example: perfpred audit frozen.csv --models models --max-mape 5% --max-regret 2% --junit audit.xml
    """
    from perfpred.app.reading import read
    from perfpred.audit.models import audit as judged
    from perfpred.predict.bank import load
    from perfpred.schemas.auditing import AuditDocument, FindingDocument

    bank = load(models)
    limits = fraction(max_mape, "--max-mape"), fraction(max_regret, "--max-regret")
    with progress_bar("judging"):
        rows = read(frozen, kernel, variant, hardware, columns)
        found = judged(rows, bank, *limits, false_alarms=fraction(false_alarms, "--false-alarms"))
    if json:
        findings = tuple(FindingDocument(**vars(each)) for each in found.findings)
        print_json(AuditDocument(findings, found.failed_rows, found.false_alarms))
    else:
        _show(found)
    lines = [
        line(f"{each.subject} {each.quantity}", each.state, _figure(each), each.reason)
        for each in found.findings
    ]
    finish("perfpred audit", lines, _footer(found), (junit, markdown), strict)


def _show(found: Audit) -> None:
    heads = {"": "left", "judged": "left", "mean": "right", "interval": "right"}
    rows = [
        [
            each.subject,
            each.quantity,
            percent(each.value),
            _interval(each),
            percent(each.limit),
            str(each.n),
            each.state,
        ]
        for each in found.findings
    ]
    table("", {**heads, "agreed": "right", "sizes": "right", "verdict": "left"}, rows)
    for each in found.findings:
        if each.state != "within":
            say(f"{each.subject}: {each.reason}")
    if found.failed_rows:
        notice(f"{found.failed_rows} rows failed when they were measured and are not judged")
    notice(_footer(found))


def _footer(found: Audit) -> str:
    seen = sum(each.trained_on for each in found.findings)
    flattered = (
        f"{seen} of {len(found.findings)} verdicts are on the very rows that the predictor was trained "
        "on, which flatters it: keep rows aside that training never sees; "
    )
    return (flattered if seen else "") + (
        f"false alarms: predictors exactly as good as agreed fail at most {found.false_alarms:.2g} of audits "
        f"on newly drawn sizes, all {len(found.findings)} verdicts together"
    )


def _interval(each: Finding) -> str:
    return f"{percent(each.low)} to {percent(each.high)}"


def _figure(each: Finding) -> str:
    return f"{percent(each.value)} ({_interval(each)}), agreed {percent(each.limit)}"
