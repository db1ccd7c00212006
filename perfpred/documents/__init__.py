"""Files that are written whole, say what they are, and are read within bounds: what all documents share."""
