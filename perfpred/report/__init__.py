"""Pages and figures: where predictors are right and wrong, and what was found by searching."""
