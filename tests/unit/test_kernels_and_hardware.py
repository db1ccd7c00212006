"""Names, sizes, ids and plans, and what is said of wrong ones."""

import dataclasses

import numpy as np
import pytest

from perfpred.errors import InputError, UnknownNameError, VariantUnavailableError
from perfpred.hardware import cpu_id, isa_level, probe
from perfpred.kernels import kernel
from perfpred.measure.plan import Request, make_plan
from perfpred.measure.profiling import Destination

MACHINE = dataclasses.replace(probe(), cpu="test-cpu", affinity=(0, 1), flags=("sse4_2", "avx2", "fma"))


def test_drawn_sizes_are_distinct_and_repeat_for_a_seed():
    matmul = kernel("matmul")
    sizes = matmul.draw(300, np.random.default_rng(3))
    assert sizes == matmul.draw(300, np.random.default_rng(3))
    assert len({tuple(s.values()) for s in sizes}) == 300
    assert all(1 <= value <= 1024 for s in sizes for value in s.values())


def test_more_sizes_than_there_are_is_an_error():
    small = dataclasses.replace(
        kernel("matmul"),
        parameters=tuple(dataclasses.replace(p, high=2) for p in kernel("matmul").parameters),
    )
    with pytest.raises(InputError, match="has 8 sizes, but 9 were asked for"):
        small.draw(9, np.random.default_rng(0))


def test_unknown_names_offer_the_nearest():
    with pytest.raises(UnknownNameError, match="unknown kernel 'matmull'; did you mean 'matmul'"):
        kernel("matmull")
    with pytest.raises(UnknownNameError, match="did you mean 'avx512'"):
        isa_level("avx-512")


def test_cpu_id_drops_marks_and_clock():
    assert cpu_id("AMD EPYC 9B14 96-Core Processor", "25", "17") == "amd-epyc-9b14-96-core-25-17"
    assert cpu_id("", "", "") == "cpu"


def test_a_level_the_cpu_lacks_is_refused():
    with pytest.raises(InputError, match="ISA level avx512 needs CPU flags avx512f"):
        MACHINE.hardware("avx512", 1)
    assert MACHINE.best_isa() == "avx2"


@pytest.mark.parametrize("threads", [0, -1, 3])
def test_impossible_thread_counts_are_refused(threads):
    with pytest.raises(InputError, match=rf"threads must be in 1\.\.2 on this machine, but got {threads}"):
        MACHINE.hardware("avx2", threads)


def test_a_plan_has_every_variant_at_the_same_sizes():
    plan = make_plan([Request("matmul", threads=(1, 2))], MACHINE, samples=5)
    assert [s.reason for s in plan.skipped if s.variant == "ublas"] == [
        "runs matmul on at most 1 thread(s), but 2 were asked for"
    ]
    by_subject = {s: [row.sizes for row in plan.rows if row.subject == s] for s in plan.subjects}
    assert all(sizes == list(plan.parts[0].sizes) for sizes in by_subject.values())


def test_a_named_variant_that_cannot_run_stops_everything():
    with pytest.raises(VariantUnavailableError, match="nothing was measured"):
        make_plan([Request("matmul", ("openblas", "ublas"), (2,))], MACHINE, strict=True)


def test_unknown_variants_and_counts_are_refused():
    with pytest.raises(UnknownNameError, match="did you mean 'openblas'"):
        make_plan([Request("matmul", ("openblass",))], MACHINE)
    with pytest.raises(InputError, match="samples must be >= 1"):
        make_plan([Request("matmul")], MACHINE, samples=0)


def test_output_placeholders_make_a_file_a_combination():
    plan = make_plan([Request("matmul", ("openblas", "onednn"))], MACHINE, samples=2)
    paths = Destination("d/matmul-{variant}-{hardware}.csv").paths(plan)
    assert [path.name for path in paths] == [
        "matmul-openblas-test-cpu-avx2-1t.csv",
        "matmul-onednn-test-cpu-avx2-1t.csv",
    ]
    assert Destination("all.csv").paths(plan).popitem()[1] == list(plan.subjects)
    assert Destination("all.csv.gz").journal.name == "all.journal"


def test_requests_for_one_kernel_share_its_sizes():
    requests = [Request("matvec", ("openblas",)), Request("softmax"), Request("matvec", ("onednn",), (1, 2))]
    plan = make_plan(requests, MACHINE, samples=4)
    assert [part.kernel for part in plan.parts] == ["matvec", "softmax"]
    assert [str(subject) for subject in plan.parts[0].subjects] == [
        "matvec openblas test-cpu-avx2-1t",
        "matvec onednn test-cpu-avx2-1t",
        "matvec onednn test-cpu-avx2-2t",
    ]


def test_what_cannot_run_here_is_skipped_unless_strict():
    requests = [Request("matmul", ("openblas",), (1, 64), ("avx2", "avx512"))]
    plan = make_plan(requests, MACHINE, samples=2)
    assert [subject.hardware.id for subject in plan.subjects] == ["test-cpu-avx2-1t"]
    assert len(plan.skipped) == 3
    with pytest.raises(VariantUnavailableError, match="ISA level avx512 needs CPU flags"):
        make_plan(requests, MACHINE, strict=True)
    with pytest.raises(VariantUnavailableError, match=r"threads must be in 1\.\.2"):
        make_plan([Request("matmul", threads=(64,))], MACHINE)


def test_several_kernels_need_a_placeholder():
    plan = make_plan([Request("matvec", ("openblas",)), Request("matmul", ("openblas",))], MACHINE, samples=2)
    assert sorted(path.name for path in Destination("{kernel}-{cpu}.csv").paths(plan)) == [
        "matmul-test-cpu.csv",
        "matvec-test-cpu.csv",
    ]
    with pytest.raises(InputError, match="would hold several kernels"):
        Destination("all.csv").paths(plan)
    with pytest.raises(InputError, match="--out may hold "):
        Destination("{colour}.csv").paths(plan)
