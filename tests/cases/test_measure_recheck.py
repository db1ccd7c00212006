"""``profile --check`` of somebody else's data: what cannot be measured is said, not guessed."""

import pytest

from perfpred.hardware import probe

PLACE = f"{probe().cpu}-{probe().best_isa()}-1t"


@pytest.mark.parametrize(
    ("kernel", "hardware", "header", "sizes", "message"),
    [
        ("matvec", f"{probe().cpu}-avx2-xt", "m,n", "10,10", "does not end with ISA level and threads"),
        ("matvec", f"{probe().cpu}-t", "m,n", "10,10", "does not end with ISA level and threads"),
        ("matvec", f"{probe().cpu}-avx2-" + "9" * 30 + "t", "m,n", "10,10", "does not end with"),
        ("matvec", f"{probe().cpu}-zzz-1t", "m,n", "10,10", "unknown ISA level 'zzz'"),
        ("nothing", PLACE, "m,n", "10,10", "unknown kernel 'nothing'"),
        ("matvec", PLACE, "m,n", "10.5,10", "m must be a whole number >= 1, but is 10.5"),
        ("matvec", PLACE, "m,n", "-5,10", "m must be a whole number >= 1, but is -5"),
        ("matvec", PLACE, "m,n", "1e30,10", "m must be a whole number >= 1"),
        ("matvec", PLACE, "m,n", "a,10", "m must be a whole number >= 1, but is 'a'"),
        ("matvec", PLACE, "m,k", "10,10", "the sizes of kernel matvec are m, n, but the data has m, k"),
        ("matvec", PLACE, "m,n,k", "10,10,3", "but the data has m, n, k"),
    ],
)
def test_rows_that_cannot_be_measured_again(tmp_path, perfpred, kernel, hardware, header, sizes, message):
    path = tmp_path / "a.csv"
    path.write_text(f"kernel,variant,hardware,{header},time_s\n{kernel},openblas,{hardware},{sizes},0.001\n")
    outcome = perfpred("profile", "--check", path)
    assert outcome.code == 2 and message in outcome.err


def test_no_row_measured_again_is_failed_work(tmp_path, perfpred, monkeypatch):
    from perfpred.measure.process import MeasuringProcess

    failed = {"status": "runtime_error", "message": "no luck"}
    monkeypatch.setattr(MeasuringProcess, "ask", lambda self, sizes, check: failed)
    path = tmp_path / "a.csv"
    path.write_text(f"kernel,variant,hardware,m,n,time_s\nmatvec,openblas,{PLACE},10,10,0.001\n")
    outcome = perfpred("profile", "--check", path)
    assert outcome.code == 1 and "none of 1 rows could be measured again: no luck" in outcome.err


def test_nothing_asked_for_is_a_wrong_request(tmp_path, perfpred):
    outcome = perfpred("profile", "matvec", "--threads", ",", "--out", tmp_path / "a.csv")
    assert outcome.code == 2 and "nothing is asked for" in outcome.err
