"""What all documents share: formats, fields added later, folders as one, journals and their views."""

import json
from dataclasses import dataclass, field

import numpy as np
import pytest

from perfpred.documents.bundle import held_files, save_together
from perfpred.documents.codec import OMIT_DEFAULT, decode, encode
from perfpred.documents.hashed import SPACED, Format
from perfpred.documents.journal import Journal
from perfpred.documents.layout import compact
from perfpred.documents.views import KeyView, NameView
from perfpred.errors import InputError, ModelFileError, WriteError
from perfpred.search import EntryLog, Outcome, Recorded, logged_trace, search, strategy
from perfpred.search.listed import ListedSpace

OLD = {1: lambda content: {"steps": content, "minutes": 5}}
RECIPE = Format("recipe", 2, "recipe", "recipe", {"units": {"time": "min"}}, OLD, remedy="write it again")


@pytest.mark.parametrize("name", ["a.json", "a.json.gz"])
def test_a_document_is_written_and_read_by_its_format(tmp_path, name):
    RECIPE.save(tmp_path / name, {"steps": ["stir"], "minutes": 3})
    assert RECIPE.load(tmp_path / name) == {"steps": ["stir"], "minutes": 3}
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes()[:2] == (b"\x1f\x8b" if name.endswith("gz") else b"{\n")


def test_an_older_version_is_upgraded():
    old = Format("recipe", 1, "recipe", "recipe", {"units": {"time": "min"}})
    assert RECIPE.unwrap(old.wrap(["stir"])) == {"steps": ["stir"], "minutes": 5}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "cake"}, "not a recipe: 'format' must be 'recipe'"),
        ({"version": 3}, "must be 2, but is 3; it was written by a newer perfpred: upgrade"),
        ({"version": True}, "must be 2, but is True"),
        ({"version": [2]}, r"must be 2, but is \[2\]"),
        ({"units": {"time": "s"}}, "does not match its hash: the file was edited; write it again"),
        ({"recipe": {"steps": []}}, "does not match its hash"),
        ({"sha256": None}, "does not match its hash"),
    ],
)
def test_a_document_that_cannot_be_trusted_is_refused(tmp_path, change, message):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(RECIPE.wrap({"steps": ["stir"]}) | change))
    with pytest.raises(ModelFileError, match=message) as caught:
        RECIPE.load(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_hashes_do_not_depend_on_layout_and_order():
    content, turned = {"a": [1.5, 2], "b": "x"}, {"b": "x", "a": [1.5, 2]}
    assert RECIPE.digest(content) == RECIPE.digest(turned)
    spaced = Format("recipe", 2, "recipe", "recipe", layout=compact, separators=SPACED)
    assert spaced.digest(content) != RECIPE.digest(content)
    assert spaced.loads(spaced.dumps(content)) == content and spaced.dumps(content).count("\n") == 1
    with pytest.raises(ValueError, match="not JSON compliant"):
        RECIPE.dumps({"a": float("nan")})


@dataclass(frozen=True)
class Dish:
    name: str
    unit: str = field(default="g", metadata=OMIT_DEFAULT)


def test_a_field_added_later_is_written_only_where_it_differs():
    assert encode(Dish("soup")) == {"type": "Dish", "name": "soup"}
    assert encode(Dish("soup", "kg")) == {"type": "Dish", "name": "soup", "unit": "kg"}
    for dish in (Dish("soup"), Dish("soup", "kg")):
        assert decode(encode(dish), Dish) == dish
    with pytest.raises(ModelFileError, match="fields name, unit; missing or unknown: colour, name"):
        decode({"type": "Dish", "colour": "red"}, Dish)


def test_files_are_saved_together_or_not_at_all(tmp_path):
    folder = tmp_path / "dishes"
    save_together([b"1", b"2"], folder, lambda _: ["a.json", "b.json"], "dishes")

    def refused(_):
        raise OSError(28, "No space left on device")

    with pytest.raises(WriteError, match=r"cannot save dishes in .*: No space left on device"):
        save_together([b"3", b"4"], folder, refused, "dishes")
    with held_files(folder, "dishes") as files:
        assert [path.read_bytes() for path in files] == [b"1", b"2"]
    assert {path.name for path in folder.iterdir()} == {"a.json", "b.json"}
    with (
        pytest.raises(InputError, match=r"no dishes at .*: there is no such folder"),
        held_files(tmp_path / "none", "dishes"),
    ):
        pass


def test_views_share_a_journal(tmp_path):
    with Journal(tmp_path / "a.journal", {}, resume=False) as journal:
        NameView(KeyView(journal, "look1", "row"), ["a", "b"]).append({"row": 1, "time_s": 2.0})
        KeyView(journal, "note").append({"note": "x"})
    with Journal(tmp_path / "a.journal", {}, resume=True) as journal:
        looks = KeyView(journal, "look1", "row")
        assert list(looks.entries()) == [{"row": 1, "time_s": 2.0, "of": "b"}]
        assert list(NameView(looks, ["b", "c"]).entries()) == [{"row": 0, "time_s": 2.0}]
        assert list(NameView(looks, ["c"]).entries()) == []
        assert list(KeyView(journal, "note", accepts=lambda entry: entry["note"] != "x").entries()) == []


ROWS = [(x, y) for x in range(6) for y in range(5)]
SPACE = ListedSpace(("x", "y"), ROWS, lambda chosen: np.array(chosen, dtype=float))
OBJECTIVE = Recorded({(x, y): Outcome(1.0 + x + 2 * y, cost_s=0.5) for x, y in ROWS})


def test_a_search_in_a_journal_is_continued_whatever_was_cut(tmp_path):
    path = tmp_path / "a.journal"
    with Journal(path, {"search": "xy"}, resume=False) as journal:
        rng, log = np.random.default_rng(0), EntryLog(journal, SPACE)
        before = search(SPACE, OBJECTIVE, strategy("random").factory(), budget=12, rng=rng, log=log)
    path.write_bytes(path.read_bytes()[:-7])  # the last evaluation
    with Journal(path, {"search": "xy"}, resume=True) as journal:
        trace = logged_trace(journal, SPACE)
        assert [each.candidate for each in trace] == before.candidates[:11]
        assert trace.pending == (before.candidates[11],)
        rng, log = np.random.default_rng(0), EntryLog(journal, SPACE)
        after = search(
            SPACE, OBJECTIVE, strategy("random").factory(), budget=20, rng=rng, trace=trace, log=log
        )
    assert len(after) == 20 and after.candidates[:12] == before.candidates
    with Journal(path, {"search": "xy"}, resume=True) as journal:
        assert logged_trace(journal, SPACE).candidates == after.candidates
        journal.append({"candidate": [9, 9], "time_s": 1.0, "status": "ok", "cost_s": 0})
        with pytest.raises(InputError, match=r"^entry \d+ of the trace: "):
            logged_trace(journal, SPACE)
