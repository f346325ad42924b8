"""From plain data to words: pure functions, so that what a person reads can be tested alone."""
