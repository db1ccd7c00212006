"""Shared by all tests: made-up measurements, and the command line run in this process."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from perfpred.app.main import main
from perfpred.halide.choose.limits import Limits
from perfpred.testing import check_document
from perfpred.testing.documents import command_of

RATES = {"openblas": 6e10, "eigen": 4e10}
"""Multiplications a second of the made-up variants."""


if "PYTEST_XDIST_WORKER" in os.environ:
    # The processors are busy already: a training that starts workers of its own spends its time importing.
    os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what the tests of `golden` know."""
    parser.addoption("--update-golden", action="store_true", help="write the texts of tests/golden anew")


TIMED = {
    *("test_adaptive_command", "test_process", "test_profile_command"),
    *("test_measure_cache", "test_measure_children", "test_measure_outputs", "test_store_pool"),
}
"""Modules whose tests wait for a clock: they run one after another, beside tests that do not."""


@lru_cache
def _shares(path: Path) -> bool:
    """Say whether tests of a module use something that the module makes once."""
    return path.is_file() and 'scope="module"' in path.read_text(encoding="utf-8")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Group what one worker should run: tests by the clock, and those of a module that makes a thing once."""
    from xdist.scheduler import LoadScopeScheduling

    class Grouped(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path = Path(nodeid.split("::")[0])
            if path.stem in TIMED:
                return "clock"
            return str(path) if _shares(config.rootpath / path) else nodeid

    return Grouped(config, log) if config.getoption("dist") == "loadgroup" else None


def measurements(n: int = 80, seed: int = 0) -> pd.DataFrame:
    """Two variants of matmul at the same `n` sizes, with an overhead, traffic and 1% noise."""
    rng = np.random.default_rng(seed)
    m, n_, k = rng.integers(1, 1025, (3, n))
    frames = [
        pd.DataFrame(
            {
                "kernel": "matmul",
                "variant": variant,
                "hardware": "test-cpu-avx2-1t",
                "m": m,
                "n": n_,
                "k": k,
                "time_s": (2e-7 + m * n_ * k / rate + 3e-10 * (m * k + k * n_ + m * n_))
                * np.exp(0.01 * rng.standard_normal(n)),
                "noise": 0.01,
            }
        )
        for variant, rate in RATES.items()
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Let children be interrupted where the shell that started the tests ignores SIGINT, as for ``&``."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(autouse=True)
def short_judging(monkeypatch: pytest.MonkeyPatch) -> None:
    """Choices of Halide schedules are judged shortly, and not put off while other tests keep it busy."""
    monkeypatch.setattr("perfpred.halide.choose.limits.LIMITS", Limits(max_blocks=4, time_s=5.0, wait_s=0.0))


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    """A profile CSV of two made-up variants."""
    path = tmp_path / "matmul.csv"
    measurements().to_csv(path, index=False)
    return path


@dataclass
class Outcome:
    """What a command did."""

    code: int
    out: str
    err: str
    command: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout, which is of the command's type."""
        document = json.loads(self.out)
        check_document(self.command, document)
        return document


@pytest.fixture
def perfpred(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run ``perfpred ARGUMENTS...`` in this process; returns its `Outcome`."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr("sys.argv", ["perfpred", *map(str, arguments)])
        capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err, command_of([*map(str, arguments)]))

    return run


TUNING_DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "gpu"
"""Whole tuning spaces, beside the checkout: too large to be part of it."""


@pytest.fixture
def tuning_data() -> Path:
    """The folder of whole tuning spaces; the test is skipped where there is none."""
    if not TUNING_DATA.is_dir():
        pytest.skip("the whole tuning spaces are not at ../shared/data/gpu")
    return TUNING_DATA


@pytest.fixture
def extracts() -> Path:
    """The folder of small extracts of real tuning data."""
    return Path(__file__).parent / "data" / "tuning"
