"""Every link of the pages leads somewhere: files and headings are there, addresses are well formed."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "notebooks/README.md")),
    *(ROOT / name / "README.md" for name in ("datasets", "benchmarks/results", "models")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
MADE = {ROOT / "docs" / "commands.md"}
"""Pages that the site makes of the program, for which there is no file."""
LINK = re.compile(r"!?\[[^\]]*\]\(\s*([^)\s]+)[^)]*\)")
CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def links(page):
    return LINK.findall(CODE.sub("", page.read_text(encoding="utf-8")))


def anchors(page):
    """Return the anchors of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    found = set()
    for heading in re.findall(r"^#+ (.+?)\s*#*$", text, flags=re.MULTILINE):
        kept = re.sub(r"[^\w\- ]", "", heading.lower())
        found |= {kept.replace(" ", "-"), re.sub(r"[-\s]+", "-", kept).strip("-")}
    return found


@pytest.mark.parametrize("page", PAGES, ids=[str(each.relative_to(ROOT)) for each in PAGES])
def test_links_lead_somewhere(page):
    for link in links(page):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https", f"{page.name}: {link} is not https"
            assert re.fullmatch(r"[a-z0-9.-]+\.[a-z]{2,}", parts.netloc), f"{page.name}: {link}: which host?"
            continue
        target = (page.parent / parts.path).resolve() if parts.path else page
        if target in MADE:
            continue
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        assert target.is_relative_to(ROOT.resolve()), f"{page.name} links to {link}, outside the project"
        if parts.fragment:
            assert parts.fragment in anchors(target), f"{page.name}: {link}: no such heading"


def test_files_that_contributing_names_are_there():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:perfpred|tests|docs|benchmarks|notebooks|datasets)/[\w./-]*)`", text)
    assert len(named) > 30
    assert [each for each in named if not (ROOT / each).exists()] == []


def test_every_page_is_in_the_site():
    listed = set(
        re.findall(r"^\s+- [^:\n]+: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), flags=re.MULTILINE)
    )
    pages = {str(each.relative_to(ROOT / "docs")) for each in (ROOT / "docs").rglob("*.md")}
    assert pages - listed == set(), "mkdocs.yml lists every page of docs under nav"
