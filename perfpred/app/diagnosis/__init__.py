"""What is installed, what can run here and why not, and what of this machine disturbs measurements."""

from perfpred.app.diagnosis.basics import diagnose
from perfpred.app.diagnosis.check import Check

__all__ = ["Check", "diagnose"]
