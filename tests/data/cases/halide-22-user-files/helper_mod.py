# ruff: noqa
K = 3
