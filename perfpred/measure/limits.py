"""Moved to `perfpred.sandbox.limits`."""

from perfpred.sandbox.limits import MAX_LIMIT_S, die_with_parent, limit_process

__all__ = ["MAX_LIMIT_S", "die_with_parent", "limit_process"]
