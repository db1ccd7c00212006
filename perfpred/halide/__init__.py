"""Halide schedules by prediction: pipelines, the schedules they could have, what each costs to run."""
