"""A cluster of two workers: what dies on the way changes nothing about the models."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pandas as pd
import pytest

import perfpred as pp
from perfpred.errors import InputError, PerfpredError, PerfpredWarning
from perfpred.hardware import Hardware, probe
from perfpred.measure.destination import Destination
from perfpred.measure.host_campaign import HostCampaign, dealt
from perfpred.measure.plan import Part, Plan
from perfpred.measure.process import Subject
from perfpred.parallel import workers
from perfpred.parallel.pool import run
from tests.conftest import measurements

distributed = pytest.importorskip("distributed")

GATED = """
import os, signal, time
from pathlib import Path
from perfpred.learn.registry import Model, model, register

HERE = Path({folder!r})

def gated(complexity, features, random_state):
    "The second call kills its process; from the fourth on, calls wait until a file is there."
    if not (HERE / "quiet").exists():
        with (HERE / "calls").open("a") as file:
            file.write("x")
        calls = (HERE / "calls").stat().st_size
        if calls == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        while calls > 3 and not (HERE / "open").exists():
            time.sleep(0.05)
    return model("linear-c").make(complexity, features, random_state)

GATED = register(Model("gated", "linear-c behind a gate", gated, uses_complexity=True, max_parameters=None))

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def failing(number):
    raise ValueError(number)
"""
COORDINATOR = """
import sys
import gated
import perfpred as pp

if __name__ == "__main__":
    address, csv, models = sys.argv[1:]
    with pp.cluster(address), pp.ResultJournal(models) as journal:
        pp.train(pp.read_profile(csv), model="gated", journal=journal).save(models)
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with a module that this process and those it starts can import."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "gated.py").write_text(GATED.format(folder=str(folder)))
    (folder / "coordinator.py").write_text(COORDINATOR)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))


@pytest.fixture(scope="module")
def address(place):
    """Two workers with their scheduler, in processes of their own."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=50
    ) as started:
        started.scheduler.allowed_failures = 1
        yield started.scheduler_address


@pytest.fixture(scope="module")
def csv(place):
    """Four combinations."""
    rows = measurements(40)
    path = place / "matmul.csv"
    other = rows.assign(hardware="other-cpu-avx2-1t", time_s=2 * rows["time_s"])
    pd.concat([rows, other]).to_csv(path, index=False)
    return path


class Stranger(SimpleHTTPRequestHandler):
    """A server that is no scheduler."""

    def log_message(self, *arguments):
        pass


def _models(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix == ".json"}


def _until(condition, limit_s=60):
    end = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_killing_a_worker_and_then_the_coordinator_changes_no_byte(place, address, csv):
    models, journals = place / "models", lambda: list(place.glob("models.*.journal"))
    paths = os.pathsep.join([str(place), *sys.path])
    command = [sys.executable, str(place / "coordinator.py"), address, str(csv), str(models)]
    environment = {**os.environ, "PYTHONPATH": paths}
    with subprocess.Popen(command, env=environment) as first:
        calls = place / "calls"
        _until(lambda: calls.exists() and calls.stat().st_size == 5)  # two done, one killed, two waiting
        _until(lambda: journals()[0].read_bytes().count(b"\n") == 3)  # a header, two results
        first.send_signal(signal.SIGKILL)
    assert not models.exists()
    (place / "open").touch()
    subprocess.run(command, env=environment, check=True, timeout=100)
    assert calls.stat().st_size == 7  # the two that were missing, once more
    assert not journals()
    (place / "quiet").touch()
    import gated

    expected = pp.train(pp.read_profile(csv), model=gated.GATED.name, n_jobs=1)
    expected.save(place / "expected")
    assert _models(models) == _models(place / "expected")
    assert len(_models(models)) == 4


def test_jobs_on_a_cluster_are_those_of_this_machine(place, address, csv, perfpred):
    import gated
    from joblib import delayed

    profile = pp.read_profile(csv)
    with pp.cluster(address) as found:
        assert found.workers == 2
        assert run([delayed(divmod)(each, 3) for each in range(20)], 20, 1) == [
            divmod(n, 3) for n in range(20)
        ]
        with pytest.raises(ValueError, match="0"):
            run([delayed(gated.failing)(0)], 1, 1)
        with pytest.raises(InputError, match="there is nothing to train on"):
            pp.train(
                pp.Profile(profile.table.assign(status="timeout", time_s=float("nan")), profile.parameters)
            )
        errors = pp.evaluate(profile, models=["linear-c"], train_size=20, repeats=1)
        with pytest.raises(PerfpredError, match=r"a job ended \d workers of the cluster"):
            run([delayed(gated.die)()], 1, 1)
    here = pp.evaluate(profile, models=["linear-c"], train_size=20, repeats=1, n_jobs=1)
    assert errors.drop(columns="fit_s").equals(here.drop(columns="fit_s"))
    outcome = perfpred(
        "train", csv, "--models", place / "by_command", "--model", "linear-c", "--cluster", address
    )
    assert outcome.code == 0, outcome.err
    assert f"of the cluster at {address}" in outcome.err
    pp.train(profile, model="linear-c", n_jobs=1).save(place / "here")
    assert _models(place / "by_command") == _models(place / "here")


CAMPAIGN = """
out = "{kernel}-{cpu}.csv"
samples = 2
min_rounds = 2
max_rounds = 2

[[measure]]
kernels = ["matvec", "softmax"]
variants = ["naive"]
"""


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_a_host_measures_once_whatever_workers_it_has(address, tmp_path, perfpred):
    file = tmp_path / "campaign.toml"
    file.write_text(CAMPAIGN)
    command = ("profile", "--campaign", file, "--cluster", address, "--json")
    outcome = perfpred(*command)
    assert outcome.code == 0, outcome.err
    assert outcome.err.count("2 combinations") == 1  # two workers, one host
    hardware = {each["hardware"] for each in outcome.json}
    assert [each.startswith(f"{probe().cpu}-") for each in hardware] == [True]
    csvs = sorted(tmp_path.glob("*.csv"))
    assert [path.name for path in csvs] == [f"{name}-{probe().cpu}.csv" for name in ("matvec", "softmax")]
    assert [len(pp.read_profile(path)) for path in csvs] == [2, 2]
    assert len(list(tmp_path.glob("*.meta.json"))) == len(list(tmp_path.glob("*.md"))) == 2
    outcome = perfpred(*command)
    assert (outcome.code, "exists: continue with --resume" in outcome.err) == (2, True)
    before = csvs[0].read_bytes()
    csvs[1].unlink()
    assert perfpred(*command, "--resume").code == 0
    assert (csvs[0].read_bytes(), csvs[1].exists()) == (before, True)
    outcome = perfpred("profile", "matvec", "--out", tmp_path / "a.csv", "--cluster", address)
    assert (outcome.code, "--cluster measures a --campaign" in outcome.err) == (2, True)


def test_hosts_of_one_cpu_share_kernels_and_others_measure_all():
    def plan(cpu):
        hardware = Hardware(cpu, "avx2", 1)
        parts = [
            Part(name, (Subject(name, "naive", hardware),), ({"n": 1},)) for name in ("matvec", "softmax")
        ]
        return Plan(tuple(parts), 0)

    plans = {"a": plan("zen"), "b": plan("zen"), "c": plan("xeon")}
    request = HostCampaign("", Destination("{kernel}-{cpu}.csv"), 1.0)
    todo = {host: [str(part.paths[0]) for part in parts] for host, parts in dealt(request, plans).items()}
    assert todo == {
        "a": ["matvec-zen.csv"],
        "b": ["softmax-zen.csv"],
        "c": ["matvec-xeon.csv", "softmax-xeon.csv"],
    }
    with pytest.raises(InputError, match=r"matvec.csv would hold rows of zen and of xeon: put \{cpu\}"):
        dealt(HostCampaign("", Destination("{kernel}.csv"), 1.0), plans)


def test_a_cluster_that_is_not_there_is_said_at_once(csv, perfpred, tmp_path):
    server = HTTPServer(("127.0.0.1", 0), Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with closing(server.socket):
        for given, said in {
            "tcp://127.0.0.1:9": "there is no Dask scheduler at tcp://127.0.0.1:9: Connection refused",
            f"127.0.0.1:{server.server_port}": "what answers there is none",
            "nonsense": "a cluster is local, or the address of its scheduler such as tcp://host:8786",
            "tcp://host:70000": "but got 'tcp://host:70000'",
        }.items():
            outcome = perfpred("train", csv, "--models", tmp_path / "models", "--cluster", given)
            assert (outcome.code, said in outcome.err) == (2, True), outcome.err
            assert outcome.err.count("\n") == 1
        server.shutdown()
    assert not list(tmp_path.iterdir())


def test_workers_with_something_else_are_said(monkeypatch):
    found = {"perfpred": "0.0.1", "code": "", "python": "2.7.18", "packages": {}}
    with pytest.raises(InputError, match=r"worker tcp://a:1 has perfpred 0\.0\.1, but here is"):
        workers.require_same("tcp://a:1", found)
    found["perfpred"] = pp.__version__
    with pytest.raises(InputError, match="whose files differ from those here"):
        workers.require_same("tcp://a:1", found)
    found["code"] = workers.code_digest()
    with pytest.raises(InputError, match=r"has Python 2\.7\.18, but here is"):
        workers.require_same("tcp://a:1", found)
    found["python"] = sys.version.split()[0]
    with pytest.warns(PerfpredWarning, match="numpy None, here"):
        workers.require_same("tcp://a:1", found)
    lacking = {"lacks": "No module named 'perfpred'", "perfpred": None}
    with pytest.raises(InputError, match="no perfpred that works: No module named 'perfpred'; install"):
        workers.require_same("tcp://a:1", lacking)
