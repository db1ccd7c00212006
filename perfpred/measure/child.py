"""Moved to `perfpred.sandbox.child`."""

from perfpred.sandbox.child import Child, Command

__all__ = ["Child", "Command"]
