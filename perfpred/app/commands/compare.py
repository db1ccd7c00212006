"""``perfpred compare``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from perfpred.app.arguments import HardwareOption, Json, KernelOption, VariantOption
from perfpred.app.column_options import takes_columns
from perfpred.app.console import notice, percent, print_json, say, table
from perfpred.app.gates import FalseAlarms, Junit, Markdown, Strict, finish, fraction, line

if TYPE_CHECKING:
    from perfpred.audit.comparison import Comparison, Verdict
    from perfpred.profile.columns.mapping import ColumnMapping

More = list[Path] | None


@takes_columns
def compare(
    first: Annotated[Path, typer.Argument(help="CSV of the state agreed upon.", show_default=False)],
    second: Annotated[Path, typer.Argument(help="CSV of the state to judge.", show_default=False)],
    columns: ColumnMapping,
    first_run: Annotated[
        More, typer.Option("--first-run", help="A further run of the first; repeatable.")
    ] = None,
    second_run: Annotated[
        More, typer.Option("--second-run", help="A further run of the second; repeatable.")
    ] = None,
    max_slowdown: Annotated[str, typer.Option("--max-slowdown", help="Slowdown that is tolerated.")] = "2%",
    run_scatter: Annotated[
        str,
        typer.Option("--run-scatter", help="Assumed scatter between runs, where a side has one run alone."),
    ] = "3%",
    false_alarms: FalseAlarms = "1%",
    strict: Strict = False,
    junit: Junit = None,
    markdown: Markdown = None,
    kernel: KernelOption = None,
    variant: VariantOption = None,
    hardware: HardwareOption = None,
    json: Json = False,
) -> None:
    """Fail (exit code 1) if kernels got slower than a first measurement says, or fail where they ran.

    Runs are compared: give several per side, measured by turns, as files or as rows of equal parameters.

    Example: perfpred compare main1.csv change1.csv --first-run main2.csv --second-run change2.csv
    """
    from perfpred.app.reading import read
    from perfpred.audit.comparison import compare as compared
    from perfpred.schemas.auditing import ComparisonDocument, VerdictDocument

    before, after = [
        [read([path], kernel, variant, hardware, columns) for path in (head, *(more or ()))]
        for head, more in ((first, first_run), (second, second_run))
    ]
    found = compared(
        before,
        after,
        fraction(max_slowdown, "--max-slowdown"),
        false_alarms=fraction(false_alarms, "--false-alarms"),
        scatter=fraction(run_scatter, "--run-scatter"),
    )
    if json:
        verdicts = tuple(VerdictDocument(**vars(each)) for each in found.verdicts)
        print_json(ComparisonDocument(verdicts, found.limit, found.false_alarms, found.assumed_scatter))
    else:
        _show(found)
    lines = [line(_name(each), each.state, _figure(each), each.reason) for each in found.verdicts]
    finish("perfpred compare", lines, _footer(found), (junit, markdown), strict)


def _show(found: Comparison) -> None:
    heads = {
        "": "left",
        "time": "right",
        "interval": "right",
        "rows": "right",
        "runs": "right",
        "would find": "right",
    }
    rows = [
        [
            _name(each),
            _change(each.ratio),
            _interval(each),
            str(each.rows),
            _runs(each),
            percent(each.detectable),
            each.state,
        ]
        for each in found.verdicts
    ]
    table("", {**heads, "verdict": "left"}, rows)
    for each in found.verdicts:
        if each.state not in ("unchanged", "faster"):
            say(f"{_name(each)}: {each.reason}")
    notice(_footer(found))


def _footer(found: Comparison) -> str:
    said = (
        f"false alarms: at most {found.false_alarms:.2g} of comparisons of equal programs fail, all "
        f"{len(found.verdicts)} verdicts together, if runs scatter between the sides as they do within them"
    )
    if found.assumed_scatter is not None:
        said += (
            f"; a side has one run alone, so a scatter of {found.assumed_scatter:.1%} between runs is "
            "assumed (--run-scatter): measure several, by turns"
        )
    return said


def _name(each: Verdict) -> str:
    return f"{each.combination.kernel} {each.combination.variant} {each.combination.hardware}"


def _change(ratio: float) -> str:
    return "-" if not math.isfinite(ratio) else f"{100 * (ratio - 1):+.1f}%"


def _interval(each: Verdict) -> str:
    low = _change(each.low) if each.low > 0 else "?"
    return f"{low} to {_change(each.high) if math.isfinite(each.high) else '?'}"


def _runs(each: Verdict) -> str:
    return f"{each.runs[0]} and {each.runs[1]}"


def _figure(each: Verdict) -> str:
    return f"{_change(each.ratio)} ({_interval(each)})"
