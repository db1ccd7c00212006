"""Gates: what fails, what is undecided, and how often a gate is wrong."""

import json
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

from perfpred.audit.bounds import difference_of, holm, mean_of
from perfpred.audit.comparison import compare
from perfpred.audit.documents import FAILED, PASSED, Line, junit, markdown
from perfpred.audit.models import audit
from perfpred.errors import InputError
from perfpred.learn.training import train
from perfpred.profile.table import Profile

SIZES = np.array([10.0, 20, 40, 80, 160, 320])


def run_of(rng, slower=1.0, scatter=0.01, noise=0.02, kernels=("axpy",), hardware="h"):
    """Return one run: all its times are shifted together, and each has noise of its own."""
    shift = rng.normal(0, scatter)
    rows = [
        {"kernel": kernel, "variant": "v", "hardware": hardware, "n": n}
        | {"time_s": 1e-6 * n * slower * np.exp(shift + rng.normal(0, noise))}
        for kernel in kernels
        for n in SIZES
    ]
    return Profile(pd.DataFrame(rows), ("n",))


def runs_of(rng, count, **options):
    return [run_of(rng, **options) for _ in range(count)]


def test_equal_programs_rarely_fail():
    rng = np.random.default_rng(0)
    kernels = ("a", "b", "c")
    failed = sum(
        compare(runs_of(rng, 3, kernels=kernels), runs_of(rng, 3, kernels=kernels)).failed for _ in range(20)
    )
    assert failed <= 2


def test_the_rate_of_false_alarms_is_what_is_stated():
    rng = np.random.default_rng(0)
    p_values = [difference_of(*rng.normal(0, 1, (2, 4)), 0.03).p_greater() for _ in range(4000)]
    assert np.mean(np.array(p_values) < 0.01) <= 0.015


def test_a_slowdown_is_found():
    rng = np.random.default_rng(1)
    found = [compare(runs_of(rng, 6), runs_of(rng, 6, slower=1.06)).failed for _ in range(10)]
    assert np.mean(found) >= 0.8


def test_single_runs_are_not_trusted():
    rng = np.random.default_rng(2)
    found = compare(runs_of(rng, 1, noise=1e-4), runs_of(rng, 1, slower=1.05, noise=1e-4))
    assert found.verdicts[0].state == "undecided"
    assert found.assumed_scatter == 0.03
    sure = compare(runs_of(rng, 1), runs_of(rng, 1, slower=1.5))
    assert sure.verdicts[0].state == "slower"


def test_repeated_rows_are_runs():
    rng = np.random.default_rng(3)

    def in_one_file(runs):
        return Profile(pd.concat([run.table for run in runs]), ("n",))

    first, second = runs_of(rng, 5), runs_of(rng, 5, slower=1.1)
    together = compare([in_one_file(first)], [in_one_file(second)]).verdicts[0]
    apart = compare(first, second).verdicts[0]
    assert together.runs == apart.runs == (5, 5)
    assert together.ratio == pytest.approx(apart.ratio)
    assert together.state == "slower"


def test_what_is_faster_or_unchanged_passes():
    rng = np.random.default_rng(4)
    faster = compare(runs_of(rng, 6), runs_of(rng, 6, slower=0.8))
    assert faster.verdicts[0].state == "faster"
    same = compare(runs_of(rng, 6, scatter=1e-3, noise=1e-3), runs_of(rng, 6, scatter=1e-3, noise=1e-3))
    assert same.verdicts[0].state == "unchanged"
    assert not faster.failed
    assert not same.failed


def test_one_disturbed_row_is_no_slowdown():
    rng = np.random.default_rng(5)
    second = runs_of(rng, 4, scatter=1e-3, noise=1e-3)
    for run in second:
        run.table.loc[2, "time_s"] *= 3
    assert compare(runs_of(rng, 4, scatter=1e-3, noise=1e-3), second).verdicts[0].state == "unchanged"


def test_rows_that_fail_now_are_broken():
    rng = np.random.default_rng(6)
    broken = run_of(rng).table.copy()
    broken["status"] = "ok"
    broken.loc[1, ["status", "time_s"]] = ["wrong_result", np.nan]
    found = compare(runs_of(rng, 2), [Profile(broken, ("n",)), run_of(rng)])
    assert found.failed
    assert found.verdicts[0].state == "broken"
    assert "n=20: wrong_result" in found.verdicts[0].reason


def test_other_machines_are_not_compared():
    rng = np.random.default_rng(7)
    with pytest.raises(InputError, match="no combination in common"):
        compare([run_of(rng)], [run_of(rng, hardware="other")])


@pytest.mark.parametrize("option", [{"limit": -0.1}, {"false_alarms": 0.0}, {"scatter": 2.0}])
def test_numbers_out_of_range_are_refused(option):
    rng = np.random.default_rng(8)
    with pytest.raises(InputError, match="must be"):
        compare([run_of(rng)], [run_of(rng)], **option)


def test_the_difference_is_welchs():
    from scipy import stats

    first, second = np.array([0.0, 0.1, -0.1, 0.05]), np.array([0.3, 0.2, 0.5])
    ours = difference_of(first, second, 0.03)
    theirs = stats.ttest_ind(second, first, equal_var=False, alternative="greater")
    assert ours.p_greater() == pytest.approx(theirs.pvalue)


def test_bounds_of_nothing_known():
    single = mean_of(np.array([0.3]))
    assert single.p_greater(0.1) == 1.0
    assert single.below(0.01) == -np.inf
    assert mean_of(np.array([0.3, 0.3])).p_greater(0.1) == 0.0
    assert holm([], 0.01) == []


@pytest.fixture(scope="module")
def trained():
    rng = np.random.default_rng(9)
    n = np.unique(rng.integers(10, 1000, 60)).astype(float)

    def rows(variant, slope, noise=0.01, shift=1.0):
        time_s = 1e-8 * slope * n**1.1 * np.exp(rng.normal(0, noise, len(n))) * shift
        return pd.DataFrame({"kernel": "k", "variant": variant, "hardware": "h", "n": n, "time_s": time_s})

    learned = pd.concat([rows("p", 1.0), rows("q", 1.5)])
    bank = train(Profile(learned, ("n",)), model="linear-c", complexity={"work": "n"}, random_state=0)
    return bank, rows


def test_good_predictors_pass(trained):
    bank, rows = trained
    found = audit(Profile(pd.concat([rows("p", 1.0), rows("q", 1.5)]), ("n",)), bank)
    assert not found.failed
    assert {finding.state for finding in found.findings} == {"within"}
    assert [finding.quantity for finding in found.findings] == ["mape", "mape", "regret"]


def test_a_changed_kernel_fails_its_predictor(trained):
    bank, rows = trained
    found = audit(Profile(pd.concat([rows("p", 1.0, shift=2.0), rows("q", 1.5)]), ("n",)), bank)
    states = {(finding.subject, finding.quantity): finding.state for finding in found.findings}
    assert states["k p h", "mape"] == "worse"
    assert states["k q h", "mape"] == "within"
    assert states["k on h", "regret"] == "worse"


def test_few_rows_leave_it_undecided(trained):
    bank, rows = trained
    few = rows("p", 1.0).iloc[[3, 30]].assign(time_s=lambda table: table["time_s"] * [1.0, 1.2])
    found = audit(Profile(few, ("n",)), bank)
    assert found.findings[0].state == "undecided"
    assert "too few" in found.findings[0].reason


def test_without_a_model_it_says_so(trained):
    bank, rows = trained
    with pytest.raises(InputError, match="nothing to audit: no model is of a combination"):
        audit(Profile(rows("r", 1.0), ("n",)), bank)
    found = audit(Profile(pd.concat([rows("p", 1.0), rows("r", 1.0)]), ("n",)), bank)
    assert found.failed
    assert found.findings[-1].state == "no model"


def test_rows_that_failed_are_counted(trained):
    bank, rows = trained
    table = rows("p", 1.0).assign(status="ok")
    table.loc[0, ["status", "time_s"]] = ["timeout", np.nan]
    assert audit(Profile(table, ("n",)), bank).failed_rows == 1


def test_documents_escape_what_files_name():
    hostile = Line("<b>|`x`", "worse", "1%", 'a "quoted" & <tag> \x1b[31m', FAILED)
    text = markdown("t", [Line("fine", "within", "1%", "good", PASSED), hostile], "footer")
    assert "<b>" not in text
    assert text.index("fine") > text.index("worse")  # failures first
    assert all(line.count(" | ") == 3 for line in text.splitlines() if line.startswith("| "))
    case = ET.fromstring(junit("s", [hostile])).find("testsuite/testcase")
    assert case.get("name") == "<b>|`x`"
    assert "\x1b" not in case.find("failure").get("message")


def write(profile, path):
    from perfpred.profile.writer import write_profile

    write_profile(profile, path)
    return str(path)


def test_compare_from_the_command_line(perfpred, tmp_path):
    rng = np.random.default_rng(10)
    first = [write(run, tmp_path / f"a{i}.csv") for i, run in enumerate(runs_of(rng, 4))]
    second = [write(run, tmp_path / f"b{i}.csv") for i, run in enumerate(runs_of(rng, 4, slower=1.3))]
    more = [option for path in first[1:] for option in ("--first-run", path)]
    more += [option for path in second[1:] for option in ("--second-run", path)]
    outcome = perfpred("compare", first[0], second[0], *more, "--junit", str(tmp_path / "j.xml"))
    assert outcome.code == 1
    assert "longer than before, beyond the agreed 2.0%" in outcome.out
    assert "false alarms: at most 0.01" in outcome.err
    assert ET.parse(tmp_path / "j.xml").getroot().find("testsuite").get("failures") == "1"
    swapped = perfpred("compare", second[0], first[0], "--max-slowdown", "2%", "--json")
    assert swapped.code == 0
    assert json.loads(swapped.out)["verdicts"][0]["state"] in ("faster", "undecided")


def test_strict_fails_on_the_undecided(perfpred, tmp_path):
    rng = np.random.default_rng(11)
    first, second = (write(run, tmp_path / f"{i}.csv") for i, run in enumerate(runs_of(rng, 2, slower=1.0)))
    assert perfpred("compare", first, second).code == 0
    assert perfpred("compare", first, second, "--strict").code == 1


def test_audit_from_the_command_line(perfpred, tmp_path, trained):
    bank, rows = trained
    bank.save(tmp_path / "models")
    frozen = write(Profile(rows("p", 1.0), ("n",)), tmp_path / "frozen.csv")
    arguments = ("audit", frozen, "--models", str(tmp_path / "models"), "--markdown", str(tmp_path / "a.md"))
    passed = perfpred(*arguments)
    assert passed.code == 0, passed.err
    assert "within" in passed.out
    assert "false alarms" in passed.err
    failed = perfpred(*arguments, "--max-mape", "0.1%")
    assert failed.code == 1
    assert "beyond the agreed 0.1%" in (tmp_path / "a.md").read_text().replace("\\", "")
    wrong = perfpred(*arguments, "--max-mape", "5")
    assert wrong.code == 2
    assert "did you mean 5%?" in wrong.err


def test_rows_that_were_trained_on_are_said(perfpred, tmp_path, trained):
    _, rows = trained
    frozen = Profile(rows("p", 1.0), ("n",))
    train(frozen, model="linear-c", complexity={"work": "n"}, random_state=0).save(tmp_path / "models")
    outcome = perfpred("audit", write(frozen, tmp_path / "f.csv"), "--models", str(tmp_path / "models"))
    assert outcome.code == 0, outcome.err
    assert "1 of 1 verdicts are on the very rows" in outcome.err
