"""Files of measured Halide schedules: read by declared types, so that nothing damaged is ranked."""

import copy
import gzip
import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from perfpred.errors import InputError, ModelFileError
from perfpred.halide.choose import database as stored
from perfpred.halide.choose.database import ScheduleDatabase, load_database
from perfpred.halide.choose.database_folder import place
from perfpred.halide.choose.lookup import find
from perfpred.halide.choose.ranking import rank
from perfpred.halide.cost.features import FEATURES
from perfpred.halide.schedule.candidate import Candidate
from perfpred.profile import Profile

MODELS = Path(__file__).parents[2] / "models" / "halide"
BLUR = next(MODELS.glob("blur-*.json.gz"))
BODY = json.loads(gzip.decompress(BLUR.read_bytes()))["experience"]
SMALL = {**BODY, **{key: BODY[key][:4] for key in ("candidates", "log_time", "noise")}, "model": None}


def shortened(member):
    """A member of a model with two of its trees, or few training rows."""
    if "centres" in member:
        return {**member, "centres": member["centres"][:8], "weights": member["weights"][:8]}
    end = member["roots"][2]  # trees lie one after the other, each from its root on
    nodes = {key: member[key][:end] for key in ("feature", "threshold", "left", "right", "value")}
    return {**member, **nodes, "roots": member["roots"][:2]}


def written(path, body):
    """Write a body with its right hash."""
    path.write_bytes(gzip.compress(json.dumps(stored.FORMAT.wrap(body)).encode(), 1))
    return path


def changed(path, value, body=SMALL):
    """The body with what lies at a path replaced, or removed for an Ellipsis."""
    made = copy.deepcopy(body)
    place = made
    for key in path[:-1]:
        place = place[key]
    if value is ...:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return made


def test_shipped_files_are_read_as_they_are():
    found = load_database(BLUR)
    assert found.pipeline == "blur" and len(found.candidates) == len(BODY["candidates"]) == 100
    assert found.log_time.shape == (100, 3) and found.model is not None
    ranking = rank(found, (640, 480), None, None)
    assert all(math.isfinite(each.expected_s) and each.expected_s > 0 for each in ranking)
    assert find(MODELS.parent, "blur", BODY["hardware"]).candidates == found.candidates


@pytest.mark.parametrize("key", sorted(SMALL))
def test_every_field_is_needed(tmp_path, key):
    path = written(tmp_path / "x.json.gz", changed((key,), ...))
    with pytest.raises(
        ModelFileError, match=rf"x\.json\.gz: experience must have '{key}', but it is missing"
    ):
        load_database(path)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("pipeline",), "a\nb", "pipeline must be the name of a function"),
        (("pipeline",), None, "pipeline must be"),
        (("algorithm",), 'x"', "algorithm must be a hash"),
        (("hardware",), "\x1b[31m", "hardware must be a plain text"),
        (("sizes",), [], "sizes must be a list of 1 to 1000 sizes"),
        (("sizes",), [[1, 1]] * 3, "sizes must be distinct sizes"),
        (("sizes", 0), [0, 480], r"sizes\[0\] must be a whole number in 1"),
        (("sizes", 0), [1.5, 480], r"sizes\[0\] must be a whole number"),
        (("sizes",), [[64, 64]], r"log_time\[0\] must be a list of 1 numbers, one per size"),
        (("candidates",), [], "candidates must be a list of 1 to 100000 schedules"),
        (("candidates", 1), 5, r"candidates\[1\]: it must be a JSON object, but is 5"),
        (("candidates", 1, "id"), "s1", r"candidates\[1\]: id must be the hash of the directives"),
        (("candidates", 1, "directives", 0, 3), 'x")', r"candidates\[1\]: directives\[0\]: .* is no name"),
        (("candidates", 1, "origin"), "{", r"candidates\[1\]: a plan must be JSON"),
        (("candidates", 1), SMALL["candidates"][0], "candidates must be distinct schedules"),
        (("log_time",), {}, "log_time must be a list of 4 rows, one per candidate"),
        (("log_time",), [[1.0]], "log_time must be a list of 4 rows"),
        (("log_time", 2, 1), "fast", r"log_time\[2\]\[1\] must be a finite number or null, but is 'fast'"),
        (("log_time", 2, 1), 1e308, r"log_time\[2\]\[1\] must be a number in -50\.\.50, but is 1e\+308"),
        (("log_time", 2, 1), True, r"log_time\[2\]\[1\] must be a finite number or null, but is True"),
        (("log_time", 2), [None] * 3, r"candidates\[2\] must have a time at some size"),
        (("log_time",), [[None, -9.0, -9.0]] * 4, r"sizes\[0\] must have a time of some schedule"),
        (("noise", 0, 0), -0.1, r"noise\[0\]\[0\] must be a number in 0\.\.1e\+06, but is -0\.1"),
        (("noise", 0, 0), 10**250, r"noise\[0\]\[0\] must be a number in"),
        (("spearman",), 2, r"spearman must be in -1\.\.1, but is 2"),
        (("model_deviation",), "x", "model_deviation must be a finite number or null"),
        (("model",), {"type": "Forest"}, r"model\.type must be 'Blend'"),
        (("more",), 1, "a key of experience must be one of"),
    ],
)
def test_nonsense_is_refused_with_its_place(tmp_path, path, value, message):
    file = written(tmp_path / "x.json.gz", changed(path, value))
    with pytest.raises(ModelFileError, match=rf"x\.json\.gz: {message}"):
        load_database(file)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("model_deviation",), None, r"model_deviation must be in 0\.\.100, but is nan"),
        (("model_deviation",), -1.0, r"model_deviation must be in 0\.\.100"),
        (
            ("model", "members", 0, "terms", 0),
            "width",
            "an input of the model must be a feature of schedules",
        ),
        (("model", "members", 1, "inputs", 0), "width*2", "an input of the model must be a feature"),
        (("model", "members", 0, "inputs", 0, "expression"), "m", "an input of the model must be a feature"),
        (("model", "weights"), [1.0], r"weights\.shape == \(3,\)"),
        (("model", "members", 1, "feature", 0), [0], "feature"),
    ],
)
def test_its_model_fits_the_features(tmp_path, path, value, message):
    body = {**SMALL, "model": {**BODY["model"], "members": [*map(shortened, BODY["model"]["members"])]}}
    load_database(written(tmp_path / "x.json.gz", body))
    file = written(tmp_path / "x.json.gz", changed(path, value, body))
    with pytest.raises(ModelFileError, match=message):
        load_database(file)


@pytest.mark.parametrize("body", [None, 5, "x", [], [1], {"pipeline": "blur"}])
def test_a_right_hash_is_not_enough(tmp_path, body):
    with pytest.raises(ModelFileError, match=r"x\.json\.gz: experience must "):
        load_database(written(tmp_path / "x.json.gz", body))


@pytest.mark.parametrize(
    "content", [b"", b"[" * 100_000, b"\xff", b"{}", b"[]", b"\x1f\x8bx", b'{"format": 1e999}']
)
def test_what_is_no_such_file(tmp_path, content):
    (tmp_path / "x.json.gz").write_bytes(content)
    with pytest.raises(ModelFileError, match=r"x\.json\.gz: "):
        load_database(tmp_path / "x.json.gz")


def test_times_that_lead_nowhere_are_not_ranked(tmp_path):
    steep = changed(("sizes",), [[100, 100], [101, 100], [102, 100]])
    steep["log_time"] = [[-9.0 + row, 9.0 + row, 40.0 + row] for row in range(4)]
    found = load_database(written(tmp_path / "x.json.gz", steep))
    with pytest.raises(InputError, match=r"at 10000x10000.* too far from that size, or was damaged"):
        rank(found, (10_000, 10_000), None, None)


def test_a_file_is_found_by_what_it_holds(tmp_path):
    path = place(tmp_path, "blur", "", "here-2t")
    path.parent.mkdir()
    written(path, {**SMALL, "hardware": "there-2t"})
    assert find(tmp_path, "blur", "here-2t") is None
    assert find(tmp_path, "blur", "there-2t").pipeline == "blur"


@pytest.mark.parametrize("verb", ["rank", "schedule", "bench"])
def test_commands_end_with_a_sentence(perfpred, tmp_path, verb):
    pytest.importorskip("halide")
    from perfpred.hardware import probe

    machine = probe()
    hardware = machine.hardware(machine.best_isa(), 1).id
    path = place(tmp_path, "blur", "", hardware)
    path.parent.mkdir()
    written(path, {"pipeline": "blur"})
    out = ["--out", tmp_path / "s.json"] if verb == "schedule" else []
    made = perfpred(
        *["halide", verb, "blur", "--models", tmp_path, "--size", "64x48", "--threads", "1"], *out
    )
    assert made.code == 2 and "experience must have 'algorithm'" in made.err, made.err
    assert "Traceback" not in made.err


def rows_of(n=3):
    """A profile of a few schedules at two sizes."""
    table = [
        {"width": width, "height": 64, "schedule": each["id"], **dict.fromkeys(FEATURES, 1.0)}
        | {"variant": each["source"], "time_s": 1e-4 * (1 + row), "noise": 0.01}
        for row, each in enumerate(SMALL["candidates"][:n])
        for width in (64, 128)
    ]
    return pd.DataFrame(table).assign(kernel="blur", hardware="cpu-2t")


def taught(table):
    """What a table of measurements teaches."""
    known = {each["id"]: Candidate.from_json(each) for each in SMALL["candidates"]}
    parameters = [name for name in ("width", "height", "schedule", *FEATURES) if name in table]
    return ScheduleDatabase.of(Profile(table, tuple(parameters), {"algorithm": "abc"}), known)


def test_repeats_are_averaged():
    table = rows_of()
    again = table.assign(time_s=table["time_s"] * 4)
    found = taught(pd.concat([table, again], ignore_index=True))
    np.testing.assert_allclose(found.log_time[:, 0], np.log(2e-4 * np.arange(1, 4)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda table: table.drop(columns="width"), "it lacks width"),
        (lambda table: table.drop(columns=FEATURES[0]), f"it lacks {FEATURES[0]}"),
        (lambda table: table.assign(width=1.5), "column 'width' must hold whole numbers"),
        (lambda table: table.assign(height="tall"), "column 'height' must hold numbers, but holds 'tall'"),
        (lambda table: table.assign(width=-64), "column 'width' must hold whole numbers"),
        (lambda table: table.assign(kernel="a\nb"), "pipeline must be the name of a function"),
        (
            lambda table: table.assign(schedule="s000"),
            "of another one: 1 of 1 are not among them, such as 's000'",
        ),
        (lambda table: table.assign(time_s=1e-29), r"log_time\[0\]\[0\] must be a number in -50"),
    ],
)
def test_a_profile_that_teaches_nothing_is_refused(change, message):
    with pytest.raises(InputError, match=message):
        taught(change(rows_of()))
