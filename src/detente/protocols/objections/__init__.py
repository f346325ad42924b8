"""Objections: a party says that it does not agree with an entry. Nothing else follows by itself."""
