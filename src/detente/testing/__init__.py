"""Worlds for tests and demonstrations: invented parties with real keys. Nothing in a node imports it."""
