"""A folder of models: names that never collide, saved as one, whatever kills the writer."""

import fcntl
import json
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from perfpred.combination import Combination
from perfpred.documents import bundle
from perfpred.errors import InputError, ModelFileError, WriteError
from perfpred.learn.training import train
from perfpred.predict import document, lazy, store
from perfpred.predict.bank import Bank, load
from perfpred.predict.encoding import Encoding
from perfpred.predict.linear import LinearModel
from perfpred.predict.predictor import Interval, Predictor, Range, Training
from perfpred.profile import read_profile

CASES = Path(__file__).parents[1] / "data" / "cases"


def predictor(kernel="k", variant="v", hardware="h", time_s=1e-6):
    return Predictor(
        Combination(kernel, variant, hardware),
        Encoding(("n",), {}),
        LinearModel(("1",), np.array([time_s]), time_s / 2),
        {"n": Range(1.0, 100.0)},
        {},
        Interval(-0.1, 0.2),
        Training("linear-c", 10, "ab", 0.01, {}),
    )


def times(folder):
    return {str(each.combination): each.predict({"n": 5}).time_s for each in load(folder)}


@pytest.mark.parametrize(
    "case", ["csv-05-model-file-name-collision/langs.csv", "files-03-model-name-collision/in.csv"]
)
def test_every_trained_model_has_a_file(tmp_path, case):
    bank = train(read_profile(CASES / case), model="linear-c", n_jobs=1)
    paths = bank.save(tmp_path)
    assert len({path.name.lower() for path in paths}) == len(bank)
    assert sorted(map(str, load(tmp_path).combinations)) == sorted(str(each.combination) for each in bank)


HOSTILE = ["..", ".", "/etc/passwd", "~", "a\\b", "con", "-", "--help", "*", "$(id)", ".hidden", "x.json"]
HOSTILE += [
    "",
    " ",
    "A",
    "a",
    " a",
    "%2e%2e%2f",
    "a:b",
    "'",
    '"',
    "é",
    "\uff41",
    "矩阵",
    "a" * 300,
    "a" * 301,
]


def test_names_from_strangers_stay_in_the_folder(tmp_path):
    all_of = [predictor(variant=name) for name in HOSTILE]
    all_of += [predictor(kernel=name) for name in HOSTILE] + [predictor(hardware=name) for name in HOSTILE]
    paths = store.save_all(all_of, tmp_path / "m")
    assert {path.parent for path in paths} == {tmp_path / "m"}
    assert len(load(tmp_path / "m")) == len(all_of) == len({path.name.lower() for path in paths})
    assert list(tmp_path.iterdir()) == [tmp_path / "m"]


def test_a_combination_keeps_its_file_and_others_keep_theirs(tmp_path):
    store.save(predictor(time_s=1e-6), tmp_path)
    (tmp_path / "k-v-h.json").rename(tmp_path / "mine.json")
    (tmp_path / "k-w-h.json").write_text(store.dumps(predictor(variant="other")))
    store.save_all([predictor(time_s=2e-6), predictor(variant="w", time_s=3e-6)], tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["k-w-h.json", "k-w-h_2.json", "mine.json"]
    assert times(tmp_path) == {"k / v / h": 2e-6, "k / w / h": 3e-6, "k / other / h": 1e-6}


def test_what_is_no_model_is_replaced_by_one_of_its_name(tmp_path):
    (tmp_path / "k-v-h.json").write_text("torn")
    store.save(predictor(), tmp_path)
    assert times(tmp_path) == {"k / v / h": 1e-6}


def test_a_link_in_the_folder_is_replaced_and_never_followed(tmp_path):
    models, outside = tmp_path / "m", tmp_path / "outside"
    models.mkdir()
    outside.mkdir()
    (outside / "precious").write_text("precious")
    (outside / "precious.json").write_text("precious")
    (models / "k-v-h.json").symlink_to(outside / "precious")
    (models / ".commit").symlink_to(outside, target_is_directory=True)
    (models / ".save-000000000000").symlink_to(outside, target_is_directory=True)
    store.save(predictor(), models)
    assert {path.name: path.read_text() for path in outside.iterdir()} == dict.fromkeys(
        ("precious", "precious.json"), "precious"
    )
    assert not (models / "k-v-h.json").is_symlink()
    assert times(models) == {"k / v / h": 1e-6}


def test_a_folder_named_like_a_model_is_neither_replaced_nor_read(tmp_path):
    (tmp_path / "k-v-h.json").mkdir()
    Bank([predictor()]).save(tmp_path)
    assert len(load(tmp_path).combinations) == 1


def killed_save(folder, predictors, step):
    """Save in a child that dies at its step-th file operation; False if it needs no more than that."""
    pid = os.fork()
    if pid == 0:
        left = step

        def hook(event, arguments):
            nonlocal left
            if event in ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod"):
                left -= 1
                if left == 0:
                    os._exit(9)

        sys.addaudithook(hook)
        store.save_all(predictors, folder)
        os._exit(0)
    return os.waitpid(pid, 0)[1] != 0


def test_a_save_killed_at_any_step_leaves_the_old_bank_or_the_new_one(tmp_path):
    old = [predictor(variant=name, time_s=1e-6) for name in ("a", "b", "untouched")]
    new = [predictor(variant=name, time_s=2e-6) for name in ("a", "b", "c")]
    before = {f"k / {name} / h": 1e-6 for name in ("a", "b", "untouched")}
    after = {**before, **{f"k / {name} / h": 2e-6 for name in ("a", "b", "c")}}
    seen, step, was_killed = [], 0, True
    while was_killed:
        step += 1
        folder = tmp_path / str(step)
        store.save_all(old, folder)
        was_killed = killed_save(folder, new, step)
        found = times(folder)
        assert found in (before, after)
        seen.append(found == after)
        assert {path.suffix for path in folder.iterdir()} == {".json"}
        assert not [path for path in folder.iterdir() if path.name.startswith(".")]
    assert seen == sorted(seen)  # first the old bank, then the new one
    assert 4 < seen.count(False) < len(seen)


def test_a_committed_bank_is_read_where_it_cannot_be_finished(tmp_path, monkeypatch):
    store.save_all([predictor(time_s=1e-6), predictor(variant="w", time_s=1e-6)], tmp_path)
    (tmp_path / ".commit").mkdir()
    (tmp_path / ".commit" / "k-v-h.json").write_text(store.dumps(predictor(time_s=2e-6)))
    with monkeypatch.context() as patch:

        def read_only(folder):
            raise PermissionError(13, "Permission denied")

        patch.setattr(bundle, "_finish", read_only)
        assert times(tmp_path) == {"k / v / h": 2e-6, "k / w / h": 1e-6}
    assert (tmp_path / ".commit").is_dir()
    assert times(tmp_path) == {"k / v / h": 2e-6, "k / w / h": 1e-6}
    assert not (tmp_path / ".commit").exists()


def test_what_is_being_written_is_left_alone(tmp_path):
    store.save(predictor(), tmp_path)
    alive = tmp_path / ".save-0123456789ab"
    alive.mkdir()
    descriptor = os.open(alive, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    load(tmp_path)
    assert alive.is_dir()
    os.close(descriptor)
    load(tmp_path)
    assert not alive.exists()


@pytest.mark.parametrize("use", [load, lambda folder: store.save(predictor(variant="w"), folder)])
def test_leftovers_of_earlier_versions_are_removed_and_files_of_others_are_not(tmp_path, use):
    store.save(predictor(), tmp_path)
    for name in (".k-v-h.json.0123456789ab.tmp", ".hidden", ".mine.tmp", "notes.tmp"):
        (tmp_path / name).write_text("half")
    use(tmp_path)
    left = {path.name for path in tmp_path.iterdir()} - {"k-v-h.json", "k-w-h.json"}
    assert left == {".hidden", ".mine.tmp", "notes.tmp"}


def test_savers_of_one_folder_wait_for_each_other(tmp_path):
    banks = [[predictor(variant=v, time_s=t) for v in "abcdefgh"] for t in (1e-6, 2e-6, 3e-6)]
    threads = [threading.Thread(target=store.save_all, args=(bank, tmp_path)) for bank in banks * 3]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        if list(tmp_path.glob("*.json")):
            assert len(set(times(tmp_path).values())) == 1
    assert len(set(times(tmp_path).values())) == 1
    assert len(list(tmp_path.iterdir())) == 8


def test_a_folder_in_use_is_said(tmp_path, monkeypatch):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    monkeypatch.setattr("perfpred.documents.locks.WAIT_S", 0.1)
    with pytest.raises(WriteError, match="in use by another process"):
        store.save(predictor(), tmp_path)
    os.close(descriptor)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_failed_work_and_leaves_the_old_bank(tmp_path, monkeypatch):
    store.save(predictor(time_s=1e-6), tmp_path)

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(bundle, "_write", full)
        with pytest.raises(WriteError, match=r"cannot save models in .*: No space left on device"):
            store.save_all([predictor(time_s=2e-6)], tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["k-v-h.json"]
    assert times(tmp_path) == {"k / v / h": 1e-6}


def test_only_what_is_asked_for_is_read(tmp_path, monkeypatch):
    store.save_all([predictor(kernel=f"k{i}", variant=v) for i in range(5) for v in "ab"], tmp_path)
    read = []
    monkeypatch.setattr(lazy.Entry, "load", lambda self, load=lazy.Entry.load: read.append(1) or load(self))
    bank = load(tmp_path)
    assert (len(bank), len(bank.combinations), read) == (10, 10, [])
    bank.select("k3", n=5)
    assert len(read) == 2
    with pytest.raises(InputError, match="2 predictors match; say which variant and hardware: k0 / a / h; "):
        bank.predict("k0", n=5)
    assert len(read) == 2
    assert len([*bank]) == len(read) == 10


def test_a_message_names_twenty_of_many(tmp_path):
    bank = Bank([predictor(variant=f"v{i}") for i in range(300)])
    with pytest.raises(InputError, match=r"^300 predictors match.* and 280 more$") as caught:
        bank.predict("k", n=5)
    assert len(str(caught.value)) < 600
    with pytest.raises(InputError, match=r"unknown variant 'x'.* and 280 more$"):
        bank.predict("k", n=5, variant="x")


def test_a_damaged_model_is_found_when_it_is_read(tmp_path):
    store.save_all([predictor(), predictor(kernel="other")], tmp_path)
    path = tmp_path / "other-v-h.json"
    path.write_text(path.read_text().replace("1e-06", "2e-06"))
    bank = load(tmp_path)
    assert bank.predict("k", n=5).time_s == 1e-6
    with pytest.raises(ModelFileError, match=r"other-v-h\.json: its content does not match its hash"):
        bank.predict("other", n=5)


def test_a_model_that_is_not_laid_out_as_we_do_is_found_too(tmp_path):
    text = json.dumps(dict(reversed(json.loads(store.dumps(predictor())).items())))
    (tmp_path / "a.json").write_text(text)
    assert load(tmp_path).predict("k", n=5).time_s == 1e-6
    (tmp_path / "b.json").write_text(store.dumps(predictor()))
    with pytest.raises(ModelFileError, match=r"b\.json: it is of k / v / h, as a\.json is; remove one"):
        load(tmp_path)


def test_a_bank_does_not_change_with_its_folder(tmp_path, monkeypatch):
    store.save(predictor(time_s=1e-6), tmp_path)
    bank = load(tmp_path)
    store.save(predictor(time_s=2e-6), tmp_path)
    assert bank.predict("k", n=5).time_s == 1e-6
    monkeypatch.setattr(lazy, "_KEPT_BYTES", 0)
    monkeypatch.setattr(document, "HEAD_BYTES", 600)
    bank = load(tmp_path)
    store.save(predictor(time_s=3e-6), tmp_path)
    with pytest.raises(ModelFileError, match="it was changed after its bank was loaded; load it again"):
        bank.predict("k", n=5)


@pytest.mark.parametrize("kind", ["pipe", "link to nothing"])
def test_what_is_no_file_is_said(tmp_path, kind):
    path = tmp_path / "x.json"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(
        ModelFileError, match=r"x\.json: (it is not a regular file|No such file|Is a directory)"
    ):
        load(tmp_path)


def test_train_finds_out_before_training_that_it_cannot_save(tmp_path, perfpred):
    (tmp_path / "file").write_text("")
    case = CASES / "csv-05-model-file-name-collision" / "langs.csv"
    for where, code, message in (
        (tmp_path / "file", 2, "error: cannot write to the folder"),
        (Path("/sys/models"), 1, "failed: cannot write to the folder"),
    ):
        outcome = perfpred("train", case, "--models", where)
        assert (outcome.code, "training" in outcome.err) == (code, False), outcome.err
        assert outcome.err.startswith(message)
