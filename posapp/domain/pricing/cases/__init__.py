"""CASE.json: one basket in, its answer out."""
