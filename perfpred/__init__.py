"""Learned performance predictors."""
