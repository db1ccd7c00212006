"""Names that packages load on first use, and names of earlier versions."""

import importlib

import pytest

RENAMED = {
    "perfpred.exchange": {"Wishes": "ImportOptions"},
    "perfpred.halide": {"Order": "ProfileJob", "OwnSpace": "LoopNestSpace", "Source": "PipelineRef"},
}


@pytest.mark.parametrize(
    ("package", "old", "now"),
    [(package, old, now) for package, names in RENAMED.items() for old, now in names.items()],
)
def test_names_of_earlier_versions_work_with_a_notice(package, old, now):
    module = importlib.import_module(package)
    with pytest.warns(DeprecationWarning, match=f"{package}.{old} is called {now} now"):
        assert getattr(module, old) is getattr(module, now)
    assert old not in module.__all__


@pytest.mark.parametrize("package", ["perfpred", "perfpred.halide", "perfpred.exchange", "perfpred.testing"])
def test_every_listed_name_is_there_and_no_other(package):
    module = importlib.import_module(package)
    for name in module.__all__:
        assert getattr(module, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = module.Nothing
