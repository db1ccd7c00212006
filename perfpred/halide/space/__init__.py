"""Spaces of schedules: our own over any pipeline's Funcs, and the paper's template."""
