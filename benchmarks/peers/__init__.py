"""Peers: other programs that do a comparable thing, run as they are, on loopback, for some seconds."""
