"""What a comparison says of sides that do not have the same: kernels of their own, failures, single runs."""

import math

import numpy as np
import pandas as pd
import pytest

from perfpred.audit.bounds import Estimate, difference_of, holm, mean_of
from perfpred.audit.comparison import compare
from perfpred.audit.documents import FAILED, PASSED, SKIPPED, Line, junit, markdown
from perfpred.audit.runs import paired_runs
from perfpred.errors import InputError
from perfpred.profile import Profile

PARAMETERS = {"conv": "f", "gemm": "m"}


def side(kernels=("conv", "gemm"), factor=1.0, failing=(), n=4):
    """Return a file of one or two kernels, whose parameters are blank in the rows of the other."""
    parts = []
    for kernel in kernels:
        rows = pd.DataFrame(
            {PARAMETERS[kernel]: np.arange(1.0, n + 1), "time_s": factor * np.arange(1.0, n + 1)}
        )
        rows = rows.assign(kernel=kernel, variant="v", hardware="h", status="ok")
        if kernel in failing:
            rows.loc[1, ["time_s", "status"]] = [np.nan, "wrong_result"]
        parts.append(rows)
    table = pd.concat(parts, ignore_index=True).reindex(
        columns=["kernel", "variant", "hardware", "f", "m", "time_s", "status"]
    )
    names = [PARAMETERS[kernel] for kernel in kernels]
    return Profile(table.drop(columns=[name for name in ("f", "m") if name not in names]), names)


def verdicts(first, second, **options):
    """Return verdicts by kernel."""
    return {each.combination.kernel: each for each in compare(first, second, **options).verdicts}


def test_rows_that_fail_now_are_seen_in_a_file_of_several_kernels():
    found = verdicts([side()] * 3, [side(failing=("gemm",))] * 3)
    assert (found["gemm"].state, found["conv"].state) == ("broken", "unchanged")
    assert found["gemm"].reason == "fails where it ran before: m=2: wrong_result" and found["gemm"].rows == 3


def test_rows_that_failed_before_too_are_not_broken():
    failing = side(failing=("gemm",))
    found = verdicts([failing] * 2, [failing] * 2)
    assert found["gemm"].state == "unchanged" and found["gemm"].rows == 3


@pytest.mark.parametrize(("first", "second", "which"), [(4, 0, "first"), (0, 4, "second")])
def test_what_only_one_side_has_is_undecided_and_said(first, second, which):
    def with_variant(count):
        table = side(("gemm",)).table
        more = table.head(count).assign(variant="tiled")
        return Profile(pd.concat([table, more], ignore_index=True), ("m",))

    found = compare([with_variant(first)] * 2, [with_variant(second)] * 2).verdicts
    assert [(each.combination.variant, each.state) for each in found] == [
        ("v", "unchanged"),
        ("tiled", "undecided"),
    ]
    assert found[1].reason == f"only the {which} side has it" and found[1].rows == 0
    assert paired_runs([with_variant(first)], [with_variant(second)])[1].unpaired == 4


def test_settings_that_not_every_run_has_are_left_out_and_counted():
    [pair] = paired_runs([side(("gemm",))], [side(("gemm",), n=3)])
    assert (pair.rows, pair.unpaired) == (3, 1)
    one, other = side(("gemm",)), side(("gemm",))
    half = one.take(np.array([0, 1])), other.take(np.array([2, 3]))
    [verdict] = compare([half[0]], [half[1]]).verdicts
    assert verdict.reason == "no setting of the parameters was measured in every run of both sides"
    assert (verdict.state, verdict.detectable) == ("undecided", math.inf)


def test_sides_of_other_parameters_or_kernels_are_refused():
    with pytest.raises(InputError, match="both sides must have the same parameters, but have: f; m"):
        compare([side(("conv",))], [side(("gemm",))])
    other = Profile(side(("gemm",)).table.assign(hardware="other"), ("m",))
    with pytest.raises(InputError, match="in common: one has gemm v h, the other gemm v other"):
        compare([side(("gemm",))], [other])


@pytest.mark.parametrize("limit", [0.02, 0.5, 5.0])
def test_what_would_be_found_is_no_less_than_the_limit(limit):
    found = verdicts([side()] * 3, [side()] * 3, limit=limit)["gemm"]
    assert found.detectable == pytest.approx(limit)


@pytest.mark.parametrize(
    ("factor", "limit", "state", "reason"),
    [
        (1.5, 0.02, "slower", "takes 50.0% longer than before, beyond the agreed 2.0%"),
        (0.5, 0.02, "faster", "takes 50.0% less time than before"),
        (1.0, 0.02, "unchanged", "a slowdown of 2.0% or more is ruled out"),
        (1.0, 0.0, "unchanged", "a slowdown of 0.0% or more is ruled out"),
        (1.01, 0.02, "unchanged", "a slowdown of 2.0% or more is ruled out"),
    ],
)
def test_every_state_has_its_reason(factor, limit, state, reason):
    found = verdicts([side()] * 3, [side(factor=factor)] * 3, limit=limit)["gemm"]
    assert (found.state, found.reason) == (state, reason)
    assert found.low <= found.ratio == pytest.approx(factor) and found.high >= factor * (1 - 1e-9)


def test_a_single_run_assumes_a_scatter():
    found = compare([side()], [side(factor=1.03)], scatter=0.03)
    assert found.assumed_scatter == 0.03 and {each.state for each in found.verdicts} == {"undecided"}
    assert found.verdicts[0].reason.startswith("the runs scatter too much to tell")
    assert compare([side()] * 2, [side()] * 2).assumed_scatter is None and not found.failed


def test_bounds_of_what_is_known_exactly_or_not_at_all():
    exact, unknown = Estimate(1.0, 0.0, 3.0), Estimate(1.0, math.inf, 1.0)
    assert (exact.below(0.01), exact.above(0.01), exact.p_greater(0.5), exact.p_greater(1.0)) == (
        1,
        1,
        0.0,
        1.0,
    )
    assert (unknown.below(0.01), unknown.above(0.01), unknown.p_greater()) == (-math.inf, math.inf, 1.0)
    assert mean_of(np.array([2.0])).error == math.inf
    assert difference_of(np.ones(2), 2 * np.ones(3), 0.1) == Estimate(1.0, 0.0, 3.0)
    assert difference_of(np.ones(1), np.ones(4), 0.1).error == pytest.approx(0.1 * math.sqrt(1.25))


@pytest.mark.parametrize(
    ("p_values", "answers"),
    [([], []), ([0.01], [True]), ([0.006, 0.006], [False, False]), ([0.005, 0.01], [True, True])],
)
def test_false_alarms_are_shared_out(p_values, answers):
    assert holm(p_values, 0.01) == answers


def test_files_for_servers_put_failures_first_and_hold_no_markup():
    lines = [
        Line("a|b", "unchanged", "1%", "fine\nso far", PASSED),
        Line("<c>", "slower", "9%\x00", "it & got slower", FAILED),
        Line("d", "undecided", "", "few runs", SKIPPED),
    ]
    text = markdown("compare", lines, "a *footer*")
    rows = text.splitlines()[4:7]
    assert [row.split("|")[1].strip() for row in rows][:2] == ["\\<c\\>", "d"]
    assert "a\\|b" in rows[2] and "fine so far" in rows[2] and "a \\*footer\\*" in text and "\x00" not in text
    xml = junit("compare", lines)
    assert 'tests="3" failures="1" errors="0" skipped="1"' in xml and 'name="&lt;c&gt;"' in xml
    assert '<skipped message="few runs"' in xml and "\x00" not in xml


def test_the_command_says_what_only_one_side_has(perfpred, tmp_path):
    table = side(("gemm",)).table.drop(columns=["noise", "rounds"])
    table.to_csv(tmp_path / "a.csv", index=False)
    pd.concat([table, table.assign(variant="new")]).to_csv(tmp_path / "b.csv", index=False)
    shown = perfpred("compare", tmp_path / "a.csv", tmp_path / "b.csv", "--markdown", tmp_path / "r.md")
    assert shown.code == 0, shown.err
    assert "only the second side has it" in shown.out and "nan" not in shown.out
    assert "only the second side has it" in (tmp_path / "r.md").read_text()
    document = perfpred("compare", tmp_path / "a.csv", tmp_path / "b.csv", "--json").json
    assert [each["state"] for each in document["verdicts"]].count("undecided") >= 1
