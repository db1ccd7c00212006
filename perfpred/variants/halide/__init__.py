"""The Halide variant: pipelines and schedules, what compiles them ahead of time, and what calls them."""
