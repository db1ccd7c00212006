"""Every block of the README and of the pages in docs does what it shows."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from perfpred.app.cli import app

sys.path.insert(0, str(Path(__file__).parent.parent))
from docs_blocks import blocks, in_checkout, is_story
from docs_story import shape, tell

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
STORIES = [pytest.param(page, id=page.name) for page in PAGES if is_story(page)]
FOUND = [
    pytest.param(page, block, id=f"{page.name}:{index}")
    for page in PAGES
    for index, block in enumerate(blocks(page))
    if not block.reason
]
RUN = {"console", "sh", "python", "text"}
"""Languages whose blocks the tests here run, or, of text, show."""
SHIPPED = ("models", "datasets", "docs")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the project ships in it, to work in."""
    for name in SHIPPED:
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def selected(languages):
    return [each for each in FOUND if each.values[1].language in languages]


def alone(languages):
    """Return the blocks that are run by themselves: those of pages that tell no story."""
    return [each for each in selected(languages) if not is_story(each.values[0])]


def parsed(words):
    """Parse a command line without running it."""
    command = typer.main.get_command(app)
    context = command.make_context("perfpred", words[:1], resilient_parsing=True)
    while words and hasattr(command, "get_command"):
        command, words = command.get_command(context, words[0]), words[1:]
        assert command is not None
    command.make_context("perfpred", list(words))


@pytest.mark.parametrize(("page", "block"), selected({"console", "sh"}))
def test_commands_parse(page, block, folder):
    for words in block.commands:
        files = [word for word in words if re.fullmatch(r"[\w.-]+\.(csv|json|gz|py)(\.gz)?", word)]
        for name in files:  # options that ask for a file that is there
            Path(name).touch()
        parsed(words)


@pytest.mark.parametrize(
    ("page", "block"), [each for each in alone({"console"}) if each.values[1].is_session]
)
def test_sessions_print_what_they_show(page, block, folder, perfpred):
    for words, (_, shown) in zip(block.commands, block.session, strict=True):
        outcome = perfpred(*words)
        assert outcome.code == 0, outcome.err
        same = shape if "mine" in words else lines  # what training finds may differ between machines
        assert same(outcome.out) == same(shown)


def lines(text):
    """Return text without spaces at the ends of lines, and without empty lines around it."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


@pytest.mark.parametrize("page", STORIES)
def test_stories_happen_as_they_are_told(page, tmp_path, monkeypatch, perfpred):
    monkeypatch.chdir(tmp_path)
    if in_checkout(page):
        (tmp_path / "models").symlink_to(ROOT / "models")
    tell(page, tmp_path, perfpred)


def test_every_block_is_run_or_says_why_not():
    for page in PAGES:
        for block in blocks(page):
            told = block.reason or is_story(page) or block.language in RUN
            assert told, f"{page.name}, line {block.line}: nothing runs this block, and it does not say why"


def test_excerpts_compile():
    for page in PAGES:
        for block in blocks(page):
            if block.reason and block.language == "python":
                compile(block.text, f"{page.name}:{block.line}", "exec")


@pytest.mark.parametrize(("page", "block"), alone({"python"}))
def test_python_runs(page, block, folder):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 170


def test_no_figure_is_missing_between_marks():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name, content in re.findall(r"<!-- ([\w-]+) -->(.*?)<!-- /\1 -->", text, flags=re.DOTALL):
            assert content.strip(), f"{page.name}: nothing stands between the marks of {name}"
