"""Choosing a schedule: what profiles taught, ranking without running, and runs spent where they tell most."""
