"""One self-contained HTML file: no network, light and dark, laptop and phone, printable."""

from perfpred.report.page.build import build_page

__all__ = ["build_page"]
