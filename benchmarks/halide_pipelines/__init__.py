"""Pipelines that schedules are checked on, each with an independent reference in NumPy."""
