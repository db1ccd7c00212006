"""Folders of models: changed as one, read when first asked, and nothing in them believed unread."""

import json
import math
import os
from dataclasses import replace

import pytest

from perfpred.combination import Combination
from perfpred.documents.bundle import held_files, save_together
from perfpred.documents.locks import locked_folder
from perfpred.errors import InputError, ModelFileError, WriteError
from perfpred.predict import document
from perfpred.predict.document import combination_in, digest, dumps
from perfpred.predict.encoding import Encoding
from perfpred.predict.folder import save_all
from perfpred.predict.formula import LinearModel
from perfpred.predict.lazy import lazy_models
from perfpred.predict.predictor import Interval, Predictor, Range, Training


def predictor(variant="fast", hardware="cpu", factor=1e-9):
    """Return a predictor made by hand."""
    return Predictor(
        Combination("matvec", variant, hardware),
        Encoding(("m",), {}),
        LinearModel(("1", "m"), (1e-7, factor), 1e-9),
        {"m": Range(1, 100)},
        {},
        Interval(math.log(0.9), math.log(1.2)),
        Training("linear-c", 250, "00", 0.02, {}),
    )


def contents(folder):
    """Return the bytes of the files of a folder, hidden ones included, by name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def save(folder, **files):
    """Save files together under their names."""
    return save_together(
        [data.encode() for data in files.values()],
        folder,
        lambda _: [f"{name}.json" for name in files],
        "dishes",
    )


def test_a_writer_killed_before_it_committed_left_nothing_that_counts(tmp_path):
    save(tmp_path, a="old")
    staged = tmp_path / ".save-0123456789ab"
    staged.mkdir()
    (staged / "a.json").write_text("new")
    with held_files(tmp_path, "dishes") as files:
        assert [path.read_text() for path in files] == ["old"]
    assert contents(tmp_path) == {"a.json": b"old"}


def test_what_a_killed_writer_committed_is_finished(tmp_path):
    save(tmp_path, a="old", b="kept")
    committed = tmp_path / ".commit"
    committed.mkdir()
    (committed / "a.json").write_text("new")
    with held_files(tmp_path, "dishes") as files:
        assert [path.read_text() for path in files] == ["new", "kept"]
    assert contents(tmp_path) == {"a.json": b"new", "b.json": b"kept"}


def test_where_a_commit_cannot_be_finished_its_files_are_read(tmp_path, monkeypatch):
    save(tmp_path, a="old")
    (tmp_path / ".commit").mkdir()
    (tmp_path / ".commit" / "a.json").write_text("new")
    (tmp_path / ".commit" / "b.json").symlink_to("/etc/hostname")  # not ours

    def refused(_):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("perfpred.documents.bundle._recover", refused)
    with held_files(tmp_path, "dishes") as files:
        assert [path.read_text() for path in files] == ["new"]


def test_a_link_in_place_of_a_commit_is_no_commit(tmp_path):
    save(tmp_path, a="old")
    elsewhere = tmp_path.parent / f"{tmp_path.name}-elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.json").write_text("foreign")
    (tmp_path / ".commit").symlink_to(elsewhere)
    save(tmp_path, b="new")
    assert contents(tmp_path) == {"a.json": b"old", "b.json": b"new"}
    assert (elsewhere / "a.json").read_text() == "foreign"


def test_permissions_of_a_file_that_is_replaced_are_kept(tmp_path):
    save(tmp_path, a="old")
    (tmp_path / "a.json").chmod(0o600)
    [path] = save(tmp_path, a="new")
    assert path.stat().st_mode & 0o777 == 0o600 and path.read_text() == "new"


def test_a_folder_that_another_writes_is_waited_for_and_then_said(tmp_path, monkeypatch):
    monkeypatch.setattr("perfpred.documents.locks.WAIT_S", 0.0)
    with (
        locked_folder(tmp_path),
        pytest.raises(WriteError, match="has been in use by another process for 0 s"),
    ):
        save(tmp_path, a="new")
    assert contents(tmp_path) == {}


def test_a_file_may_stand_for_a_folder_and_hidden_files_do_not_count(tmp_path):
    save(tmp_path, a="1")
    (tmp_path / ".b.json").write_text("2")
    (tmp_path / "c.json").mkdir()
    with held_files(tmp_path, "dishes") as files:
        assert [path.name for path in files] == ["a.json"]
    with held_files(tmp_path / "a.json", "dishes") as files:
        assert files == [tmp_path / "a.json"]
    (tmp_path / "a.json").unlink()
    with (
        pytest.raises(InputError, match=r"no dishes at .*: the folder holds no \.json file"),
        held_files(tmp_path, "dishes"),
    ):
        pass


def test_a_combination_keeps_its_file_and_never_takes_another_s(tmp_path):
    [first] = save_all([predictor()], tmp_path)
    named = first.rename(tmp_path / "mine.json")
    assert save_all([predictor(factor=2e-9)], tmp_path) == [named]
    (tmp_path / first.name).mkdir()
    [other] = save_all([predictor("slow")], tmp_path)
    assert other.name != first.name
    twins = save_all([predictor("a b"), predictor("a-b")], tmp_path)
    assert len({path.name.lower() for path in twins}) == 2


def test_a_file_that_is_no_model_may_be_replaced(tmp_path):
    [path] = save_all([predictor()], tmp_path)
    path.write_text("no model")
    assert save_all([predictor()], tmp_path) == [path]
    assert list(lazy_models(tmp_path)) == [predictor().combination]


def test_models_are_read_when_first_asked_for(tmp_path):
    save_all([predictor(), predictor("slow")], tmp_path)
    models = lazy_models(tmp_path)
    assert len(models) == 2 and predictor("slow").combination in models and "x" not in models
    for path in tmp_path.iterdir():
        path.unlink()
    found = models[predictor().combination]  # small folders are kept whole
    assert found.predict({"m": 10}) == predictor().predict({"m": 10}) and models[found.combination] is found


def test_a_large_folder_that_changed_since_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr("perfpred.predict.lazy._KEPT_BYTES", 0)
    monkeypatch.setattr(document, "HEAD_BYTES", 1024)
    [path] = save_all([predictor()], tmp_path)
    models = lazy_models(tmp_path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(ModelFileError, match="it was changed after its bank was loaded; load it again"):
        _ = models[predictor().combination]
    assert lazy_models(tmp_path)[predictor().combination].combination == predictor().combination


def test_two_files_of_one_combination_are_refused(tmp_path):
    [path] = save_all([predictor()], tmp_path)
    (tmp_path / "z.json").write_bytes(path.read_bytes())
    with pytest.raises(
        ModelFileError, match=rf"z\.json: it is of matvec / fast / cpu, as {path.name} is; remove"
    ):
        lazy_models(tmp_path)


def test_a_file_that_names_its_combination_twice_is_refused(tmp_path):
    [path] = save_all([predictor()], tmp_path)
    content = json.loads(path.read_text())
    body = content["predictor"]
    text = json.dumps(content)
    start = text.index('"combination": ')
    twice = (
        text[:start]
        + '"combination": {"type": "Combination", "kernel": "x", "variant": "y", "hardware": "z"}, '
        + text[start:]
    )
    assert digest(body) == content["sha256"]
    path.write_text(twice)
    with pytest.raises(ModelFileError):
        _ = list(lazy_models(tmp_path).values())


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text[:40],
        lambda text: text.replace('"kernel"', '"kernels"'),
        lambda text: text.replace('"matvec"', '"mat\\u001bvec"'),
        lambda text: text.replace('"matvec"', "3"),
        lambda text: text.replace('"Combination"', '"Other"'),
        lambda text: "{}",
    ],
)
def test_of_another_beginning_nothing_is_believed(change):
    text = dumps(predictor())
    assert combination_in(text.encode()) == predictor().combination
    assert combination_in(change(text).encode()) is None


def test_a_model_whose_centre_cannot_be_is_refused():
    odd = replace(predictor(), formula=LinearModel(("1", "m"), (1e-7, 1e30), 1e-9))
    with pytest.raises(ModelFileError, match=r"it predicts .* s for the centre of its training range"):
        document.loads(dumps(odd))
