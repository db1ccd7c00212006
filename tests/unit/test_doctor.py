"""What the doctor finds in the way of measurements: faked files of the system, limits, broken plug-ins."""

import resource
import tempfile
from importlib.metadata import EntryPoint

import pytest

from perfpred.app.diagnosis import machine, plug_ins, surroundings


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def two_processors(monkeypatch):
    monkeypatch.setattr("perfpred.hardware.processors.allowed_processors", lambda: (0, 1))


@pytest.mark.usefixtures("two_processors")
class TestQuota:
    def found(self, folder):
        return list(surroundings.quota(folder, folder / "membership"))

    def test_of_the_second_version(self, tmp_path):
        write(tmp_path / "membership", "0::/box\n")
        write(tmp_path / "box" / "cpu.max", "150000 100000\n")
        (check,) = self.found(tmp_path)
        assert check.state == "warning"
        assert check.detail == "the container may use 1.5 of the 2 processors that it sees"

    def test_of_the_first_version(self, tmp_path):
        write(tmp_path / "cpu" / "cpu.cfs_quota_us", "50000")
        write(tmp_path / "cpu" / "cpu.cfs_period_us", "100000")
        assert "0.5 of the 2" in self.found(tmp_path)[0].detail

    @pytest.mark.parametrize("text", ["max 100000", "400000 100000", "", "50 0", "nonsense"])
    def test_none(self, text, tmp_path):
        write(tmp_path / "cpu.max", text)
        assert self.found(tmp_path) == []


@pytest.mark.usefixtures("two_processors")
def test_siblings_share_a_core(tmp_path):
    for number in (0, 1):
        write(tmp_path / f"cpu{number}" / "topology" / "thread_siblings_list", "0-1\n")
    (check,) = machine.siblings(tmp_path)
    assert check.detail == "processors 0-1 share a core"
    assert list(machine.siblings(tmp_path / "none")) == []


def test_clock_and_heat(tmp_path):
    write(tmp_path / "cpu0" / "cpufreq" / "scaling_cur_freq", "1800000")
    write(tmp_path / "cpu0" / "cpufreq" / "cpuinfo_max_freq", "3600000")
    write(tmp_path / "thermal_zone0" / "temp", "95000")
    write(tmp_path / "thermal_zone1" / "temp", "nonsense")
    clock, heat = machine.speed(tmp_path, tmp_path)
    assert clock.detail == "now 1.80 GHz, at most 3.60 GHz"
    assert (heat.state, heat.detail) == ("warning", "95 °C")
    assert list(machine.speed(tmp_path / "none", tmp_path / "none")) == []


def test_low_limits_are_named(monkeypatch):
    def limit(which):
        return {resource.RLIMIT_AS: (1 << 30, 1 << 30), resource.RLIMIT_NOFILE: (64, 64)}.get(which, (-1, -1))

    monkeypatch.setattr(resource, "getrlimit", limit)
    (check,) = surroundings.limits()
    assert check.state == "warning"
    assert check.detail == (
        "address space (ulimit -v) 1024 MiB, less than 4096; open files (ulimit -n) 64, less than 256"
    )


def test_a_folder_of_temporary_files_that_is_not_there(monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", "/none/such")
    (check,) = surroundings.temporary_files()
    assert (check.state, "TMPDIR" in check.advice) == ("broken", True)


def test_an_entry_point_that_does_not_load_is_named(monkeypatch):
    broken = EntryPoint("mine", "no_such_module_here:THING", "perfpred.kernels")
    monkeypatch.setattr(
        plug_ins, "entry_points", lambda group: [broken] if group == "perfpred.kernels" else []
    )
    (check,) = plug_ins.entry_points_that_load()
    assert (check.name, check.state) == ("plug-in mine", "broken")
    assert "ModuleNotFoundError" in check.detail
