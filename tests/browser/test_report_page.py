"""A report in a real browser: no complaint, no scrolling sideways, every chart drawn, no barrier."""

import subprocess
import sys
from pathlib import Path

import pytest

from perfpred.report.page import build_page
from perfpred.report.sections.base import Code, Section, Table

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Return a report of all kinds of input, by the command itself."""
    pytest.importorskip("vl_convert")
    pytest.importorskip("altair")
    out = tmp_path_factory.mktemp("report") / "report.html"
    tuning = ROOT / "tests" / "data" / "tuning"
    files = (
        *sorted(map(str, (ROOT / "datasets").glob("matmul-o*-1t.csv"))),
        str(tuning / "pnpoly-RTX_3090.kernel_tuner.json"),
        str(ROOT / "datasets" / "halide" / "halide-blur.csv"),
    )
    words = ("report", *files, "--models", str(ROOT / "models"), "--out", str(out))
    done = subprocess.run([sys.executable, "-m", "perfpred", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module", params=["1280-light", "1280-dark", "390-light", "390-dark"])
def opened(browser, report, request):
    """Return the page, all of its charts drawn, and what the console said meanwhile."""
    width, scheme = request.param.split("-")
    context = browser.new_context(
        viewport={"width": int(width), "height": 900}, color_scheme=scheme, offline=True
    )
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn === 'all'", timeout=30_000)
    yield page, said
    context.close()


def test_nothing_complains_nothing_scrolls_all_is_drawn(opened):
    page, said = opened
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert said == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    charts = page.locator(".chart").count()
    assert charts > 0
    assert page.locator(".chart svg.marks").count() == charts
    assert page.locator(".chart svg.marks path[d]").count() >= charts
    assert page.locator(".picture svg").count() > 5


def test_everyone_can_read_it(opened):
    playwright_axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page, _ = opened
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found = playwright_axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in found] == []


def test_a_slider_moves_its_map(browser, report):
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(report.as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn === 'all'", timeout=30_000)
    chart = page.locator(".chart:has(input[type=range])").first
    before = chart.locator("svg.marks").inner_html()
    slider = chart.locator("input[type=range]").first
    slider.focus()
    page.keyboard.press("Home")
    page.wait_for_timeout(300)
    assert chart.locator("svg.marks").inner_html() != before


def test_long_words_do_not_widen_the_page(browser, tmp_path):
    word = "x" * 400
    out = tmp_path / "wide.html"
    blocks = (Table((word, "#n"), ((word, "1"),), word), Code(word, word))
    out.write_text(build_page(word, word, [Section("s", word, word, blocks)]), encoding="utf-8")
    page = browser.new_context(viewport={"width": 390, "height": 900}).new_page()
    page.goto(out.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
