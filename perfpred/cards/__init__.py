"""Cards: what a dataset or a folder of models is, for a person to read; one file per kind of card."""
