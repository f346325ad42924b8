"""Measurements: one file per figure, its peers beside it, and a small runner. No test imports this."""
