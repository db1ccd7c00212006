"""Answering queries with fitted models: NumPy alone, no training."""
