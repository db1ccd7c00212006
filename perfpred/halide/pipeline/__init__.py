"""Pipelines: where one comes from, how it is built with its examples, and stored for other processes."""
