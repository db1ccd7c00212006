"""Schedules as data: candidates and their documents, applied to a pipeline, read back from it and emitted."""
