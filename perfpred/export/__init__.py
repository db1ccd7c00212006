"""Predictors for other languages: source text that needs nothing of perfpred."""
