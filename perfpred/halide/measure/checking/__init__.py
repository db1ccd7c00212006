"""Whether compiled code computes the right values, and keeps to the memory that it was given."""
