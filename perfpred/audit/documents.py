"""An audit or a comparison as Markdown, for a pull request, and as JUnit XML, for a CI server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
UNDECIDED = "undecided"
FAILING = ("worse", "slower", "broken", "no model")
"""Verdicts of audits and comparisons that fail a project's tests."""
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write."""


@dataclass(frozen=True)
class Line:
    """One judged thing.

    Parameters
    ----------
    name, state, figure, reason : str
        What was judged, what was found, the figure with its interval, and the reason in a sentence.
    result : str
        ``passed``, ``failed`` or ``skipped``.
    """

    name: str
    state: str
    figure: str
    reason: str
    result: str


def markdown(title: str, lines: Sequence[Line], footer: str) -> str:
    """Return a table, failures first, and what a reader must know of it."""
    order = {FAILED: 0, SKIPPED: 1, PASSED: 2}
    rows = sorted(lines, key=lambda line: order[line.result])
    table = [f"| {' | '.join(map(_cell, (r.name, r.state, r.figure, r.reason)))} |" for r in rows]
    head = ["| | verdict | figure | reason |", "|---|---|---|---|"]
    return "\n".join([f"## {_cell(title)}", "", *head, *table, "", _cell(footer), ""])


def junit(suite: str, lines: Sequence[Line]) -> str:
    """Return a JUnit document: one test case per line; what is undecided is skipped, with its reason."""
    counts = {result: sum(line.result == result for line in lines) for result in (FAILED, SKIPPED)}
    root = ET.Element("testsuites")
    top = ET.SubElement(
        root,
        "testsuite",
        name=suite,
        tests=str(len(lines)),
        failures=str(counts[FAILED]),
        errors="0",
        skipped=str(counts[SKIPPED]),
    )
    for line in lines:
        case = ET.SubElement(top, "testcase", classname=suite, name=_xml(line.name))
        if line.result == FAILED:
            ET.SubElement(case, "failure", message=_xml(line.reason)).text = _xml(line.figure)
        elif line.result == SKIPPED:
            ET.SubElement(case, "skipped", message=_xml(line.reason))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _cell(text: str) -> str:
    """Return text that stays in its cell and is not markup, whatever a file named it."""
    plain = " ".join(_NOT_XML.sub("\ufffd", text).split())
    return re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", plain)


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)
