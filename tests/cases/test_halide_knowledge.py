"""What measured schedules belong to: an algorithm, whatever it is called; and what is never chosen again."""

import gzip
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from perfpred.errors import DataWarning, InputError, ModelFileError
from perfpred.halide.choose.database import ScheduleDatabase, load_database
from perfpred.halide.choose.lookup import AnotherAlgorithmError, find, find_algorithm
from perfpred.halide.choose.ranking import rank
from perfpred.halide.graph.identity import Identity, is_same
from perfpred.halide.schedule.candidate import Candidate, Directive
from perfpred.profile import read_profile
from perfpred.profile.table import Profile

CASES = Path(__file__).parents[1] / "data" / "cases"
NLMEANS = CASES / "halide-12-known-wrong-still-ranked" / "p.csv"
BLUR, SHARPEN = "0" * 19 + "1", "0" * 19 + "2"


def schedules(count):
    """Some schedules that differ."""
    made = (Directive("f", 0, "split", ("x", "o", "i", 2 + number)) for number in range(count))
    return tuple(Candidate((each,), "own") for each in made)


def knowledge(algorithm, pipeline="build", hardware="cpu-2t", failed=(), sizes=((64, 48),), level=-9.0):
    """Three measured schedules of an algorithm; of the numbers in `failed`, the status alone."""
    every = schedules(3)
    kept = tuple(each for number, each in enumerate(every) if number not in failed)
    log_time = np.full((len(kept), len(sizes)), level)
    lost = {every[number].id: "wrong_result" for number in failed}
    return ScheduleDatabase(
        *(pipeline, algorithm, hardware, sizes, kept, log_time, np.full_like(log_time, 0.01), None, 0.1),
        failed=lost,
    )


def test_what_was_wrong_at_one_size_is_out_at_all():
    found = ScheduleDatabase.read(NLMEANS)
    assert found.failed == {"s2924dee59eb": "wrong_result"}  # an allocation too large is a matter of size
    assert "s2924dee59eb" not in {each.id for each in found.candidates}
    for size in ((64, 96), (64, 48), (99, 55), (1000, 1000)):
        ranking = rank(found, size, None, None)
        assert ranking and "s2924dee59eb" not in {each.candidate.id for each in ranking}


@pytest.mark.parametrize(
    ("status", "message", "is_out"),
    [
        ("wrong_result", "differs from the reference schedule by up to 0.5", True),
        ("runtime_error", "process ended with code -11: ", True),
        ("runtime_error", "process ended with code -6: double free or corruption", True),
        ("runtime_error", None, True),  # the message is lost: nobody knows that it was harmless
        ("runtime_error", "Input buffer im is accessed at 64, which is beyond the max (63) in dim 0", False),
        ("runtime_error", "Total allocation for buffer dc is 2886721200, which exceeds the maximum", False),
        ("runtime_error", "out of memory", False),
        ("timeout", "no answer within 20 s", False),
        ("compile_error", "process ended with code -9: ", False),
    ],
)
def test_which_failures_count_everywhere(status, message, is_out):
    profile = read_profile(NLMEANS)
    table, key = profile.table.copy(), "sb451d9a3d7f"
    row = (table["schedule"] == key) & (table["width"] == 99)
    table.loc[row, ["status"]], table.loc[row, ["time_s", "noise", "rounds"]] = status, np.nan
    failures = [*profile.metadata["failures"]]
    failures += [{"schedule": key, "status": status, "message": message}] if message else []
    changed = Profile(table, profile.parameters, {**profile.metadata, "failures": failures})
    known = json.loads(NLMEANS.with_name("p.schedules.json").read_text())["schedules"]
    found = ScheduleDatabase.of(changed, {name: Candidate.from_json(each) for name, each in known.items()})
    assert (key in found.failed) == is_out
    assert (key in {each.id for each in found.candidates}) == (not is_out)


def test_what_failed_is_kept_when_it_is_measured_again(tmp_path):
    first = knowledge(BLUR, failed=(1,)).save(tmp_path)
    again = knowledge(BLUR).save(tmp_path)  # it happened to be right this time
    assert first == again
    found = load_database(again)
    assert found.failed == knowledge(BLUR, failed=(1,)).failed and len(found.candidates) == 2
    with pytest.raises(InputError, match="every schedule of build was wrong or crashed"):
        knowledge(BLUR).without_failed({each.id: "wrong_result" for each in schedules(3)})


def test_what_failed_on_another_machine_is_out_as_well(tmp_path):
    knowledge(BLUR, failed=(0,), hardware="gpu-9t").save(tmp_path)
    knowledge(BLUR).save(tmp_path)
    found = find(tmp_path, "build", "cpu-2t", Identity(BLUR))
    assert [each.id for each in found.candidates] == [each.id for each in schedules(3)[1:]]


@pytest.mark.parametrize(
    ("failed", "message"),
    [
        ({"s1": "wrong_result"}, "a key of failed must be the hash of a schedule's directives, but is 's1'"),
        ({schedules(1)[0].id: "wrong_result"}, r"candidates\[0\] must be none of those that failed"),
        ({"s00000000000": "fine"}, r"failed\.s00000000000 must be 'wrong_result' or 'runtime_error'"),
        (["s00000000000"], "failed must be a JSON object"),
        (None, "failed must be a JSON object"),
    ],
)
def test_a_file_that_says_nonsense_of_failures_is_refused(tmp_path, failed, message):
    path = knowledge(BLUR).save(tmp_path)
    rewrite(path, lambda body: body.update(failed=failed))
    with pytest.raises(ModelFileError, match=message):
        load_database(path)


def rewrite(path, change):
    """Change the body of a file, with its right hash."""
    from perfpred.halide.choose import database as database

    document = json.loads(gzip.decompress(path.read_bytes()))
    change(document["experience"])
    document["sha256"] = database.FORMAT.digest(document["experience"])
    path.write_bytes(gzip.compress(json.dumps(document).encode(), 1))


def test_functions_of_one_name_live_side_by_side(tmp_path):
    blur, sharpen = knowledge(BLUR, level=-9.0), knowledge(SHARPEN, level=-5.0)
    paths = {blur.save(tmp_path), sharpen.save(tmp_path)}
    assert len(paths) == 2
    for algorithm, level in ((BLUR, -9.0), (SHARPEN, -5.0)):
        assert find(tmp_path, "build", "cpu-2t", Identity(algorithm)).log_time[0, 0] == level
        assert find(tmp_path, "other", "cpu-2t", Identity(algorithm)).log_time[0, 0] == level
        assert find_algorithm(tmp_path, Identity(algorithm), "cpu-2t").log_time[0, 0] == level
        assert find_algorithm(tmp_path, Identity(algorithm), "cpu-1t") is None
    with pytest.raises(InputError, match=f"must hold one algorithm called build .* holds {BLUR}, {SHARPEN}"):
        find(tmp_path, "build", "cpu-2t")


def test_only_another_algorithm_of_the_name_is_known(tmp_path):
    knowledge(BLUR).save(tmp_path)
    with pytest.raises(
        AnotherAlgorithmError, match=rf"\(algorithm {BLUR}, which has changed since to {SHARPEN}\), unless"
    ) as it:
        find(tmp_path, "build", "cpu-2t", Identity(SHARPEN))
    assert it.value.measured == ((BLUR, (64, 48)),)
    assert find(tmp_path, "other", "cpu-2t", Identity(SHARPEN)) is None


OLD = "123456789abcdef0"


def as_earlier(folder, made, name=None):
    """Write a file as earlier versions named it."""
    path = made.save(folder / "new")
    earlier = folder / "halide" / f"{name or f'{made.pipeline}-{made.hardware}'}.json.gz"
    earlier.parent.mkdir(exist_ok=True)
    return path.rename(earlier)


def test_files_of_earlier_versions_are_found_and_never_overwritten_by_others(tmp_path):
    path = as_earlier(tmp_path, knowledge(OLD))
    old = Identity(BLUR, older=OLD)
    assert find(tmp_path, "build", "cpu-2t", old).algorithm == OLD
    assert find(tmp_path, "build", "cpu-2t").algorithm == OLD
    assert find_algorithm(tmp_path, old, "cpu-2t").algorithm == OLD
    before = path.read_bytes()
    assert knowledge(SHARPEN).save(tmp_path) != path and knowledge("f" * 16).save(tmp_path) != path
    assert path.read_bytes() == before
    assert knowledge(OLD, level=-7.0).save(tmp_path) == path  # the same one is replaced where it is
    assert find(tmp_path, "build", "cpu-2t", old).log_time[0, 0] == -7.0
    knowledge(BLUR, level=-6.0).save(tmp_path)  # measured again by this version
    assert find(tmp_path, "build", "cpu-2t", old).log_time[0, 0] == -6.0
    with pytest.raises(AnotherAlgorithmError):
        find(tmp_path, "build", "cpu-2t", Identity("3" * 20))


def test_what_an_earlier_version_saw_fail_is_out_of_newer_measurements(tmp_path):
    as_earlier(tmp_path, knowledge(OLD, failed=(2,)))
    knowledge(BLUR).save(tmp_path)
    found = find_algorithm(tmp_path, Identity(BLUR, older=OLD), "cpu-2t")
    assert found.algorithm == BLUR and [each.id for each in found.candidates] == [
        each.id for each in schedules(3)[:2]
    ]


def test_an_older_hash_counts_only_where_its_rule_tells_pipelines_apart(tmp_path):
    as_earlier(tmp_path, knowledge(OLD))
    assert find_algorithm(tmp_path, Identity(BLUR), "cpu-2t") is None
    assert not is_same("", Identity(BLUR, older=""))


def test_measurements_without_a_hash_are_found_by_name(tmp_path):
    as_earlier(tmp_path, knowledge(""))
    assert find(tmp_path, "build", "cpu-2t", Identity(BLUR)).algorithm == ""
    assert find_algorithm(tmp_path, Identity(BLUR), "cpu-2t") is None


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8bnot gzip", b"{}", b'{"experience": {"pipeline": "\\u001b[31m"}}']
)
def test_a_damaged_file_of_another_does_not_matter(tmp_path, content):
    path = tmp_path / "halide" / "aaa-cpu-2t.json.gz"
    path.parent.mkdir()
    path.write_bytes(content)
    knowledge(BLUR).save(tmp_path)
    with pytest.warns(DataWarning, match=r"aaa-cpu-2t\.json\.gz is left out: "):
        assert find_algorithm(tmp_path, Identity(BLUR), "cpu-2t").algorithm == BLUR
    with pytest.warns(DataWarning, match=r"aaa-cpu-2t\.json\.gz is left out: "):
        assert find(tmp_path, "build", "cpu-2t", Identity(BLUR)).algorithm == BLUR
    with pytest.warns(DataWarning):
        assert find_algorithm(tmp_path, Identity(SHARPEN), "cpu-2t") is None


def test_shipped_knowledge_belongs_to_its_pipeline():
    pytest.importorskip("halide")
    from perfpred.halide.pipeline.build import build
    from perfpred.halide.pipeline.ref import PipelineRef

    models, hardware = CASES.parents[2] / "models", "intel-xeon-6-207-avx512-2t"
    identity = build(PipelineRef.of("blur"), (64, 48)).identity
    assert find(models, "blur", hardware, identity).pipeline == "blur"
    assert find_algorithm(models, identity, hardware).algorithm == identity.older


def test_a_damaged_file_of_its_own_is_said(tmp_path):
    path = knowledge(BLUR).save(tmp_path)
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(ModelFileError, match="not a whole gzip file"):
        find_algorithm(tmp_path, Identity(BLUR), "cpu-2t")
    with pytest.raises(ModelFileError, match="not a whole gzip file"):
        find(tmp_path, "build", "cpu-2t", Identity(BLUR))
    assert knowledge(BLUR).save(tmp_path) == path
    rewrite(path, lambda body: body.update(noise=[]))
    with pytest.raises(ModelFileError, match="noise must be a list of 3 rows"):
        find_algorithm(tmp_path, Identity(BLUR), "cpu-2t")


def test_two_profiles_of_one_algorithm_are_not_trained_at_once(perfpred, tmp_path):
    for name in ("p", "q"):
        for part in (".csv", ".meta.json", ".schedules.json"):
            (tmp_path / f"{name}{part}").write_bytes(NLMEANS.with_name(f"p{part}").read_bytes())
    made = perfpred(
        "halide", "train", tmp_path / "p.csv", tmp_path / "q.csv", "--models", tmp_path / "models"
    )
    assert made.code == 2 and "are both of nlmeans (algorithm 289c26856df76257)" in made.err
    assert not (tmp_path / "models").exists()


def test_a_folder_without_anything(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert find(tmp_path, "build", "cpu-2t", Identity(BLUR)) is None
        assert find_algorithm(tmp_path / "none", Identity(BLUR), "cpu-2t") is None


SIZED = CASES / "halide-24-size-in-the-algorithm" / "pipe.py"


def sized(body):
    """A file with a pipeline that does something with its size."""
    return f"""
import halide as hl
import numpy as np


def sized(width, height):
    x, y = hl.Var("x"), hl.Var("y")
    im, out, before = hl.ImageParam(hl.Float(32), 2, "im"), hl.Func("out"), hl.Func("before")
    before[x, y] = im[x, y]
    {body}
    return out, [(im, np.ones((height, width), np.float32))], [width, height]
"""


BODIES = {
    "out[x, y] = before[x, y] / height": "Func out holds the height as a number (48, then 64)",
    "out[x, y] = before[x, y] * (width * height)": (
        "Func out holds the number 3072 at 64x48, but 6144 at 96x64"
    ),
    "out[x, y] = hl.sum(before[x, hl.RDom([(0, 2 ** (width // 32))]).x % 4])": (
        "Func sum holds the number 4 at 64x48, but 8 at 96x64"
    ),
    "out[x, y] = before[width - 1 - x, y]": "Func out holds the number 63 at 64x48, but 95 at 96x64",
    "out[x, y] = before[x, y] + (1 if width > 64 else im[x, y] - before[x, y])": (
        "Func out is defined otherwise at 96x64"
    ),
    "out[x, y] = before[x, y] if width > 64 else im[x, y]": "it has the Funcs ",
    "out[x, y] = before[x, y]; out[x, 0] = 1.0 * (width > 64); out.bound(x, 0, width)": (
        "Func out holds the number 0 at 64x48, but 1 at 96x64"
    ),
    "out[x, y] = before[x, y]; before.bound(x, 0, width)": "Func before is bounded otherwise at 96x64",
    "out[x, y] = before[x, y]\n    for _ in range(width // 32): out[x, y] += 1.0": (
        "Func out has 2 updates at 64x48, but 3 at 96x64"
    ),
    "out[x, y] = before[x, y] / im.height()": "",
}


@pytest.mark.parametrize("number", range(len(BODIES)))
def test_what_follows_the_size_is_named(number):
    pytest.importorskip("halide")
    from perfpred.halide.pipeline.build import checked
    from perfpred.halide.pipeline.difference import difference

    body, said = list(BODIES.items())[number]
    names, sizes = {}, ((64, 48), (96, 64))
    exec(compile(sized(body), "pipe.py", "exec"), names)
    found = difference([checked(*names["sized"](*size)).raw for size in sizes], sizes)
    assert found.startswith(said) and bool(found) == bool(said)


def test_a_pipeline_that_is_another_at_each_size_is_refused_at_once(perfpred, tmp_path):
    pytest.importorskip("halide")
    out = tmp_path / "p.csv"
    made = perfpred(
        *["halide", "profile", f"{SIZED}:mean_removed", "--size", "64x48", "--size", "128x96"],
        *["--candidates", "4", "--out", out],
    )
    assert made.code == 2 and "Traceback" not in made.err
    assert (
        "mean_removed must be one algorithm at all sizes to be measured at several, but is another at "
        "128x96 than at 64x48: Func sum holds the width as a number (64, then 128); use the extents of an "
        "input, such as im.width() or im.height(), in place of numbers, or measure each size by itself"
    ) in " ".join(made.err.split())
    assert not out.exists()


def test_what_was_measured_of_another_size_is_told_from_what_has_changed(perfpred, tmp_path):
    pytest.importorskip("halide")
    from perfpred.hardware import probe

    machine = probe()
    hardware = machine.hardware(machine.best_isa(), 1).id
    old = "355f09c7bf500fb0"  # as an earlier version measured it at 64x48
    as_earlier(tmp_path, knowledge(old, "mean_removed", hardware, sizes=((64, 48), (128, 96))))
    ranked = ["halide", "rank", f"{SIZED}:mean_removed", "--models", tmp_path, "--threads", "1", "--size"]
    made = perfpred(*ranked, "96x64")
    assert made.code == 2, made.out
    assert (
        "is another algorithm at 96x64" in made.err
        and "holds the width as a number (64, then 96)" in made.err
    )
