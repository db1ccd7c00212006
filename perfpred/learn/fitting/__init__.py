"""How formulas are fitted: solvers, Gaussian processes, terms, products and inputs, whatever the model."""
