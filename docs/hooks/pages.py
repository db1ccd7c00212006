"""Pages of the site that stand elsewhere: files of the repository, and the reference of the commands.

Links between them stay those of the repository, so that they lead somewhere in either place.
"""

from __future__ import annotations

import importlib
import os
import posixpath
import re
from pathlib import Path
from typing import Any

from commands import command_reference
from mkdocs.structure.files import File

ROOT = Path(__file__).parents[2]
ELSEWHERE = {
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "README.md": "index.md",
    "datasets/README.md": "datasets.md",
    "benchmarks/results/README.md": "results.md",
    "benchmarks/results/halide.png": "images/halide.png",
}
"""Where a file of the repository stands in the site."""
NAMES = re.compile(r"^<!-- names of ([\w.]+) -->$", re.MULTILINE)
"""Stands for all public names of a module that the page does not name itself."""
LINK = re.compile(r"(\]\()([^)#\s]*)((?:#[^)]*)?\))")


def on_files(files: Any, config: Any) -> Any:
    """Add the files that stand outside the folder of the documentation."""
    for path, place in ELSEWHERE.items():
        if files.get_file_from_path(place) is None:
            files.append(File.generated(config, place, abs_src_path=str(ROOT / path)))
    files.append(File.generated(config, "commands.md", content=command_reference()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return the text with its links made links within the site, and public names in place of their marks."""
    uri = page.file.src_uri
    markdown = NAMES.sub(lambda match: _names(match[1], markdown), markdown)
    home = {place: path for path, place in ELSEWHERE.items() if place != "index.md"}.get(uri, f"docs/{uri}")
    return LINK.sub(lambda match: f"{match[1]}{_moved(match[2], home, uri)}{match[3]}", markdown)


def _names(module: str, markdown: str) -> str:
    """Return the directives that describe the public names of a module, but for those that a page has."""
    lines = [f"::: {module}.{name}" for name in importlib.import_module(module).__all__]
    return "\n\n".join(line for line in lines if line not in markdown.splitlines())


def _moved(target: str, home: str, uri: str) -> str:
    """Return a link's target as seen from page `uri`, whose text stands in `home`."""
    if not target or "://" in target or target.startswith("mailto:"):
        return target
    path = posixpath.normpath(posixpath.join(posixpath.dirname(home), target))
    place = ELSEWHERE.get(path, path.removeprefix("docs/"))
    return os.path.relpath(place, posixpath.dirname(uri) or ".")
