"""Make pictures of docs/images from the program as it is: a report in a browser, a choice in a terminal.

    python benchmarks/screenshots.py [--out docs/images] [--browser /usr/bin/chromium]

Needs `perfpred[report]`, playwright and a Chromium; nothing is fetched. The report is of
docs/examples/moving.csv.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parent.parent
OWN = ("--kernel", "moving", "--variant-column", "method", "--hardware", "my-laptop")
CHOICE = ("select", "matmul", "--models", "models", "m=384", "n=128", "k=900", "--top", "3")
COLOURS = 64
"""Of a picture: flat pages need no more, and take a third of the bytes."""
PICTURES = ("report.png", "map.png")
FACE = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""What rich would have a browser fetch."""


def run(*arguments: str) -> str:
    """Return what a perfpred command prints on stdout."""
    command = [sys.executable, "-m", "perfpred", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def terminal(path: Path, *arguments: str) -> None:
    """Write a command and what it prints as an SVG of a terminal."""
    lines = run(*arguments).strip("\n").splitlines()
    width = max(len(line.rstrip()) for line in lines) + 2
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ perfpred {' '.join(arguments)}", style="bold"))
    for line in lines:
        console.print(Text(line.rstrip()))
    path.write_text(FACE.sub("", console.export_svg(title="perfpred")), encoding="utf-8")


def page(out: Path, browser: str, folder: Path) -> None:
    """Write what a browser shows of a report on the example: its beginning, and its selection map."""
    csv, models, report = "docs/examples/moving.csv", folder / "models", folder / "report.html"
    run("train", csv, "--models", str(models), *OWN)
    run("report", csv, "--models", str(models), *OWN, "--title", "Moving averages", "--out", str(report))
    photograph(report, out, browser)
    for name in PICTURES:
        with Image.open(out / name) as picture:
            few = picture.convert("RGB").quantize(COLOURS)
        few.save(out / name, optimize=True)


def photograph(report: Path, out: Path, browser: str) -> None:
    """Write PNGs of a page, 1100 pixels wide, in its light colours."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
        running = playwright.chromium.launch(executable_path=browser, args=options)
        with contextlib.closing(running):
            seen = running.new_page(viewport={"width": 1100, "height": 1500}, color_scheme="light")
            seen.goto(report.as_uri())
            seen.wait_for_timeout(3000)  # the figures are drawn by the page
            seen.screenshot(path=str(out / "report.png"))
            seen.locator("section", has_text="Which variant wins").last.screenshot(path=str(out / "map.png"))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images")
    parser.add_argument("--browser", default="/usr/bin/chromium")
    given = parser.parse_args()
    terminal(given.out / "select.svg", *CHOICE)
    with tempfile.TemporaryDirectory() as folder:
        page(given.out, given.browser, Path(folder))


if __name__ == "__main__":
    main()
