"""Hotline: a short message that a person on the other side must acknowledge."""
