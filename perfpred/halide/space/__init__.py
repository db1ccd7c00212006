"""Spaces of schedules: our own over any pipeline's Funcs, the paper's template, and autoschedulers' samples."""
