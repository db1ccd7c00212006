"""The documentation builds as a site, strictly, and what it shows needs no network."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs")
pytest.importorskip("mkdocstrings")
pytest.importorskip("material")
ROOT = Path(__file__).parents[2]
OUTSIDE = re.compile(
    r"<(?:script|img|iframe|source)[^>]*\ssrc=[\"']?(?:https?:)?//|<link[^>]*href=[\"']?(?:https?:)?//"
)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_nothing_is_fetched_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    for page in pages:
        found = OUTSIDE.search(page.read_text(encoding="utf-8"))
        assert found is None, f"{page.name} fetches {found and found[0]}"


def test_every_command_and_option_is_in_the_reference(site):
    import typer.main

    from perfpred.app.cli import app

    text = (site / "commands.html").read_text(encoding="utf-8")
    todo = [(("perfpred",), typer.main.get_command(app))]
    while todo:
        words, command = todo.pop()
        below = getattr(command, "commands", {})
        todo += [((*words, name), each) for name, each in below.items()]
        if below:
            continue
        assert f"<code>{' '.join(words)}</code>" in text
        shown = [name for each in command.params if not each.hidden for name in each.opts]
        for option in (name for name in shown if name.startswith("--")):
            assert option in text, f"{' '.join(words)} {option}"


def test_public_names_are_in_the_reference(site):
    import perfpred
    import perfpred.halide
    import perfpred.report.figures
    import perfpred.search

    for module in (perfpred, perfpred.halide, perfpred.search, perfpred.report.figures):
        name = module.__name__.removeprefix("perfpred.").removeprefix("report.")
        text = (site / "reference" / f"{name}.html").read_text(encoding="utf-8")
        missing = [each for each in module.__all__ if f'id="{module.__name__}.{each}"' not in text]
        assert not missing, f"{module.__name__}: {missing}"
