"""Whatever a candidate does, it becomes a row with a status, and the work goes on."""

import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("halide")
from perfpred.errors import InputError
from perfpred.halide.measure.compiling import compile_all, prepare
from perfpred.halide.measure.experiment import Experiment
from perfpred.halide.measure.timed import time_all
from perfpred.halide.measure.workers import HalideWorkers, autoschedule_job, compile_job
from perfpred.halide.pipeline.ref import PipelineRef
from perfpred.halide.pipeline.workload import Workload
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.hardware import Site, compiler, probe
from perfpred.measure.campaign import Effort
from perfpred.measure.journal import CampaignJournal
from perfpred.progress import NullProgress
from perfpred.sandbox.forking import ForkLimits, run_forked
from perfpred.variants.halide.library import target

MACHINE = probe()
SITE = Site.of(MACHINE, threads=1)
TARGET = target(SITE.isa)
SIZE = (96, 64)
pytestmark = pytest.mark.skipif(compiler() is None, reason="no compiler to link with")


def vectors(lanes):
    return Candidate((Directive("softened", 0, "vectorize", ("x", lanes)),))


@pytest.fixture(scope="module")
def workers():
    with HalideWorkers(ForkLimits(seconds=30, memory_bytes=4 << 30), workers=2) as made:
        yield made


def test_a_fork_tells_how_it_ended():
    limits = ForkLimits(seconds=0.5, memory_bytes=1 << 33)
    assert run_forked(lambda: {"answer": 42}, limits) == {"status": "ok", "answer": 42}
    assert run_forked(lambda: 1 / 0, limits)["message"] == "ZeroDivisionError: division by zero"
    assert run_forked(lambda: __import__("os").abort(), limits)["message"].startswith(
        "process ended with code -6"
    )
    assert run_forked(lambda: __import__("time").sleep(9), limits)["status"] == "timeout"
    found = run_forked(lambda: {"n": len(np.ones(1 << 36, dtype=np.uint8))}, limits)
    assert found["status"] == "runtime_error" and "emory" in found["message"]


@pytest.mark.parametrize(
    ("mode", "status", "message"),
    [
        ("abort", "compile_error", "process ended with code -6"),
        ("hang", "timeout", "not done within 2 s"),
        ("memory", "compile_error", "allocate"),
        ("raise", "compile_error", "soften fails at 96x64: RuntimeError: no luck"),
    ],
)
def test_a_pipeline_that_misbehaves(workers, soften, tmp_path, mode, status, message):
    Path(soften.split(":")[0]).with_suffix(".mode").write_text(mode)
    job = compile_job(Workload(PipelineRef.of(soften), SIZE), vectors(4), TARGET, str(tmp_path / "x.so"))
    reply = workers.run(job, ForkLimits(2.0, 4 << 30))
    assert reply["status"] == status and message in reply["message"]
    nonsense = {"kind": "nonsense", **Workload(PipelineRef.of("blur"), SIZE).to_json()}
    assert workers.run(nonsense)["status"] != "ok"


@pytest.mark.parametrize(
    ("directive", "message"),
    [
        (Directive("softened", 0, "split", ("q", "qo", "qi", 4)), "unknown loop of softened 'q'"),
        (Directive("down", 0, "compute_at", ("softened", "q")), "unknown loop of softened 'q'"),
        (Directive("nobody", 0, "compute_root"), "unknown Func 'nobody'"),
        (Directive("softened", 0, "reorder", ("x", "x")), "softened.reorder(x, x)"),
    ],
)
def test_an_illegal_schedule_is_a_compile_error(workers, soften, tmp_path, directive, message):
    candidate = Candidate((directive,))
    workload = Workload(PipelineRef.of(soften), SIZE)
    reply = workers.run(compile_job(workload, candidate, TARGET, str(tmp_path / "x.so")))
    assert reply["status"] == "compile_error" and message in reply["message"]


def test_an_autoschedulers_choice_is_replayed_as_directives(workers, soften, tmp_path):
    workload = Workload(PipelineRef.of(soften), SIZE)
    job = autoschedule_job(workload, "Mullapudi2016", {"parallelism": 2}, TARGET, "mullapudi2016")
    reply = workers.run(job)
    candidate = Candidate.from_json(reply["candidate"])
    assert candidate.source == "mullapudi2016"
    assert {each.method for each in candidate.directives} >= {"split", "vectorize", "compute_root"}
    again = workers.run(compile_job(workload, candidate, TARGET, str(tmp_path / "x.so")))
    assert again["status"] == "ok"


def test_describing_a_pipeline_that_cannot_be(workers, soften):
    with pytest.raises(InputError, match="holds no function or generator harden"):
        workers.describe(Workload(PipelineRef("harden", soften.replace(":soften", ":harden")), SIZE))


FATES = {
    "abort": "abort();",
    "crash": "*(volatile int *)0 = 1;",
    "hang": "for (;;) usleep(1000);",
    "memory": "for (;;) if (!malloc(1 << 26)) return 1;",
    "wrong": "return 0;",
    "error": "return -17;",
}
STUB = """
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int perfpred_pipeline_argv(void **arguments) { %s return 0; }
"""
WANTED = {
    "abort": ("runtime_error", "code -6"),
    "crash": ("runtime_error", "code -11"),
    "hang": ("timeout", "no answer within 2 s"),
    "memory": ("runtime_error", "error 1"),
    "wrong": ("wrong_result", "largest value"),
    "error": ("runtime_error", "error -17"),
}


def stand_in(experiment, candidate, code, folder):
    """Put code of our own where the compiled candidate is looked for."""
    (folder / "stub.c").write_text(STUB % code)
    library = experiment.library(candidate, SIZE)
    subprocess.run(["gcc", "-w", "-shared", "-fPIC", "-o", library, folder / "stub.c"], check=True)


@pytest.fixture
def experiment(workers, soften, tmp_path):
    workload = Workload(PipelineRef.of(soften), SIZE)
    described = {SIZE: workers.describe(workload, str(tmp_path / "96x64"))}
    made = Experiment(workload.pipeline, SITE, described, tmp_path)
    prepare(made, workers)
    return made


def compiled(experiment, workers, candidate):
    job = compile_job(
        Workload(experiment.pipeline, SIZE), candidate, TARGET, str(experiment.library(candidate, SIZE))
    )
    return workers.run(job)["status"] == "ok"


def test_every_fate_is_recorded_and_the_others_are_timed(workers, experiment, tmp_path):
    assert experiment.runtime_library.exists()
    good = vectors(4)
    assert compiled(experiment, workers, good)
    candidates, fates = [good], {}
    for lanes, (fate, code) in enumerate(FATES.items(), start=5):
        each = vectors(lanes)
        fates[each.id] = fate
        candidates.append(each)
        stand_in(experiment, each, code, tmp_path)
    effort = Effort(min_rounds=3, max_rounds=3, row_limit_s=2.0)
    experiment = replace(experiment, site=replace(SITE, machine=replace(MACHINE, memory_bytes=2 << 30)))
    with CampaignJournal(tmp_path / "j.journal", {}, resume=False) as journal:
        rows = time_all(experiment, candidates, journal, effort, 0, NullProgress())
    found = {row.subject: (record.status, record.message) for row, record in rows}
    assert found.pop(good.id) == ("ok", "")
    assert len(found) == len(FATES)
    for key, (status, message) in found.items():
        wanted = WANTED[fates[key]]
        assert status == wanted[0] and wanted[1] in message, (fates[key], status, message)
    assert len(next(record for row, record in rows if row.subject == good.id).times_s) == 3


SPOIL = "memset(*(void **)((char *)arguments[0] + 16), 0, 4096);"
"""Writes to the first argument's pixels: its buffer's host pointer is the third field."""


def test_what_a_wrong_one_spoils_is_not_held_against_the_others(workers, experiment, tmp_path):
    good = [vectors(lanes) for lanes in (2, 4, 8, 16)]
    assert all(compiled(experiment, workers, each) for each in good)
    spoiler = vectors(5)
    stand_in(experiment, spoiler, SPOIL, tmp_path)
    with CampaignJournal(tmp_path / "j.journal", {}, resume=False) as journal:
        effort = Effort(min_rounds=1, max_rounds=1)
        rows = time_all(experiment, [*good, spoiler], journal, effort, 0, NullProgress())
        order = [entry["row"] for entry in journal.entries()]
    assert [record.status for _, record in rows] == ["ok"] * 4 + ["wrong_result"]
    assert order.index(4) < 4  # some were checked after it


def test_what_was_compiled_before_is_not_compiled_again(workers, soften, tmp_path, monkeypatch):
    workload = Workload(PipelineRef.of(soften), SIZE)
    described = {SIZE: workers.describe(workload, str(tmp_path / "96x64"))}
    experiment = Experiment(workload.pipeline, SITE, described, tmp_path)
    with CampaignJournal(tmp_path / "first.journal", {}, resume=False) as journal:
        first = compile_all(experiment, [vectors(4), vectors(8)], workers, journal, NullProgress())
    monkeypatch.setattr(workers, "run_all", lambda jobs, *_: jobs and pytest.fail("something is compiled"))
    with CampaignJournal(tmp_path / "second.journal", {}, resume=False) as journal:
        again = compile_all(experiment, [vectors(4), vectors(8)], workers, journal, NullProgress())
        assert [entry["compiled"] for entry in journal.entries()] == list(again)
    assert {key: each.codes for key, each in again.items()} == {
        key: each.codes for key, each in first.items()
    }
