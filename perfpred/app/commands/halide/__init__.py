"""``perfpred halide``: one file per verb."""
