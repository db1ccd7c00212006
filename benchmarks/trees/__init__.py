"""What the benchmarks do that compare this tree with an earlier one, each in processes of its own."""
