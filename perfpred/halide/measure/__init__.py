"""Measuring schedules: compiled, checked and timed in processes that may abort, hang or eat memory."""
