"""Measuring and learning in turn: each stage of a campaign times the sizes that models know least about."""
