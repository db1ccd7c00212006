"""Machines and the ids made of them, and what is probed where the system tells nothing."""

import dataclasses
import os
import subprocess

import pytest

from perfpred.errors import InputError, UnknownNameError
from perfpred.hardware import (
    ISA_LEVELS,
    Hardware,
    Machine,
    Site,
    compiler,
    device_id,
    isa_level,
    probing,
    vector_registers,
)
from perfpred.hardware.processors import allowed_processors

MACHINE = Machine(
    cpu="test-cpu-6-85",
    model_name="Test CPU",
    microarchitecture="zen",
    cores=4,
    affinity=(1, 3),
    memory_bytes=1 << 34,
    caches_bytes={"L1d": 32768},
    flags=("avx2", "fma", "sse4_2"),
    governor="performance",
    system="Linux",
)


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("test-cpu-6-85-avx2-2t", Hardware("test-cpu-6-85", "avx2", 2)),
        ("test-cpu-6-85-sse4.2-1t", Hardware("test-cpu-6-85", "sse4.2", 1)),
        ("avx2-1t", Hardware("test-cpu-6-85", "avx2", 1)),
    ],
)
def test_an_id_stands_for_hardware_of_this_machine(identity, expected):
    assert MACHINE.hardware_named(identity) == expected


@pytest.mark.parametrize(
    ("identity", "error", "message"),
    [
        ("cluster", InputError, "hardware 'cluster' does not end with ISA level and threads"),
        ("test-cpu-6-85-avx2", InputError, "does not end with ISA level and threads"),
        ("test-cpu-6-85-avx2-1234567t", InputError, "does not end with ISA level and threads"),
        ("test-cpu-6-85-avx-2t", UnknownNameError, "unknown ISA level 'avx'; did you mean 'avx2'"),
        ("other-cpu-avx2-2t", UnknownNameError, "unknown ISA level 'other-cpu-avx2'"),
        ("test-cpu-6-85-avx2-3t", InputError, r"threads must be in 1\.\.2 on this machine, but got 3"),
    ],
)
def test_an_id_that_stands_for_none_is_refused(identity, error, message):
    with pytest.raises(error, match=message):
        MACHINE.hardware_named(identity)


def test_a_machine_without_levels_says_so():
    bare = dataclasses.replace(MACHINE, flags=("neon",))
    with pytest.raises(InputError, match=r"test-cpu-6-85 has none of the ISA levels sse4\.2, avx2, avx512"):
        bare.best_isa()
    with pytest.raises(InputError, match="has none of the ISA levels"):
        Site.of(bare)


def test_a_site_takes_the_widest_level_and_all_processors_unless_told():
    assert Site.of(MACHINE).hardware == Hardware("test-cpu-6-85", "avx2", 2)
    assert Site.of(MACHINE, "sse4.2", 1).hardware.id == "test-cpu-6-85-sse4.2-1t"
    with pytest.raises(InputError, match="needs CPU flags avx512f"):
        Site.of(MACHINE, "avx512").hardware  # noqa: B018


def test_a_machine_is_described_in_plain_values():
    described = MACHINE.describe()
    assert described["caches_bytes"] == {"L1d": 32768}
    assert described["affinity"] == (1, 3)
    assert Machine(**described) == MACHINE


def test_registers_and_devices():
    assert [vector_registers(isa_level(name).vector_bytes) for name in ISA_LEVELS] == [
        16,
        16,
        32,
    ]
    assert device_id("NVIDIA H100(TM) 80GB HBM3") == "nvidia-h100-80gb-hbm3"
    assert device_id("") == ""


@pytest.fixture
def fresh():
    """Nothing is known of this machine yet, nor is afterwards."""
    cached = (probing.this_cpu, probing.probe, compiler)
    for each in cached:
        each.cache_clear()
    yield
    for each in cached:
        each.cache_clear()


def test_a_system_that_tells_nothing_still_has_an_id(monkeypatch, fresh, tmp_path):
    monkeypatch.setattr(probing, "_text", lambda path: "")
    monkeypatch.setattr(probing, "CACHE_DIR", tmp_path / "none")
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    found = probing.probe()
    assert (found.cpu, found.model_name, found.governor) == ("riscv64", "riscv64", "unknown")
    assert (found.flags, found.caches_bytes) == ((), {})


def test_caches_are_those_of_data_in_bytes(monkeypatch, fresh, tmp_path):
    kinds = [
        ("Data", 1, "48K"),
        ("Instruction", 1, "32K"),
        ("Unified", 2, "2M"),
        ("Unified", 3, "4096"),
        ("Unified", 4, ""),
    ]
    for index, (kind, level, size) in enumerate(kinds):
        folder = tmp_path / f"index{index}"
        folder.mkdir()
        for name, text in {"type": kind, "level": level, "size": size}.items():
            (folder / name).write_text(f"{text}\n")
    monkeypatch.setattr(probing, "CACHE_DIR", tmp_path)
    assert probing.probe().caches_bytes == {"L1d": 48 << 10, "L2": 2 << 20, "L3": 4096}


def test_no_compiler_is_none(monkeypatch, fresh):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert compiler() is None


def test_the_second_compiler_is_found_and_one_that_says_nothing_is_unknown(monkeypatch, fresh):
    monkeypatch.setattr("shutil.which", lambda name: "/bin/clang++" if name == "clang++" else None)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0, "", ""))
    assert compiler() == ("/bin/clang++", "unknown")


def test_all_processors_where_the_system_does_not_tell(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert allowed_processors() == (0,)
