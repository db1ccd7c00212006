"""What models are fitted to: the rows of a combination as sizes, and whether they can be learned from."""
