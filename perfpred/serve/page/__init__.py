"""The page at ``/``: a form, the ranking, and the map of which variant wins. It runs no script."""

from perfpred.serve.page.paths import add_page

__all__ = ["add_page"]
