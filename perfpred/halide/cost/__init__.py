"""What a schedule does to a machine at a size, found from its directives and the pipeline's graph alone."""
