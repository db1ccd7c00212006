"""What the columns of a file are: stated by a `ColumnMapping`, or made out from names and cells."""
