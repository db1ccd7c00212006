"""Learning formulas from measurements: from a profile to a bank of predictors, and how good they are."""
