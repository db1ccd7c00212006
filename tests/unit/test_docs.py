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
from docs_blocks import blocks

ROOT = Path(__file__).parent.parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FOUND = [
    pytest.param(page, block, id=f"{page.name}:{index}")
    for page in PAGES
    for index, block in enumerate(blocks(page))
]
SHIPPED = ("models", "datasets", "docs")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with what the project ships in it, to work in."""
    for name in SHIPPED:
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def selected(language):
    return [each for each in FOUND if each.values[1].language in language]


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
    ("page", "block"), [each for each in FOUND if each.values[1].is_session and each.values[1].commands]
)
def test_sessions_print_what_they_show(page, block, folder, perfpred):
    for words, shown in zip(
        block.commands, re.split(r"^\$ .*\n", block.text, flags=re.MULTILINE)[1:], strict=True
    ):
        outcome = perfpred(*words)
        assert outcome.code == 0, outcome.err
        if "mine" not in words:  # what training finds may differ in its last digits between machines
            printed = "\n".join(line.rstrip() for line in outcome.out.splitlines())
            assert printed.strip("\n") == shown.strip("\n")


@pytest.mark.parametrize(("page", "block"), selected({"python"}))
def test_python_runs(page, block, folder):
    if page.name == "halide.md":
        compile(block.text, str(page), "exec")
        return
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


def test_the_readme_is_short_and_its_links_lead_somewhere():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 170
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_no_figure_is_missing_between_marks():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for name, content in re.findall(r"<!-- ([\w-]+) -->(.*?)<!-- /\1 -->", text, flags=re.DOTALL):
            assert content.strip(), f"{page.name}: nothing stands between the marks of {name}"
