"""Gates for a project's own tests: they fail when kernels or predictors got worse than was agreed.

Each gate states how often it raises a false alarm; what the measurements cannot tell is said to be undecided.
"""
