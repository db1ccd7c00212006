"""Tuning spaces: searching the configurations of one kernel by prediction."""
