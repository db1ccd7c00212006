"""CITATION.cff is what the Citation File Format 1.2.0 asks for, and says what the package says."""

import re
from pathlib import Path

import pytest

import perfpred

yaml = pytest.importorskip("yaml")
ROOT = Path(__file__).parents[2]
REQUIRED = {"cff-version", "message", "title", "authors"}
KNOWN = REQUIRED | {
    *("abstract", "date-released", "keywords", "license", "references", "type", "version"),
    *("contact", "doi", "identifiers", "preferred-citation", "repository-code", "url"),
}
PERSON = {"family-names", "given-names", "orcid", "affiliation"}


@pytest.fixture(scope="module")
def citation():
    return yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))


def test_keys_are_those_of_the_format(citation):
    assert citation.keys() >= REQUIRED
    assert citation.keys() <= KNOWN
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", citation["date-released"])
    for work in (citation, *citation["references"]):
        for author in work["authors"]:
            assert "name" in author or author.keys() <= PERSON


def test_it_says_what_the_package_says(citation):
    assert citation["version"] == perfpred.__version__
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"[{citation['version']}] - {citation['date-released']}" in changelog
    assert f'license = "{citation["license"]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_paper_is_cited(citation):
    (paper,) = citation["references"]
    assert paper.keys() >= {"type", "title", "authors", "year", "url"}
    assert paper["url"].endswith("2003.07497")
