"""A page is small enough to send, whatever it is made from, and says what it leaves out."""

import pytest

from perfpred.report.figures.style import for_page
from perfpred.report.page import build_page
from perfpred.report.page.budget import fitted, weight
from perfpred.report.sections.base import Chart, Code, Picture, Section, Table

pytest.importorskip("jinja2")
BIG = "<svg>" + "x" * 60_000 + "</svg>"


def pictures(count, need=1):
    return [Picture(BIG, f"figure {index}", need) for index in range(count)]


def rows(count, text="cell"):
    return Table(("name", "#n"), tuple((f"{text} {index}", "1") for index in range(count)), "all of them")


PAGES = {
    "many figures": [Section("a", "A", "", tuple(pictures(100)))],
    "a long table": [Section("a", "A", "", (rows(60_000),))],
    "wide cells": [Section("a", "A", "", (rows(50, "<&>" * 40_000),))],
    "long texts": [Section("a", "A", "", tuple(Code("y" * 300_000, "nest", need=0) for _ in range(30)))],
    "a long paragraph": [Section("a", "A", "z" * 3_000_000, (rows(3),))],
    "all at once": [
        Section("a", "A", "", (rows(30_000), *pictures(40))),
        Section("b", "B", "", (*pictures(30, 3), *(Chart({"data": "d" * 9000}, "chart") for _ in range(90)))),
    ],
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_never_too_large(name):
    page = build_page("title", "lead", PAGES[name], max_bytes=1_900_000)
    assert len(page.encode()) < 1_900_000
    assert page.rstrip().endswith("</html>")


def test_the_least_needed_go_first_and_are_named():
    needed, wanted, nice = pictures(1, 0)[0], pictures(1, 1)[0], Picture(BIG, "a slice", 3)
    sections = [Section("a", "A", "", (nice, needed)), Section("b", "B", "", (wanted,))]
    kept, said = fitted(sections, weight(needed) + weight(wanted) + 10)
    assert [section.blocks for section in kept] == [(needed,), (wanted,)]
    assert said == "Left out to keep the page small enough to send: 1 figures (a slice)."
    assert fitted(sections, 10**9) == (sections, "")


def test_what_is_needed_most_is_shortened_not_dropped():
    kept, said = fitted([Section("a", "A", "", (rows(10_000),))], 100_000)
    table = kept[0].blocks[0]
    assert 5 <= len(table.rows) < 10_000
    assert table.caption == f"all of them (the first {len(table.rows)} of 10000)"
    assert "cut to their first rows" in said


def test_one_drawing_serves_light_and_dark_pages():
    drawn = for_page(
        '<?xml version="1.0"?>\n<svg a="1">\n  <!-- a text -->\n <g style="stroke: #010203"/>\n</svg>'
    )
    assert drawn == '<svg a="1">\n<g style="stroke: currentColor"/>\n</svg>'
