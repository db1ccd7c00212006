"""The workflow that docs show is a workflow, and every command in it is one that perfpred takes."""

import re
import shlex
from pathlib import Path

import pytest

yaml = pytest.importorskip("yaml")
WORKFLOW = Path(__file__).parents[2] / "docs" / "examples" / "performance-gate.yml"


def commands():
    """Return the perfpred commands of all steps, as lists of words."""
    job = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["gate"]
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    lines = "\n".join(scripts).replace("\\\n", " ").splitlines()
    return [shlex.split(line.strip())[1:] for line in lines if line.strip().startswith("perfpred ")]


def test_the_workflow_runs_on_pull_requests():
    document = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    assert document[True] == "pull_request"  # YAML 1.1 reads the key `on` as true
    steps = document["jobs"]["gate"]["steps"]
    assert all(("uses" in step) != ("run" in step) for step in steps)
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in steps if "uses" in step)


def test_every_command_is_understood():
    import typer.main

    from perfpred.app.cli import app

    group = typer.main.get_command(app)
    found = commands()
    assert {words[0] for words in found} == {"profile", "compare", "audit"}
    for verb, *words in found:
        command = group.get_command(None, verb)
        command.make_context(verb, words, resilient_parsing=False)
