"""``python -m perfpred``."""

from perfpred.app.cli import main

main()
