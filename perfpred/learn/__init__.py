"""Learning formulas from measurements: scikit-learn estimators, one file a model, named in `registry`."""
