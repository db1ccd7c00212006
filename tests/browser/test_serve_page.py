"""The page of the service in a real browser: narrow and wide, light and dark."""

import shutil
import threading
import time
from pathlib import Path

import pytest

pytest.importorskip("fastapi")
pytest.importorskip("uvicorn")
pytest.importorskip("prometheus_client")
pytest.importorskip("orjson")

import uvicorn

from perfpred.serve.application import application
from perfpred.serve.server import bound
from perfpred.serve.settings import Settings
from perfpred.shipped import shipped_models

HERE = "intel-xeon-6-207-avx512-1t"


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for path in sorted(Path(shipped_models()).glob("softmax-*avx512-1t.json")):
        shutil.copy(path, folder)
    listening = bound("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(application(Settings(folder)), log_config=None, ws="none"))
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    server.should_exit = True
    thread.join(20)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_fits_asks_and_answers(browser, url, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    said, asked = [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}?hardware={HERE}")
    page.wait_for_load_state("networkidle")
    assert page.locator("tbody tr").count() >= 2
    if page.locator("figure img").count():
        assert page.evaluate("document.images[0].naturalWidth") > 0
        assert f"theme={scheme}" in page.evaluate("document.images[0].currentSrc")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first = page.locator("input[inputmode]").first
    first.fill("nonsense")
    page.get_by_role("button", name="Predict").click()
    page.wait_for_load_state("networkidle")
    assert "nonsense" in page.get_by_role("alert").inner_text()
    assert said == []
    assert all(each.startswith((url, "data:")) for each in asked)
    page.close()


def test_nothing_is_a_barrier(browser, url):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, bypass_csp=True)  # the checker is a script
        page = context.new_page()
        page.goto(f"{url}?hardware={HERE}")
        found = axe.Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        context.close()
