"""Things by name, from this package and from others."""

from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from perfpred import registry
from perfpred.errors import InputError, PerfpredWarning, UnknownNameError
from perfpred.registry import Registry


def thing(name):
    return SimpleNamespace(name=name)


OTHERS = [thing("two"), thing("three")]
TAKEN = thing("one")


@pytest.fixture
def points(monkeypatch):
    """Entry points of a group, as if packages had them; the group that was asked for last."""
    asked = []

    def found(group):
        asked.append(group)
        return [
            EntryPoint("others", f"{__name__}:OTHERS", group),
            EntryPoint("taken", f"{__name__}:TAKEN", group),
            EntryPoint("broken", "no_such_package:thing", group),
        ]

    monkeypatch.setattr(registry, "entry_points", found)
    return asked


def test_names_of_this_package_need_no_others(points):
    known = Registry("thing", [thing("one")], "perfpred.things")
    assert known.named("one").name == "one" and known["one"] and "one" in known
    assert not points


@pytest.mark.filterwarnings("ignore::perfpred.errors.PerfpredWarning")
def test_other_packages_bring_theirs(points):
    known = Registry("thing", [thing("one")], "perfpred.things")
    assert known.named("two") is OTHERS[0]
    assert list(known) == ["one", "two", "three"] and len(known) == 3
    assert points == ["perfpred.things"]
    with pytest.raises(UnknownNameError, match="unknown thing 'tow'; did you mean 'two'"):
        known.named("tow")


def test_what_cannot_be_used_is_left_out_with_a_warning(points):
    with pytest.warns(PerfpredWarning) as said:
        assert "four" not in Registry("thing", [thing("one")], "perfpred.things")
    texts = [str(each.message) for each in said]
    assert any("the thing 'taken' cannot be used" in text and "registered twice" in text for text in texts)
    assert any("the thing 'broken' cannot be used: ModuleNotFoundError" in text for text in texts)


def test_a_name_is_taken_once():
    known = Registry("thing", [thing("one")])
    with pytest.raises(InputError, match="thing names are distinct, but 'one' is registered twice"):
        known.add(thing("one"))
    other = thing("one")
    assert known.add(other, replace=True) is known["one"] is other
