"""Statements: what a party says, and what is attached to it later. Nothing said is ever erased."""
