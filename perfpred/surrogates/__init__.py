"""Models that guide searches: a Gaussian process over candidates, and what other searches have taught."""
