"""The reference of the commands, from the commands themselves."""

from __future__ import annotations

import inspect
from typing import Any

import typer.main

from perfpred.app.cli import app

TOP = """# Commands

Every command takes `--help`, and `--json` prints one JSON document on stdout. Results go to stdout, progress
and notices to stderr. Exit codes: 0 done, 1 the work failed, 2 the request was wrong, 130 interrupted.
This page is made from the program.
"""
HIDDEN = ("--help", "--install-completion", "--show-completion")


def command_reference() -> str:
    """Return the page, in Markdown: a section per command."""
    root = typer.main.get_command(app)
    return "\n".join([TOP, *_sections(root, ("perfpred",))])


def _sections(command: Any, words: tuple[str, ...]) -> list[str]:
    """Return the sections of a command and of those below it."""
    below = getattr(command, "commands", {})
    if below:
        intro = [] if len(words) == 1 else [f"## `{' '.join(words)}`\n", f"{command.help}\n"]
        return intro + [line for name, each in below.items() for line in _sections(each, (*words, name))]
    return [_section(command, words)]


def _section(command: Any, words: tuple[str, ...]) -> str:
    """Return one command's section."""
    context = typer.Context(command, info_name=" ".join(words))
    usage = " ".join([*words, *command.collect_usage_pieces(context)])
    paragraphs = [_paragraph(text) for text in inspect.cleandoc(command.help or "").split("\n\n")]
    lines = [f"{'#' * len(words)} `{' '.join(words)}`\n", f"```text\n{usage}\n```\n"]
    lines += [f"{text}\n" for text in paragraphs if text]
    records = [each.get_help_record(context) for each in command.params]
    rows = [f"| `{names}` | {_plain(said)} |" for names, said in filter(None, records) if names not in HIDDEN]
    if rows:
        lines += ["| argument or option | what it says |\n|---|---|", *rows, ""]
    return "\n".join(lines)


def _paragraph(text: str) -> str:
    """Return a paragraph of a command's help; an example becomes code."""
    text = " ".join(text.replace("\b", "").split())
    example = text.removeprefix("Example: ")
    return f"Example:\n\n```sh\n{example}\n```" if example != text else _plain(text)


def _plain(text: str) -> str:
    """Return text as Markdown that shows it as it is, in a table as well."""
    for sign in "\\`*_{}[]<>|":
        text = text.replace(sign, f"\\{sign}")
    return text
