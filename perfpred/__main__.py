"""``python -m perfpred``."""

from perfpred.app.main import main

main()
